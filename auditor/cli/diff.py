"""`auditor diff`: what changed between two saved audits."""

from __future__ import annotations

import sys
from functools import partial

import click

from auditor.cli import options


@click.command("diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json", "markdown"]), default="text")
@click.option("--output", "-o", metavar="PATH", help="Where the comparison goes; standard output when not given.")
@click.option(
    "--fail-on-new",
    type=click.Choice(options.SEVERITIES),
    help="End with code 1 when a failure reaches this severity and did not before.",
)
def command(old: str, new: str, form: str, output: str | None, fail_on_new: str | None) -> None:
    """Compare two audits that were saved with --format json: what is new, worse, resolved, better, not compared.

    Resolved means that NEW looked again and it passes, or that the resource is gone from what NEW looked at. What one
    side did not look at, or could not tell, is not compared. Ends with 3 when nothing could be compared. Other formats
    tell the same: auditor report NEW --baseline OLD --format html.
    """
    from auditor.history.compare import compare, may_newly_reach, newly_reaches
    from auditor.model.errors import CLEAN, FINDINGS, INCOMPLETE
    from auditor.model.finding import Severity
    from auditor.render.diff import render_diff
    from auditor.render.load import load_audit
    from auditor.render.write import write_report

    before = load_audit(old)
    with before[1]:
        after = load_audit(new)
        with after[1]:
            changes = compare(before, after)
    write_report(output, partial(render_diff, changes, form))
    if not changes.compared:
        sys.exit(INCOMPLETE)
    if fail_on_new is None:
        sys.exit(CLEAN)
    threshold = Severity(fail_on_new)
    doubtful = sum(may_newly_reach(difference, threshold) for difference in changes.differences)
    if doubtful:
        click.echo(f"Note: {doubtful:,} more at or above {threshold} may be new: they could not be compared.", err=True)
    reached = any(newly_reaches(difference, threshold) for difference in changes.differences)
    sys.exit(FINDINGS if reached else CLEAN)
