"""What a collection has got so far: its journal while it runs, its resources when it is done.

One SQLite file. Each good answer is kept under the text of its call, so that an interrupted collection goes on without
asking again, and its resources are given in the order of these texts: threads change nothing of the outcome. Failures
are gaps and are not in the file, so that they are tried again. Secrets are gone before anything gets here.
"""

from __future__ import annotations

import math
import sqlite3
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import msgspec
import orjson

from auditor.model.errors import ConfigError, InputError, ResourceError
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource, Unknown
from auditor.sanitize.messages import message
from auditor.sanitize.resources import sanitized

_SCHEMA: Final = """
    CREATE TABLE IF NOT EXISTS head (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS answers (call TEXT PRIMARY KEY, more TEXT, resources BLOB NOT NULL) WITHOUT ROWID;
"""
_ANEW: Final = "DROP TABLE IF EXISTS head; DROP TABLE IF EXISTS answers;"
_NO_JOURNAL: Final = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_IN_PLACE: Final = "in place of "
"""Begins the names of the calls whose resource stands in place of another."""
_COMMIT_EVERY: Final = 2.0
"""Seconds: what a killed process may lose."""
_MOST_GAPS: Final = 500
_UNKNOWN: Final = "\0unknown"
"""No service has a field of that name."""


class Answer(NamedTuple):
    """What one call brought; `more` leads to the next page (a skip token, a link), None on the last."""

    resources: list[Resource]
    more: str | None


class Told(NamedTuple):
    """How far one source is. `left` is None as long as nobody knows; `throttled` counts the waits that a service asked
    for."""

    done: int = 0
    left: int | None = None
    throttled: int = 0


class Book:
    """Filled by collectors from several threads. Iterating gives every resource, more than once if asked."""

    def __init__(self, file: Path, head: dict[str, Any], *, until: float | None = None, fresh: bool = False) -> None:
        """Opens the journal, or begins it. `head` says what is collected; `until` is when to stop (monotonic clock).

        `fresh`: what an earlier collection left is dropped. Raises `ConfigError` when the journal is one of another
        collection, `InputError` when another process writes it, or it is none.
        """
        self.gaps: list[Gap] = []
        self.covers: set[str] = set()
        self.sources: dict[str, Told] = {}
        self.on_progress: Callable[[], None] = lambda: None
        self.interrupted = False
        self.until = math.inf if until is None else until
        self._stopped = threading.Event()
        self._lock = threading.RLock()
        self._closed = False
        self._sealed = False
        self._committed = time.monotonic()
        try:
            try:
                self._open(file, head, fresh=fresh)
            except sqlite3.DatabaseError as error:
                if not fresh or error.sqlite_errorcode not in _NO_JOURNAL:
                    raise
                file.unlink()
                self._open(file, head, fresh=fresh)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise InputError(
                    f"Another auditor is collecting into {file.stem}.", "Wait until it ends, or name another place."
                ) from error
            raise InputError(f"{file} cannot be used as a journal: {error}", "remove it and collect again") from error

    def _open(self, file: Path, head: dict[str, Any], *, fresh: bool) -> None:
        file.touch(mode=0o600)
        with ExitStack() as stack:
            self._base = sqlite3.connect(file, check_same_thread=False, timeout=2)
            stack.callback(self._base.close)
            self._base.execute("PRAGMA locking_mode = EXCLUSIVE")  # nobody else writes it meanwhile
            self._base.executescript(_ANEW + _SCHEMA if fresh else _SCHEMA)
            self._compare(file, {key: orjson.dumps(value).decode() for key, value in head.items()})
            stack.pop_all()  # all went well: it stays open

    def _compare(self, file: Path, head: dict[str, str]) -> None:
        known = dict(self._base.execute("SELECT name, value FROM head"))
        other = next((name for name, value in head.items() if known.get(name, value) != value), None)
        if other is not None:
            raise ConfigError(f"{file} is of another collection: its {other} is {known[other]}.", "Start a new one.")
        self._base.executemany("INSERT OR IGNORE INTO head VALUES (?, ?)", head.items())
        self._base.commit()

    def note(self, name: str, value: str) -> str:
        """Keep a value of the head that only the first run decides (its time); gives what is kept."""
        with self._lock:
            self._base.execute("INSERT OR IGNORE INTO head VALUES (?, ?)", (name, value))
            self._base.commit()
            (kept,) = self._base.execute("SELECT value FROM head WHERE name = ?", (name,)).fetchone()
            return str(kept)

    def kept(self, call: str) -> Answer | None:
        """The answer to a call that was made already."""
        with self._lock:
            if self._closed:
                return None
            row = self._base.execute("SELECT more, resources FROM answers WHERE call = ?", (call,)).fetchone()
        return None if row is None else Answer(_unpacked(row[1]), row[0])

    def keep(self, call: str, resources: Sequence[Resource], more: str | None = None) -> Answer:
        """Keep a good answer, without the secrets of its resources."""
        resources = [sanitized(resource) for resource in resources]
        packed = _packed(resources)
        with self._lock:
            if not self._sealed:
                try:
                    self._base.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (call, more, packed))
                    if time.monotonic() - self._committed > _COMMIT_EVERY:
                        self._base.commit()
                        self._committed = time.monotonic()
                except sqlite3.DatabaseError as error:
                    told = f"What was read cannot be kept on disk: {error}."
                    raise ResourceError(told, "Check space and permissions.") from error
        return Answer(resources, more)

    def replace(self, resource: Resource, *, again: bool = False) -> None:
        """Keep a resource in place of the one with the same id. `again`: a later run is to read it once more."""
        self.keep(f"{_IN_PLACE}{resource.id.casefold()}", [resource], "again" if again else None)

    def is_replaced(self, id_: str) -> bool:
        """Whether a resource was replaced for good."""
        answer = self.kept(f"{_IN_PLACE}{id_.casefold()}")
        return answer is not None and not answer.more

    def forget(self, prefix: str) -> None:
        """Drop the answers to all calls that begin so: they have to be made again."""
        with self._lock:
            if not self._sealed:
                self._base.execute("DELETE FROM answers WHERE substr(call, 1, ?) = ?", (len(prefix), prefix))

    def gap(self, gap: Gap) -> None:
        """Note what could not be read."""
        with self._lock:
            if not self._sealed:
                self.gaps.append(msgspec.structs.replace(gap, what=message(gap.what), reason=message(gap.reason)))

    def every_gap(self) -> list[Gap]:
        """All gaps in a stable order. Where a type has very many, those of a subscription are one."""
        by_type: dict[str, list[Gap]] = defaultdict(list)
        for gap in sorted(set(self.gaps), key=_order):
            by_type[gap.type or ""].append(gap)
        return sorted((gap for those in by_type.values() for gap in _merged(those)), key=_order)

    def looked_at(self, types: Iterable[str]) -> None:
        """Note types that the collection looked at, wherever no gap says otherwise."""
        with self._lock:
            self.covers.update(kind.casefold() for kind in types)

    def told(self, source: str, *, done: int = 0, left: int | None = None, throttled: int = 0) -> None:
        """Say how far a source is: `done` and `throttled` are added, `left` replaces what was said before."""
        with self._lock:
            old = self.sources.get(source, Told())
            left = old.left if left is None else left
            self.sources[source] = Told(old.done + done, left, old.throttled + throttled)
        self.on_progress()

    def stop(self) -> None:
        """Make no further call. May be called from a signal handler."""
        self.interrupted = True
        self._stopped.set()

    def going(self) -> bool:
        """False when interrupted or out of time."""
        return not self._stopped.is_set() and time.monotonic() < self.until

    def pause(self, seconds: float) -> bool:
        """Wait, not beyond the end of the time; gives whether to go on."""
        self._stopped.wait(max(min(seconds, self.until - time.monotonic()), 0))
        return self.going()

    def why_stopped(self) -> str:
        """The reason that gaps give for what was not asked any more."""
        return "the collection was interrupted before" if self.interrupted else "the time limit was reached before"

    def of_type(self, kind: str) -> Iterator[Resource]:
        """The resources of one casefolded type."""
        return (resource for resource in self if resource.type.casefold() == kind)

    def __iter__(self) -> Iterator[Resource]:
        replaced, last = self._replaced(), ""
        left_out: set[str] = set()  # calls of Resource Graph come before those that replace what it gave
        while True:
            with self._lock:
                row = self._base.execute(
                    "SELECT call, resources FROM answers WHERE call > ? ORDER BY call LIMIT 1", (last,)
                ).fetchone()
            if row is None:
                return
            last = row[0]
            found = _unpacked(row[1])
            if last.startswith(_IN_PLACE):
                yield from (resource for resource in found if resource.id.casefold() in left_out)
            elif replaced:
                for resource in found:
                    if (id_ := resource.id.casefold()) in replaced:
                        left_out.add(id_)
                    else:
                        yield resource
            else:
                yield from found

    def _replaced(self) -> set[str]:
        """Casefolded ids of resources in whose place others are kept."""
        query = "SELECT substr(call, ?) FROM answers WHERE substr(call, 1, ?) = ?"
        with self._lock:
            rows = self._base.execute(query, (len(_IN_PLACE) + 1, len(_IN_PLACE), _IN_PLACE)).fetchall()
        return {row[0] for row in rows}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self.close()

    def seal(self) -> None:
        """The collection is over: what late threads still bring is dropped. What is kept can be read as before."""
        with self._lock:
            self._sealed = True

    def close(self) -> None:
        """The end: nothing can be kept or read any more."""
        with self._lock:
            self._sealed = True
            if not self._closed:
                self._closed = True
                self._base.commit()
                self._base.close()


def _order(gap: Gap) -> tuple[str, str, str]:
    return gap.what, gap.type or "", gap.reason


def _merged(gaps: Sequence[Gap]) -> list[Gap]:
    """Gaps of one type. Of very many, one for each subscription, with its first reason."""
    if len(gaps) <= _MOST_GAPS:
        return list(gaps)
    found: list[Gap] = []
    merged: dict[str, list[Gap]] = defaultdict(list)
    for gap in gaps:
        parts = gap.what.split("/", 3)
        if len(parts) > 2 and not parts[0] and parts[1].casefold() == "subscriptions":
            merged[parts[2].casefold()].append(gap)
        else:
            found.append(gap)
    for name, those in merged.items():
        reason = f"{len(those):,} parts of it could not be read; the first: {those[0].reason}"
        found.append(Gap(what=f"/subscriptions/{name}", reason=reason, kind=those[0].kind, type=those[0].type))
    return found


def _packed(resources: Sequence[Resource]) -> bytes:
    rows = [[r.type, r.cluster, msgspec.to_builtins(r.origin), r.partial, r.body] for r in resources]
    return zlib.compress(orjson.dumps(rows, default=_as_marker), 1)


def _unpacked(packed: bytes) -> list[Resource]:
    return [
        Resource(kind, _restored(body) if partial else body, msgspec.convert(origin, Origin), cluster, partial=partial)
        for kind, cluster, origin, partial, body in orjson.loads(zlib.decompress(packed))
    ]


def _as_marker(value: object) -> dict[str, str]:
    if isinstance(value, Unknown):
        return {_UNKNOWN: value.reason}
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(reason := value.get(_UNKNOWN), str):
            return Unknown(reason)
        return {key: _restored(inner) for key, inner in value.items()}
    return [_restored(inner) for inner in value] if isinstance(value, list) else value
