"""Writes the reports of a run: every format that was asked for, with what changed since an earlier audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from auditor.pipeline.console import WIDTH

if TYPE_CHECKING:
    from auditor.model.audit import Audit
    from auditor.model.finding import Outcome
    from auditor.model.finding_store import Findings
    from auditor.pipeline.baselines import Baselines
    from auditor.pipeline.console import Console
    from auditor.pipeline.settings import Report, Settings
    from auditor.render.changes import Changes
    from auditor.render.options import Options


def outcomes_shown(settings: Settings) -> frozenset[Outcome]:
    """The outcomes that some report of the run lists."""
    from auditor.render.formats import FORMATS

    if settings.outcomes is not None:
        return settings.outcomes
    return frozenset().union(*(FORMATS[report.format].outcomes for report in settings.reports))


def changes_since(
    baselines: Baselines,
    audit: Audit,
    findings: Findings,
    made: Mapping[str, str] | None = None,
    *,
    whole: bool = False,
) -> Changes | None:
    """What changed since an earlier audit, None when there is none; failures get the time when they were first seen.

    `made` and `whole` describe a change as `history.compare.compare` takes them.
    """
    if baselines.seen is not None:
        from auditor.history.first_seen import tell

        tell(findings, baselines.seen, audit.as_of)
    if baselines.earlier is None:
        return None
    from auditor.history.compare import compare

    return compare(baselines.earlier, (audit, findings), made, whole=whole)


def write_reports(
    reports: Sequence[Report],
    audit: Audit,
    findings: Findings,
    outcomes: frozenset[Outcome] | None,
    baselines: Baselines,
    changes: Changes | None,
    console: Console,
    only: frozenset[str] | None = None,
    whole: Sequence[str] = (),
) -> None:
    """Render an audit into every report. Raises OutputError.

    Where a change is reviewed, `only` are the fingerprints of the failures to list; formats in `whole` list all.
    """
    from auditor.render.options import Options
    from auditor.render.write import write_report

    for report in reports:
        color, width = (console.color, console.width) if report.path is None else (False, WIDTH)
        options = Options(
            outcomes=outcomes,
            color=color,
            width=width,
            baseline=baselines.earlier,
            changes=changes,
            history=baselines.runs,
            only=None if report.format in whole else only,
        )
        write_report(report.path, partial(_render, audit, findings, report.format, options))


def _render(audit: Audit, findings: Findings, format: str, options: Options, out: BinaryIO) -> None:
    from auditor.render.formats import render

    render(audit, findings, format, out, options)
