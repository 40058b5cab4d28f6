"""`auditor report`: render a saved JSON audit again."""

from __future__ import annotations

import sys
from functools import partial

import click

from auditor.cli import options
from auditor.cli.judging import produce


@click.command("report", cls=options.ReportingCommand)
@click.argument("audit_file", metavar="AUDIT")
@options.reporting
@click.option("--fail-on", type=click.Choice([*options.SEVERITIES, "never"]), default="never", show_default=True)
@click.option("--outcomes", metavar="LIST", help="Outcomes to show, with commas; each format has its own default.")
@click.pass_context
def command(ctx: click.Context, /, audit_file: str, fail_on: str, outcomes: str | None, **_given: object) -> None:
    """Render a saved JSON audit again, in any format, byte for byte."""
    from auditor.render import Options, load_audit
    from auditor.render.write import write_report

    shown = options.outcomes_of(outcomes or "")
    audit, findings = load_audit(audit_file)
    with findings:
        for report in ctx.meta.get("reports") or [options.Report("text", None)]:
            look = Options(outcomes=shown, color=report.path is None and options.use_color())
            write_report(report.path, partial(produce, audit, findings, report.format, look))
    sys.exit(options.exit_code(audit, fail_on))
