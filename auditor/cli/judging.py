"""Judge an inventory, write the reports, say the exit code: what `scan` and `demo` share."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from auditor.cli import options

if TYPE_CHECKING:
    from auditor.audit import Progress
    from auditor.findings import Findings
    from auditor.inventory import Inventory
    from auditor.model import Audit, Outcome
    from auditor.render.options import Earlier, Options


def judge_and_report(chosen: options.Settings, inventory: Inventory, *, save_snapshot: str | None = None) -> int:
    """Audit, render every report, return the exit code. Raises AuditorError."""
    from auditor.audit import audit as judge
    from auditor.model import Outcome
    from auditor.render import FORMATS

    rules = options.bound_rules(chosen)
    if save_snapshot:
        from auditor import __version__
        from auditor.snapshot import write_snapshot

        write_snapshot(inventory, save_snapshot, tool_version=__version__, as_of=chosen.clock)
    shown = chosen.outcomes
    if shown is None:
        shown = frozenset().union(*(FORMATS[report.format].outcomes for report in chosen.reports))
    with earlier_audit(chosen.baseline) as earlier:
        if earlier:
            shown |= {Outcome.PASS}  # a pass proves that a resource was looked at
        with _progress(chosen.quiet) as progress:
            audit, findings = judge(
                rules, inventory, clock=chosen.clock, outcomes=shown, jobs=chosen.jobs, progress=progress
            )
        with findings:
            write_reports(chosen.reports, audit, findings, chosen.outcomes, earlier)
    return options.exit_code(audit, chosen.fail_on)


@contextmanager
def earlier_audit(path: str | None) -> Iterator[Earlier | None]:
    """The audit to compare with, read before anything is judged. Raises InputError."""
    if path is None:
        yield None
        return
    from auditor.render import load_audit
    from auditor.render.options import Earlier

    audit, findings = load_audit(path)
    with findings:
        yield Earlier(audit, findings)


def write_reports(
    reports: Sequence[options.Report],
    audit: Audit,
    findings: Findings,
    outcomes: frozenset[Outcome] | None,
    earlier: Earlier | None,
) -> None:
    """Render an audit into every report. Raises OutputError."""
    from auditor.compare import compare
    from auditor.render import Options
    from auditor.render.write import write_report

    changes = compare(earlier, (audit, findings)) if earlier else None
    for report in reports:
        color = report.path is None and options.use_color()
        look = Options(outcomes=outcomes, color=color, baseline=earlier, changes=changes)
        write_report(report.path, partial(_produce, audit, findings, report.format, look))


def _produce(audit: Audit, findings: Findings, format: str, look: Options, out: BinaryIO) -> None:
    from auditor.render import render

    render(audit, findings, format, out, look)


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress | None]:
    """A counter on standard error, for a person and for work over a second."""
    if quiet or not sys.stderr.isatty():
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
