"""Judge an inventory, write the reports, say the exit code: what `scan` and `demo` share."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from auditor.cli import options
from auditor.cli.past import compared_with, the_past

if TYPE_CHECKING:
    from auditor.audit import Progress
    from auditor.cli.past import ThePast
    from auditor.evaluate import Bound
    from auditor.findings import Findings
    from auditor.inventory import Inventory
    from auditor.model import Audit, Outcome
    from auditor.render.changes import Changes
    from auditor.render.options import Options


def judge_and_report(
    chosen: options.Settings,
    inventory: Inventory,
    *,
    touched: frozenset[str] | None = None,
    against: Inventory | None = None,
    new_only: bool = False,
) -> int:
    """Audit, render every report, return the exit code. Raises AuditorError.

    `touched` are the resources to judge (None: all). `against` is the estate before: what is new since is told, and
    with `new_only` nothing else makes the exit code.
    """
    from auditor.errors import CLEAN, FINDINGS, INCOMPLETE
    from auditor.model import Outcome
    from auditor.render import FORMATS

    rules = options.bound_rules(chosen)
    shown = chosen.outcomes
    if shown is None:
        shown = frozenset().union(*(FORMATS[report.format].outcomes for report in chosen.reports))
    with ExitStack() as stack:
        past = stack.enter_context(the_past(chosen.baseline, chosen.history, chosen.estate, chosen.clock))
        if against is not None:
            past = compared_with(past, *_judged(stack, chosen, rules, against, None, None))
        if past.earlier:
            shown |= {Outcome.PASS}  # a pass proves that a resource was looked at
        audit, findings = _judged(stack, chosen, rules, inventory, shown, touched)
        changes = changes_since(past, audit, findings)
        write_reports(chosen.reports, audit, findings, chosen.outcomes, past, changes)
        code = options.exit_code(audit, chosen.fail_on)
        if new_only and changes and code == FINDINGS and not _newly_fails(changes, chosen.fail_on):
            code = CLEAN
        if code == INCOMPLETE and not chosen.quiet:
            say_why(audit, chosen.reports)
        return code


def changes_since(past: ThePast, audit: Audit, findings: Findings) -> Changes | None:
    """What changed since an earlier audit, None when there is none; the failures are told when they were first seen."""
    if past.seen is not None:
        from auditor.first_seen import tell

        tell(findings, past.seen, audit.as_of)
    if past.earlier is None:
        return None
    from auditor.compare import compare

    return compare(past.earlier, (audit, findings))


def _newly_fails(changes: Changes, fail_on: str) -> bool:
    from auditor.compare import newly_reaches
    from auditor.model import Severity

    return any(newly_reaches(found, Severity(fail_on)) for found in changes.differences)


def say_why(audit: Audit, reports: Sequence[options.Report]) -> None:
    """Why an audit ends with 3, on standard error, unless the text report on standard output says it already."""
    from auditor.render.words import cut, plural, verdict, visible

    if any(report.format == "text" and report.path in (None, "-") for report in reports):
        return
    unknown = audit.counts.unknown + audit.counts.error
    parts = [plural(len(audit.gaps), "gap"), plural(unknown, "answer") + " not known"]
    told = verdict(audit)[1] if audit.nothing_evaluated else f"The audit is incomplete: {', '.join(parts)}."
    first = f" First gap: {cut(audit.gaps[0].what)}: {cut(audit.gaps[0].reason)}" if audit.gaps else ""
    click.echo(visible(told + first), err=True)


def _judged(
    stack: ExitStack,
    chosen: options.Settings,
    rules: Sequence[Bound],
    inventory: Inventory,
    outcomes: frozenset[Outcome] | None,
    touched: frozenset[str] | None,
) -> tuple[Audit, Findings]:
    from auditor.audit import audit
    from auditor.render import FORMATS

    with _progress(chosen.quiet) as progress:
        judged, findings = audit(
            rules,
            inventory,
            clock=chosen.clock,
            outcomes=outcomes,
            jobs=chosen.jobs,
            progress=progress,
            touched=touched,
            owner_tags=chosen.owner_tags,
            excerpts=chosen.excerpts and any(FORMATS[report.format].excerpts for report in chosen.reports),
        )
    stack.enter_context(findings)
    return judged, findings


def write_reports(
    reports: Sequence[options.Report],
    audit: Audit,
    findings: Findings,
    outcomes: frozenset[Outcome] | None,
    past: ThePast,
    changes: Changes | None,
) -> None:
    """Render an audit into every report. Raises OutputError."""
    from auditor.render import Options
    from auditor.render.write import write_report

    for report in reports:
        color = report.path is None and options.use_color()
        look = Options(outcomes=outcomes, color=color, baseline=past.earlier, changes=changes, history=past.runs)
        write_report(report.path, partial(_produce, audit, findings, report.format, look))


def _produce(audit: Audit, findings: Findings, format: str, look: Options, out: BinaryIO) -> None:
    from auditor.render import render

    render(audit, findings, format, out, look)


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress | None]:
    """A counter on standard error, for a person and for work over a second."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    begun = time.monotonic()
    bars: list[Any] = []

    def show(done: int) -> None:
        if not bars and time.monotonic() - begun > 1:
            bars.append(_bar())
        for bar in bars:
            bar.update(bar.task_ids[0], completed=done)

    try:
        yield show
    finally:
        for bar in bars:
            bar.stop()


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.completed:,.0f} resources judged"), TimeElapsedColumn()
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    bar.add_task("", total=None)
    bar.start()
    return bar
