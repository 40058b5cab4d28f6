"""The history of an estate in figures: what stands since when, what was opened and resolved, how long that took."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from auditor.history.moves import Status
from auditor.history.store import Store
from auditor.model import Record, Severity


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


class _Tally:
    """A line while it is counted."""

    def __init__(self) -> None:
        self.status: dict[Status, int] = dict.fromkeys(Status, 0)
        self.opened = 0
        self.ages: list[float] = []
        self.mended: list[float] = []


def history(store: Store, estate: str, since: str | None = None) -> History:
    """The figures of an estate, as of its latest audit."""
    severities: dict[str, _Tally] = defaultdict(_Tally)
    rules: dict[str, _Tally] = defaultdict(_Tally)
    per_run: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    audits = store.audits(estate)
    now = audits[-1][0] if audits else None
    for state, body in store.standing(estate):
        found = _STANDING.decode(body)
        for tally in (severities[found.severity], rules[found.rule_id]):
            tally.status[state.status] += 1
            if state.status is Status.OPEN and state.failed and now:
                tally.ages.append(_days(state.failed, now))
    for at, step, rule, severity, failed in store.steps(estate, since or ""):
        per_run[at][step < 0] += 1
        for tally in (severities[severity], rules[rule]):
            if step > 0:
                tally.opened += 1
            else:
                tally.mended.append(_days(failed, at))
    runs = [
        Run(at=at, figures=figures_of(told), opened=per_run[at][0], resolved=per_run[at][1])
        for at, told in audits
        if at >= (since or "")
    ]
    rank = {severity.value: severity.rank for severity in Severity}
    return History(
        estate=estate,
        since=since,
        runs=tuple(runs),
        severities=_lines(severities.items(), lambda line: (rank.get(line.name, len(rank)), line.name)),
        rules=_lines(rules.items(), lambda line: (-line.open, line.name)),
    )


def figures_of(told: str) -> dict[str, Any]:
    """The numbers of an audit, as the store keeps them."""
    found: dict[str, Any] = msgspec.json.decode(told)
    return found


_STANDING = msgspec.json.Decoder(_Standing)


def _lines(tallies: Iterable[tuple[str, _Tally]], order: Callable[[Line], Any]) -> tuple[Line, ...]:
    lines = [
        Line(
            name=name,
            open=tally.status[Status.OPEN],
            exempt=tally.status[Status.EXEMPT],
            not_evaluated=tally.status[Status.NOT_EVALUATED],
            opened=tally.opened,
            resolved=len(tally.mended),
            age_days=_mean(tally.ages),
            days_to_mend=_mean(tally.mended),
        )
        for name, tally in tallies
    ]
    return tuple(sorted(lines, key=order))


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 2) if values else None


def _days(begin: str, end: str) -> float:
    return (dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(begin)).total_seconds() / 86_400
