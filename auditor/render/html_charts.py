"""Charts as numbers that a template prints as SVG: bars of severities, and the trend of earlier runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from auditor.model import Audit, Severity
from auditor.render.options import Past
from auditor.render.words import by_severity, time_text, utc

_RUNS: Final = 30
_NUMBERED: Final = 12  # more columns than these leave no room for a number each
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


def trend(audit: Audit, history: Sequence[Past]) -> dict[str, Any] | None:
    """The failures of this run after those of earlier runs, oldest first; nothing when there is no earlier run."""
    if not history:
        return None
    runs = [*history, Past(audit.as_of, audit.fail_counts)][-_RUNS:]
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
            {"time": time_text(run.as_of), "numbers": [run.failures.get(severity.value, 0) for severity in Severity]}
            for run in reversed(runs)
        ],
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
