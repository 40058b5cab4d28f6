"""`auditor report`: render a saved JSON audit again."""

from __future__ import annotations

import sys

import click

from auditor.cli import options
from auditor.cli.console import console
from auditor.model.errors import INCOMPLETE
from auditor.pipeline import settings
from auditor.pipeline.audit_estate import explain_exit
from auditor.pipeline.baselines import load_baselines
from auditor.pipeline.exit_status import LEVELS, Thresholds, verdict
from auditor.pipeline.reports import changes_since, write_reports
from auditor.pipeline.settings import Report


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
    reports = ctx.meta.get("reports") or [Report("text", None)]
    audit, findings = load_audit(audit_file)
    with findings, load_baselines(baseline, history, estate, audit.as_of) as past:
        changes = changes_since(past, audit, findings)
        write_reports(reports, audit, findings, shown, past, changes, console())
    code, unmet = verdict(audit, Thresholds(fail_on))
    if code == INCOMPLETE:
        explain_exit(reports, console(), audit, code, unmet)
    sys.exit(code)
