"""What an audit has to say, written down before any of it is sent.

Findings, their history and the rows for every sink are one transaction. `deliver` (delivery.py) takes from here.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from auditor.history.checksums import PUT_OUTBOX, REFUSE
from auditor.history.store import Store
from auditor.history.transitions import Change, Move, moves, types_of
from auditor.model.audit import Audit
from auditor.model.errors import InputError
from auditor.model.finding_store import Findings
from auditor.publish.records import (
    Record,
    audit_id,
    decode_finding,
    encode,
    figures,
    finding_record,
    head_of,
    resolved_record,
    summary_record,
)

_PAGE: Final = 2000
_REFRESH: Final = dt.timedelta(days=7)
"""What stands unchanged is sent again after so long: tables forget, and scheduled queries look back 14 days at most."""
_REMEMBER: Final = dt.timedelta(days=30)
"""For so long what is derived waits for all that it was derived from to be looked at again. Then that is no part of the
estate any more."""


class Recorded(NamedTuple):
    """What recording an audit came to. `known`: it had been recorded before, and no finding was touched."""

    scan: str
    known: bool
    changes: Mapping[Change, int]


class _Whole(NamedTuple):
    """A sink gets every finding that stands; `since`: and what was resolved after this audit (None: nothing)."""

    since: int | None


def record(
    store: Store, estate: str, audit: Audit, findings: Findings, document: bytes, sinks: Mapping[str, bool]
) -> Recorded:
    """Record an audit, and put what it changed into the outbox of each sink; all that stands where the sink maps to
    True, or did not get what earlier audits changed.

    `document` is the audit as JSON, gzipped, kept as the latest of its estate. InputError when a later one is recorded
    already.
    """
    at, scan = audit.as_of.isoformat(), audit_id(estate, audit, findings)
    with store.transaction() as db:
        number, latest = store.number_of(estate, scan), store.latest(estate)
        if latest and (at < latest[1] or number not in (None, latest[0])):
            raise InputError(
                f"The audit is of {at}, but the history of {estate} goes to {latest[1]}.",
                "Publish audits in their order; another estate has another --estate.",
            )
        known = number is not None
        whole = _whole(store, estate, number, latest[0] if latest else None, sinks)
        if known and not whole:
            return Recorded(scan, True, {})
        wanted = [sink for sink in sinks if not known or sink in whole]
        rows = _Rows(db, scan, {sink: sink in whole for sink in wanted})
        if number is None:
            number = store.add_audit(estate, scan, at, msgspec.json.encode(figures(audit)).decode(), document)
        head = head_of(estate, audit, scan)
        runs = {run.rule.id: run for run in audit.rules}
        old = store.sent_by(estate, (audit.as_of - _REFRESH).isoformat())
        changes: Counter[Change] = Counter()
        told: set[str] = set()
        states, types = store.states(estate), store.types(estate, (audit.as_of - _REMEMBER).isoformat())
        store.add_types(estate, types_of(audit), at)
        for move in moves(states, lambda name: store.told(estate, name), types, audit, findings):
            line = move.finding if move.finding is not None else store.told(estate, move.fingerprint)
            changes[move.change] += 1
            told.add(move.fingerprint)
            unchanged = move.change is Change.UNCHANGED
            again = unchanged and move.fingerprint in old
            if not (whole or again) and unchanged:
                continue
            finding = decode_finding(line)
            if not unchanged:
                store.apply(estate, number, at, move, finding, line)
            if again:
                store.touch(estate, move.fingerprint, at)
            rows.put(finding_record(head, move, finding, runs), to_all=again or not unchanged)
        if whole:
            for name in sorted(states.keys() - told):
                stands = Move(name, Change.UNCHANGED, states[name], None, was=states[name].status)
                rows.put(finding_record(head, stands, decode_finding(store.told(estate, name)), runs))
        for sink, missed in whole.items():
            since = number if missed.since is None else missed.since
            gone = {found[0]: resolved_record(head, *found) for found in store.resolved_since(estate, since)}
            rows.put_to(sink, (record for name, record in gone.items() if name not in told))
        for sink in wanted:
            rows.put_to(sink, [summary_record(head, audit, rows.count[sink], changes)])
            store.reach(estate, sink, number)
    return Recorded(scan, known, dict(changes))


def _whole(
    store: Store, estate: str, number: int | None, latest: int | None, sinks: Mapping[str, bool]
) -> dict[str, _Whole]:
    """The sinks that get more than what an audit changes. `number`: its own, None when it is new."""
    reached = store.reached(estate)
    found = {}
    for sink, full in sinks.items():
        last = reached.get(sink)
        if last != latest:  # a new sink, or one that was left out for a while
            found[sink] = _Whole(last)
        elif full:
            found[sink] = _Whole(None if number is None else store.before(estate, number))
    return found


class _Rows:
    """The rows that an audit puts into the outbox. `sinks`: whether each gets all that stands."""

    def __init__(self, db: sqlite3.Connection, scan: str, sinks: Mapping[str, bool]) -> None:
        self.count: Counter[str] = Counter()
        self._db = db
        self._scan = scan
        self._sinks = sinks

    def put(self, record: Record, *, to_all: bool = False) -> None:
        """Put a record for the sinks that get all, or for every one."""
        wanted = [sink for sink, whole in self._sinks.items() if whole or to_all]
        row = encode(record)
        self._db.executemany(PUT_OUTBOX, [(sink, self._scan, row, None) for sink in wanted])
        self.count.update(wanted)

    def put_to(self, sink: str, records: Iterable[Record]) -> None:
        """Put records for one sink."""
        for record in records:
            self._db.execute(PUT_OUTBOX, (sink, self._scan, encode(record), None))
            self.count[sink] += 1


def waiting(store: Store, sink: str) -> Iterator[tuple[int, bytes]]:
    """The rows that a sink has still to get, numbered, oldest first."""
    last = 0
    while page := store.ask(_WAITING, (sink, last, _PAGE)):
        yield from page
        last = page[-1][0]


def others(store: Store, sinks: Sequence[str]) -> list[tuple[str, int]]:
    """Other sinks than these for which rows wait, and how many."""
    found = store.ask("SELECT sink, count(*) FROM outbox WHERE refused IS NULL GROUP BY sink ORDER BY sink")
    return [(name, number) for name, number in found if name not in sinks]


def sent(store: Store, rows: Sequence[int]) -> None:
    """Rows that a sink has taken leave the outbox."""
    with store.transaction() as db:
        db.executemany("DELETE FROM outbox WHERE number = ?", [(number,) for number in rows])


def try_again(store: Store, sink: str) -> None:
    """What a sink refused waits to be sent once more."""
    with store.transaction() as db:
        db.execute(f"{REFUSE} WHERE sink = ?2", (None, sink))


def refused(store: Store, row: int, reason: str) -> None:
    """A row that a sink will never take stays, with the reason."""
    with store.transaction() as db:
        db.execute(f"{REFUSE} WHERE number = ?2", (reason, row))


_WAITING: Final = (
    "SELECT number, record FROM outbox WHERE sink = ? AND number > ? AND refused IS NULL ORDER BY number LIMIT ?"
)
