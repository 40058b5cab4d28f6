"""What changed between two audits, as reports show it. `auditor.history.compare` finds it out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

from auditor.model.finding import Finding, Outcome, Severity
from auditor.model.resource import Record
from auditor.render.phrasing import plural, time_text


class Change(StrEnum):
    """What became of an answer. Members stand most pressing first."""

    NEW = "new"  # fails, and did not: it passed, or was not there
    WORSE = "worse"  # a graver severity; a failure that is no longer accepted; a new one that is accepted
    RESOLVED = "resolved"  # failed; passes now, or is gone
    BETTER = "better"  # a milder severity; a failure that is accepted now; an accepted one that is gone
    NOT_COMPARED = "notCompared"  # one side did not look, or could not tell
    UNCHANGED = "unchanged"


SHOWN: Final = (Change.NEW, Change.WORSE, Change.RESOLVED, Change.BETTER)
"""What people read one by one."""
LABELS: Final[Mapping[Change, str]] = {change: change.value for change in Change} | {
    Change.NOT_COMPARED: "not compared"
}


class Standing(Record, frozen=True, kw_only=True):
    """How a finding stood in one audit."""

    outcome: Outcome
    severity: Severity


class Difference(Record, frozen=True, kw_only=True):
    """One answer that differs. `finding` is that of the later audit; of the earlier one when it is resolved or gone.

    `before` or `after` is None when that audit holds no such answer; `reason` says why it was not compared.
    """

    change: Change
    finding: Finding
    before: Standing | None
    after: Standing | None
    reason: str | None = None


class Unseen(Record, frozen=True, kw_only=True):
    """One reason why answers were not compared: how many, and how many of these fail on the side that has an answer."""

    reason: str
    answers: int
    failures: int


class Changes(Record, frozen=True, kw_only=True):
    """An earlier audit against a later one.

    `differences` hold all that is new, worse, resolved or better, and what was not compared though one side fails.
    `earlier` is fingerprint → outcome of the earlier audit; `notes` say what limits the comparison.
    """

    before: dt.datetime
    after: dt.datetime
    counts: Mapping[Change, int]
    differences: tuple[Difference, ...]
    unseen: tuple[Unseen, ...]
    notes: tuple[str, ...]
    earlier: Mapping[str, Outcome]

    @property
    def compared(self) -> int:
        """How many answers both sides gave or could have given."""
        return sum(number for change, number in self.counts.items() if change is not Change.NOT_COMPARED)

    def of(self, change: Change) -> Iterator[Difference]:
        """The differences of one kind, worst first."""
        return (difference for difference in self.differences if difference.change is change)


def headline(changes: Changes) -> str:
    """The comparison in one sentence."""
    if not changes.compared:
        return f"Nothing could be compared with {time_text(changes.before)}: one side did not look where the other did."
    parts = [f"{changes.counts[change]:,} {LABELS[change]}" for change in SHOWN]
    said = f"Since {time_text(changes.before)}: {', '.join(parts)}"
    missing = changes.counts[Change.NOT_COMPARED]
    return f"{said}; {plural(missing, 'answer')} could not be compared." if missing else f"{said}."


def transition(difference: Difference) -> str:
    """`pass → fail`, `fail → gone`; with the severities where these differ."""
    before, after = difference.before, difference.after
    grades = bool(before and after and before.severity is not after.severity)
    return f"{_standing(before, 'absent', grades)} → {_standing(after, 'gone', grades)}"


def _standing(standing: Standing | None, absent: str, grades: bool) -> str:
    if standing is None:
        return absent
    return f"{standing.severity} {standing.outcome}" if grades else standing.outcome.value
