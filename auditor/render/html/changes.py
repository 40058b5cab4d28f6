"""What changed since the last run, as the page shows it: counts, the resolved ones by name, a mark on the new ones."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from auditor.render.changes import LABELS, SHOWN, Change, Changes, Difference, transition
from auditor.render.html.charts import worst_first
from auditor.render.phrasing import cut, place_of, time_text, visible

MARKS: Final = ("", "new", "worse")
"""What a finding of the page may be marked with; the list holds the number of its mark."""
_EXAMPLES: Final = 30
_REASONS: Final = 10
_ALWAYS: Final = (Change.NEW, Change.RESOLVED)
_MARKED: Final = {Change.NEW: 1, Change.WORSE: 2}


def marks_of(changes: Changes | None) -> dict[str, int]:
    """Fingerprint → mark, of the findings that are new or worse."""
    if changes is None:
        return {}
    return {
        difference.finding.fingerprint: _MARKED[difference.change]
        for difference in changes.differences
        if difference.change in _MARKED
    }


def changes_shown(changes: Changes) -> dict[str, Any]:
    """The changes as the template prints them."""
    gone = [*changes.of(Change.RESOLVED), *changes.of(Change.BETTER)]
    return {
        "since": time_text(changes.before),
        "nothing": not changes.compared,
        "parts": [_part(changes, change) for change in SHOWN if changes.counts[change] or change in _ALWAYS],
        "gone": [_told(difference) for difference in gone[:_EXAMPLES]],
        "more": len(gone) - min(len(gone), _EXAMPLES),
        "not_compared": changes.counts[Change.NOT_COMPARED],
        "reasons": [
            {"answers": each.answers, "failures": each.failures, "text": visible(cut(each.reason))}
            for each in changes.unseen[:_REASONS]
        ],
        "notes": [visible(cut(note)) for note in changes.notes],
    }


def _part(changes: Changes, change: Change) -> dict[str, Any]:
    severities = Counter(difference.finding.severity.value for difference in changes.of(change))
    return {
        "name": LABELS[change],
        "count": changes.counts[change],
        "severities": worst_first(severities),
        "link": change in _MARKED and changes.counts[change] > 0,
    }


def _told(difference: Difference) -> dict[str, Any]:
    finding = difference.finding
    return {
        "severity": finding.severity.value,
        "title": visible(finding.title),
        "name": visible(cut(finding.resource.name)),
        "element": visible(cut(finding.element or "")),
        "place": visible(cut(place_of(finding.resource))),
        "transition": transition(difference),
    }
