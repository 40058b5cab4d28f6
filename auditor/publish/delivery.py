"""From the outbox to a sink: in order, a chunk at a time, each marked when it has arrived.

A sink that is busy or out of reach is asked again, for as long as the caller has patience; what is left then goes with
the next run. Rows that went out and were not marked (a crash, an answer that got lost) go out twice with the same
`RecordId`; who reads keeps one.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from auditor.history.lock import alone
from auditor.history.store import Store
from auditor.model.errors import ResourceError
from auditor.publish import outbox
from auditor.publish.chunks import LIMIT, chunks

_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0
_LOCK_WAIT: Final = 30.0
_MOST_SUSPECTS: Final = 20
"""Rows that may be refused before anything gets through: then it is not they who are to blame."""
Rows = Sequence[tuple[int, bytes]]


class BusyError(Exception):
    """A sink cannot take it now. `after`: seconds that it asked to be left alone."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class RefusedError(Exception):
    """A sink will not take this, however often it is asked."""


class Sink(Protocol):
    """Where rows go. `limit`: bytes of a request. `send` raises BusyError or RefusedError."""

    name: str
    limit: int

    def send(self, rows: Sequence[bytes]) -> None: ...


class Delivered(NamedTuple):
    """What a delivery came to; `why` says why rows are left, `refusal` why the first of the refused was."""

    sent: int
    requests: int
    refused: int
    left: int
    why: str | None
    refusal: str | None


def deliver(store: Store, sink: Sink, patience: float, wait: Callable[[float], None] = time.sleep) -> Delivered:
    """Send what waits. `patience`: seconds to go on without getting anything through.

    ResourceError when another process is delivering to the same history, or the sink refuses whatever it gets.
    """
    with alone(store.path, _LOCK_WAIT, "Another auditor is sending from this history"):
        way = _Way(store, sink, patience, wait)
        why = None
        try:
            for chunk in chunks(outbox.waiting(store, sink.name), min(sink.limit, LIMIT)):
                way.bring(chunk)
        except BusyError as error:
            why = str(error)
        way.give_up()
        left = store.ask("SELECT count(*) FROM outbox WHERE sink = ? AND refused IS NULL", (sink.name,))[0][0]
        return Delivered(way.sent, way.requests, way.refused, left, why, way.refusal)


class _Way:
    """One delivery, as far as it has come."""

    def __init__(self, store: Store, sink: Sink, patience: float, wait: Callable[[float], None]) -> None:
        self.sent = self.requests = self.refused = 0
        self.refusal: str | None = None
        self._store = store
        self._sink = sink
        self._patience = patience
        self._wait = wait
        self._suspects: list[tuple[int, str]] = []

    def bring(self, rows: Rows) -> None:
        """Send rows; what is refused is halved until the row to blame stands alone. BusyError when patience ends."""
        try:
            if len(rows) == 1 and len(rows[0][1]) + 2 > self._sink.limit:
                raise RefusedError(f"the record has {len(rows[0][1]):,} bytes, more than a request may have")
            self._send([row for _number, row in rows])
        except RefusedError as error:
            if len(rows) == 1:
                self._suspect(rows[0][0], str(error))
            else:
                middle = len(rows) // 2
                self.bring(rows[:middle])
                self.bring(rows[middle:])
            return
        outbox.sent(self._store, [number for number, _row in rows])
        self.sent += len(rows)
        self.give_up()

    def give_up(self) -> None:
        """What was refused is to blame itself, for something else got through, or there was little."""
        for number, reason in self._suspects:
            outbox.refused(self._store, number, reason)
            self.refused += 1
            self.refusal = self.refusal or reason
        self._suspects.clear()

    def _suspect(self, number: int, reason: str) -> None:
        self._suspects.append((number, reason))
        if not self.sent and len(self._suspects) > _MOST_SUSPECTS:
            raise ResourceError(
                f"{self._sink.name.split()[0]} takes nothing: {reason}.",
                "All is kept. Check that the rule, its stream and its table are of this version of auditor.",
            )

    def _send(self, rows: Sequence[bytes]) -> None:
        waited = 0.0
        for pause in _pauses():
            self.requests += 1
            try:
                self._sink.send(rows)
            except BusyError as error:
                pause = error.after if error.after is not None else pause
                if waited + pause > self._patience:
                    raise
                self._wait(pause)
                waited += pause
            else:
                return


def _pauses() -> Iterator[float]:
    """Longer and longer, never twice the same: many who wait must not come back together."""
    pause = _FIRST_WAIT
    while True:
        yield pause * random.uniform(0.5, 1)  # noqa: S311  (no secret)
        pause = min(pause * 2, _LONGEST_WAIT)
