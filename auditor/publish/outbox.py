"""What an audit has to say, written down before any of it is sent.

Findings, their history and the rows for every sink are one transaction. `deliver` (delivery.py) takes from here.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from auditor.errors import InputError
from auditor.findings import Findings
from auditor.history.moves import Change, moves
from auditor.history.store import Store
from auditor.model import Audit
from auditor.publish.records import audit_id, decode_finding, encode, figures, finding_record, head_of, summary_record

_PAGE: Final = 2000
_REFRESH: Final = dt.timedelta(days=7)
"""What stands unchanged is sent again after so long: tables forget, and scheduled queries look back 14 days at most."""


class Recorded(NamedTuple):
    """What recording an audit came to. `known`: it had been recorded before, and nothing was done."""

    scan: str
    known: bool
    changes: Mapping[Change, int]


def record(
    store: Store, estate: str, audit: Audit, findings: Findings, document: bytes, sinks: Mapping[str, bool]
) -> Recorded:
    """Record an audit, and put what it changed into the outbox of each sink; all of it where the sink maps to True.

    `document` is the audit as JSON, kept as the latest of its estate. InputError when a later one is recorded already.
    """
    at, scan = audit.as_of.isoformat(), audit_id(estate, audit)
    with store.transaction() as db:
        if store.knows(estate, scan):
            return Recorded(scan, True, {})
        latest = store.latest_time(estate)
        if latest is not None and at < latest:
            raise InputError(
                f"The audit is of {at}, but the history of {estate} goes to {latest}.",
                "Publish audits in their order; another estate has another --estate.",
            )
        number = store.add_audit(estate, scan, at, msgspec.json.encode(figures(audit)).decode(), document)
        head = head_of(estate, audit)
        runs = {run.rule.id: run for run in audit.rules}
        old = store.sent_by(estate, (audit.as_of - _REFRESH).isoformat())
        changes: Counter[Change] = Counter()
        sent: Counter[str] = Counter()
        states, known = store.states(estate), store.types(estate)
        store.add_types(estate, (name.casefold() for name in (*audit.scope.resource_types, *audit.scope.looked_for)))
        for move in moves(states, lambda name: store.told(estate, name), known, audit, findings):
            line = move.finding if move.finding is not None else store.told(estate, move.fingerprint)
            changes[move.change] += 1
            unchanged = move.change is Change.UNCHANGED
            again = unchanged and move.fingerprint in old
            wanted = [sink for sink, full in sinks.items() if full or again or not unchanged]
            if unchanged and not wanted:
                continue
            finding = decode_finding(line)
            if not unchanged:
                store.apply(estate, number, at, move, finding, line)
            if again:
                store.touch(estate, move.fingerprint, at)
            if wanted:
                row = encode(finding_record(head, move, finding, runs))
                db.executemany(_PUT, [(sink, scan, row) for sink in wanted])
                sent.update(wanted)
        rows = [(sink, scan, encode(summary_record(head, audit, sent[sink], changes))) for sink in sinks]
        db.executemany(_PUT, rows)
    return Recorded(scan, False, dict(changes))


def waiting(store: Store, sink: str) -> Iterator[tuple[int, bytes]]:
    """The rows that a sink has still to get, numbered, oldest first."""
    last = 0
    while page := store.ask(_WAITING, (sink, last, _PAGE)):
        yield from page
        last = page[-1][0]


def sent(store: Store, rows: Sequence[int]) -> None:
    """Rows that a sink has taken leave the outbox."""
    with store.transaction() as db:
        db.executemany("DELETE FROM outbox WHERE number = ?", [(number,) for number in rows])


def refused(store: Store, row: int, reason: str) -> None:
    """A row that a sink will never take stays, with the reason."""
    with store.transaction() as db:
        db.execute("UPDATE outbox SET refused = ? WHERE number = ?", (reason, row))


_PUT: Final = "INSERT INTO outbox (sink, audit, record) VALUES (?, ?, ?)"
_WAITING: Final = (
    "SELECT number, record FROM outbox WHERE sink = ? AND number > ? AND refused IS NULL ORDER BY number LIMIT ?"
)
