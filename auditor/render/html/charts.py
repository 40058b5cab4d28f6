"""Charts as numbers that a template prints as SVG: bars of severities, and the trend of earlier runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from auditor.model.audit import Audit
from auditor.model.finding import Severity
from auditor.render.changes import Change, Changes
from auditor.render.options import Past
from auditor.render.phrasing import by_severity, time_text, utc, visible

_RUNS: Final = 30
_NUMBERED: Final = 12  # more columns than these leave no room for a number each
_LINE_WIDTH, _LINE_HEIGHT = 140.0, 24.0
_WIDTH, _HEIGHT, _GAP = 600.0, 120.0, 0.25
_WIDEST: Final = 90.0  # with few runs the columns do not fill the width


def worst_first(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The severities that occur, worst first."""
    return [{"name": severity.value, "count": number} for severity, number in by_severity(dict(counts)) if number]


def bar(counts: Mapping[str, int], most: int) -> list[dict[str, Any]]:
    """One bar, 100 wide when it holds `most`: a part for each severity that occurs, worst first."""
    parts, x = [], 0.0
    for part in worst_first(counts):
        width = 100 * part["count"] / max(most, 1)
        parts.append({**part, "x": round(x, 2), "width": round(width, 2)})
        x += width
    return parts


def trend(audit: Audit, history: Sequence[Past], changes: Changes | None) -> dict[str, Any] | None:
    """The failures of this run after those of earlier runs, oldest first; nothing when there is no earlier run."""
    if not history:
        return None
    opened, resolved = (changes.counts[Change.NEW], changes.counts[Change.RESOLVED]) if changes else (None, None)
    this = Past(audit.as_of, audit.fail_counts, audit.framework_failures, opened, resolved)
    runs = [*history, this][-_RUNS:]
    most = max(max(sum(run.failures.values()) for run in runs), 1)
    step = min(_WIDTH / len(runs), _WIDEST)
    return {
        "width": _WIDTH,
        "end": round(step * (len(runs) - _GAP), 2),
        "height": _HEIGHT,
        "most": most,
        "first": f"{utc(runs[0].as_of):%Y-%m-%d}",
        "last": f"{utc(runs[-1].as_of):%Y-%m-%d}",
        "severities": [name.value for name in Severity if any(run.failures.get(name.value) for run in runs)],
        "columns": [_column(number, run, step, most, len(runs)) for number, run in enumerate(runs)],
        "rows": [
            {
                "time": time_text(run.as_of),
                "numbers": [run.failures.get(severity.value, 0) for severity in Severity],
                "became": [run.opened, run.resolved],
            }
            for run in reversed(runs)
        ],
        "frameworks": [_line(name, runs) for name in sorted({name for run in runs for name in run.frameworks})],
        "line": {"width": _LINE_WIDTH, "height": _LINE_HEIGHT},
    }


def _line(framework: str, runs: Sequence[Past]) -> dict[str, Any]:
    """The failures of the rules of a framework: a line through the runs that know them."""
    known = [(number, run.frameworks[framework]) for number, run in enumerate(runs) if framework in run.frameworks]
    most = max(max(count for _number, count in known), 1)
    step = _LINE_WIDTH / max(len(runs) - 1, 1)
    points = [f"{number * step:.1f},{1 + (_LINE_HEIGHT - 2) * (1 - count / most):.1f}" for number, count in known]
    first, last = known[0][1], known[-1][1]
    return {
        "name": visible(framework),
        "points": " ".join(points),
        "first": first,
        "last": last,
        "change": f"{last - first:+,}" if last != first else "±0",
    }


def _column(number: int, run: Past, step: float, most: int, runs: int) -> dict[str, Any]:
    parts, y = [], _HEIGHT
    for severity, count in reversed(by_severity(run.failures)):
        height = _HEIGHT * count / most
        y -= height
        if count:
            parts.append({"name": severity.value, "y": round(y, 2), "height": round(height, 2)})
    total = sum(run.failures.values())
    return {
        "x": round(number * step, 2),
        "width": round(step * (1 - _GAP), 2),
        "parts": parts,
        "top": round(y, 2),
        "total": total,
        "numbered": runs <= _NUMBERED or number in (0, runs - 1) or total == most,
        "label": f"{utc(run.as_of):%Y-%m-%d}: {total:,} failed",
    }
