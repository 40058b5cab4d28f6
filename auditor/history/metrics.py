"""The history of an estate in figures: what stands since when, what was opened and resolved, how long that took."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import msgspec

from auditor.history.store import Store
from auditor.history.transitions import Status
from auditor.model.finding import Severity
from auditor.model.resource import Record


class Line(Record, frozen=True, kw_only=True):
    """One severity or one rule. Ages and times to mend are mean days; None when there was nothing to take them of."""

    name: str
    open: int
    exempt: int
    not_evaluated: int
    opened: int
    resolved: int
    age_days: float | None
    days_to_mend: float | None


class Run(Record, frozen=True, kw_only=True):
    """One audit in figures (`publish.records.figures`), with what it opened and resolved."""

    at: str
    figures: dict[str, Any]
    opened: int
    resolved: int


class History(Record, frozen=True, kw_only=True):
    """What a history says of an estate. What was opened and resolved is counted from `since` on."""

    estate: str
    since: str | None
    runs: tuple[Run, ...]
    severities: tuple[Line, ...]
    rules: tuple[Line, ...]


class _Standing(Record, frozen=True, kw_only=True):
    """What is needed of a finding that stands."""

    rule_id: str
    severity: str


class Tally:
    """A line while it is counted. Ages and times to mend are kept as how many there were, and their sum in days."""

    def __init__(self) -> None:
        self.status: dict[Status, int] = dict.fromkeys(Status, 0)
        self.opened = self.aged = self.mended = 0
        self.age = self.mending = 0.0


def history(store: Store, estate: str, since: str | None = None) -> History:
    """The figures of an estate, as of its latest audit."""
    severities: dict[str, Tally] = defaultdict(Tally)
    rules: dict[str, Tally] = defaultdict(Tally)
    per_run: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    audits = store.audits(estate)
    now = audits[-1][0] if audits else None
    for state, body in store.standing(estate):
        found = _STANDING.decode(body)
        for tally in (severities[found.severity], rules[found.rule_id]):
            tally.status[state.status] += 1
            if state.status is Status.OPEN and state.failed and now:
                tally.aged += 1
                tally.age += _days(state.failed, now)
    for at, step, rule, severity, failed in store.steps(estate, since or ""):
        per_run[at][step < 0] += 1
        for tally in (severities[severity], rules[rule]):
            if step > 0:
                tally.opened += 1
            else:
                tally.mended += 1
                tally.mending += _days(failed, at)
    runs = [
        Run(at=at, figures=figures_of(told), opened=per_run[at][0], resolved=per_run[at][1])
        for at, told in audits
        if at >= (since or "")
    ]
    return History(
        estate=estate, since=since, runs=tuple(runs), severities=by_severity(severities), rules=by_rule(rules)
    )


def by_severity(tallies: Mapping[str, Tally]) -> tuple[Line, ...]:
    """A line for each severity, worst first."""
    rank = {severity.value: severity.rank for severity in Severity}
    return tuple(sorted(map(_line, tallies.items()), key=lambda line: (rank.get(line.name, len(rank)), line.name)))


def by_rule(tallies: Mapping[str, Tally]) -> tuple[Line, ...]:
    """A line for each rule, the one with the most failures first."""
    return tuple(sorted(map(_line, tallies.items()), key=lambda line: (-line.open, line.name)))


def figures_of(told: str) -> dict[str, Any]:
    """The numbers of an audit, as the store keeps them."""
    found: dict[str, Any] = msgspec.json.decode(told)
    return found


_STANDING = msgspec.json.Decoder(_Standing)


def _line(counted: tuple[str, Tally]) -> Line:
    name, tally = counted
    return Line(
        name=name,
        open=tally.status[Status.OPEN],
        exempt=tally.status[Status.EXEMPT],
        not_evaluated=tally.status[Status.NOT_EVALUATED],
        opened=tally.opened,
        resolved=tally.mended,
        age_days=round(tally.age / tally.aged, 2) if tally.aged else None,
        days_to_mend=round(tally.mending / tally.mended, 2) if tally.mended else None,
    )


def _days(begin: str, end: str) -> float:
    return (dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(begin)).total_seconds() / 86_400
