"""`auditor report`: render a saved JSON audit again."""

from __future__ import annotations

import sys

import click

from auditor.cli import options, settings
from auditor.cli.judging import changes_since, say_why, write_reports
from auditor.cli.past import the_past
from auditor.cli.thresholds import LEVELS, Thresholds, verdict
from auditor.model.errors import INCOMPLETE


@click.command("report", cls=options.ReportingCommand)
@click.argument("audit_file", metavar="AUDIT")
@options.reporting
@click.option("--fail-on", type=click.Choice(LEVELS), default="never", show_default=True)
@click.option("--outcomes", metavar="LIST", help="Outcomes to show, with commas; each format has its own default.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    audit_file: str,
    fail_on: str,
    outcomes: str | None,
    baseline: str | None,
    history: str | None,
    estate: str | None,
    **_given: object,
) -> None:
    """Render a saved JSON audit again, in any format, byte for byte. `-` is standard input."""
    from auditor.render.load import load_audit

    shown = settings.outcomes_of(outcomes or "")
    reports = ctx.meta.get("reports") or [options.Report("text", None)]
    audit, findings = load_audit(audit_file)
    with findings, the_past(baseline, history, estate, audit.as_of) as past:
        changes = changes_since(past, audit, findings)
        write_reports(reports, audit, findings, shown, past, changes)
    code, unmet = verdict(audit, Thresholds(fail_on))
    if code == INCOMPLETE:
        say_why(audit, reports, code, unmet)
    sys.exit(code)
