"""The history of estates in one SQLite file: audits in numbers, findings that stand, what became of them, what is left
to send.

What an audit does to the findings and what is to be sent of it are written in one transaction: after a crash either
both are there or neither. A second process waits for the first.
"""

from __future__ import annotations

import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from auditor.history.checksums import CHECKED, PUT, PUT_AUDIT, PUT_MOVE, SINCE_2, TOUCH, checksum_of
from auditor.history.transitions import Move, State, Status
from auditor.model.errors import AuditorError, InputError, ResourceError
from auditor.model.finding import Finding
from auditor.sanitize.messages import safe_name

_VERSION: Final = 3
_WAIT: Final = 60.0  # seconds for another process to finish its transaction
_IN_MEMORY: Final = 8 * 1024 * 1024
_CHUNK: Final = 64 * 1024
_TABLES: Final = """
CREATE TABLE audits (
  number INTEGER PRIMARY KEY, estate TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL, figures TEXT NOT NULL,
  UNIQUE (estate, id)
);
CREATE TABLE standing (
  estate TEXT NOT NULL, finding TEXT NOT NULL, status TEXT NOT NULL, digest BLOB NOT NULL, opened TEXT NOT NULL,
  failed TEXT, sent TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (estate, finding)
);
CREATE TABLE moves (
  audit INTEGER NOT NULL REFERENCES audits, finding TEXT NOT NULL, change TEXT NOT NULL, step INTEGER NOT NULL,
  rule TEXT NOT NULL, severity TEXT NOT NULL, failed TEXT, resource TEXT
);
CREATE INDEX moves_of_audit ON moves (audit);
CREATE TABLE types (
  estate TEXT NOT NULL, type TEXT NOT NULL, seen TEXT NOT NULL DEFAULT '', UNIQUE (estate, type)
);
CREATE TABLE latest (estate TEXT PRIMARY KEY, audit BLOB NOT NULL);
CREATE TABLE outbox (
  number INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL, audit TEXT NOT NULL, record BLOB NOT NULL, refused TEXT
);
CREATE INDEX waiting ON outbox (sink, number) WHERE refused IS NULL;
CREATE TABLE sinks (estate TEXT NOT NULL, sink TEXT NOT NULL, audit INTEGER NOT NULL, UNIQUE (estate, sink));
"""
_SINCE_1: Final = """
ALTER TABLE types ADD COLUMN seen TEXT NOT NULL DEFAULT '';
ALTER TABLE moves ADD COLUMN resource TEXT;
CREATE TABLE sinks (estate TEXT NOT NULL, sink TEXT NOT NULL, audit INTEGER NOT NULL, UNIQUE (estate, sink));
"""
_RESTORE: Final = "Restore a copy, or start another history and publish once with --full."


class Store:
    """A history. Close it, or use `with`. Times are ISO 8601 text in UTC."""

    def __init__(self, path: Path, *, write: bool = True, bring_back: Callable[[], None] | None = None) -> None:
        """Open a history; to `write` it is made when there is none, else nothing is written, not even beside it.

        `bring_back`: for a file that is a copy, what takes it to where it came from (`keep`). InputError when there is
        none, or the file is something else.
        """
        self.path = path
        self._bring_back = bring_back
        if not write and not path.is_file():
            raise InputError(f"There is no history at {path}.", "`auditor publish` writes one; name it by --history.")
        try:
            with ExitStack() as stack:
                self._db = stack.enter_context(closing(_opened(path, write)))
                self._prepare(write)
                stack.pop_all()  # all went well: it stays open
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # a damaged file names things that are no text
            raise InputError(f"{path} cannot be used as a history: {error}.", "Name another file.") from error

    def _prepare(self, write: bool) -> None:
        version = self._version()
        tables = {name for (name,) in self.ask("SELECT name FROM sqlite_master")}
        if not {"standing", "outbox"} <= tables and (version or tables or not write):
            raise InputError(f"{self.path} is no history.", "It was left as it is; name another file.")
        if version > _VERSION:
            raise InputError(f"{self.path} was written by a newer auditor.", "Update auditor.")
        if tables:
            self._check(version)
        if write:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")  # what is committed outlives a power cut
            with self.transaction():
                version = self._version()  # another process may have been faster
                steps = {0: (_TABLES, SINCE_2), 1: (_SINCE_1, SINCE_2), 2: (SINCE_2,)}.get(version, ())
                for statement in ";\n".join(steps).split(";\n"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={_VERSION}")
            self._rename_sinks()

    def _rename_sinks(self) -> None:
        """Take the secrets out of the names that earlier versions gave to sinks: the whole address of a webhook."""
        names = {name for (name,) in self.ask("SELECT sink FROM sinks UNION SELECT sink FROM outbox")}
        renamed = {name: new for name in names if (new := safe_name(name)) != name}
        if not renamed:
            return
        self._db.execute("PRAGMA secure_delete=ON")
        with self.transaction():
            for old, new in renamed.items():
                self._db.execute("UPDATE OR REPLACE sinks SET sink = ? WHERE sink = ?", (new, old))
                self._db.execute("UPDATE outbox SET sink = ? WHERE sink = ?", (new, old))
            for table in ("sinks", "outbox"):
                self._db.execute(f"UPDATE {table} SET checksum = checksum({CHECKED[table]})")  # noqa: S608
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _check(self, version: int) -> None:
        """Raise ResourceError when the file is damaged. Before version 3 the rows had no checksums."""
        found = self.ask("PRAGMA quick_check(1)")
        damage = "" if found == [("ok",)] else str(found[0][0])
        for table, columns in CHECKED.items() if version >= 3 and not damage else ():
            wrong = self.ask(f"SELECT count(*) FROM {table} WHERE checksum IS NOT checksum({columns})")[0][0]  # noqa: S608
            damage = damage or (f"{wrong:,} rows of {table} differ from their checksums" if wrong else "")
        if damage:
            raise ResourceError(f"The history {self.path} is damaged: {damage}.", _RESTORE)

    def _version(self) -> int:
        return int(self.ask("PRAGMA user_version")[0][0])

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
        if isinstance(error, sqlite3.DatabaseError):  # where something is asked, which may be anywhere within
            raise self._broken(error) from error

    def _broken(self, error: sqlite3.DatabaseError) -> AuditorError:
        return ResourceError(f"The history {self.path} cannot be read: {error}.", f"If it is damaged: {_RESTORE}")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def keep(self) -> None:
        """What was written is now where the history lives. Nothing to do for a file of our own. Raises AuditorError."""
        if self._bring_back:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._bring_back()

    def copy_to(self, path: Path) -> None:
        """Write all of it into a new file, whoever else writes meanwhile."""
        with closing(sqlite3.connect(path)) as other:
            self._db.backup(other)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and nobody else writes meanwhile. ResourceError when the disk or another process refuses."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:  # a full disk ends it by itself
                    self._db.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            raise ResourceError(
                f"{self.path}: {error}.",
                "Nothing was changed. Check space and permissions; is another auditor at work?",
            ) from error

    def ask(self, question: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows that answer a question."""
        return self._db.execute(question, values).fetchall()

    # --- audits ---------------------------------------------------------------------------------------------------

    def number_of(self, estate: str, audit: str) -> int | None:
        """The number of an audit, None when it is not recorded."""
        found = self.ask("SELECT number FROM audits WHERE estate = ? AND id = ?", (estate, audit))
        return int(found[0][0]) if found else None

    def latest(self, estate: str) -> tuple[int, str] | None:
        """Number and time of the latest audit of an estate."""
        found = self.ask("SELECT number, at FROM audits WHERE estate = ? ORDER BY number DESC LIMIT 1", (estate,))
        return found[0] if found else None

    def before(self, estate: str, number: int) -> int:
        """The number of the audit before one; 0 when it is the first of its estate."""
        found = self.ask("SELECT max(number) FROM audits WHERE estate = ? AND number < ?", (estate, number))
        return found[0][0] or 0

    def add_audit(self, estate: str, audit: str, at: str, figures: str, document: bytes) -> int:
        """Note an audit: its numbers as JSON, and all of it (gzipped JSON) as the latest of its estate. Inside a
        transaction."""
        number = self._db.execute(PUT_AUDIT, (estate, audit, at, figures)).lastrowid
        assert number is not None  # noqa: S101
        self._db.execute(PUT["latest"], (estate, document))
        return number

    def reached(self, estate: str) -> dict[str, int]:
        """Each sink that was ever to get something of an estate, and the last audit of which it was."""
        return dict(self.ask("SELECT sink, audit FROM sinks WHERE estate = ?", (estate,)))

    def reach(self, estate: str, sink: str, number: int) -> None:
        """Note that a sink is to get what an audit changed. Inside a transaction."""
        self._db.execute(PUT["sinks"], (estate, sink, number))

    def types(self, estate: str, since: str) -> set[str]:
        """What some audit of an estate looked at since a time (`moves.types_of`)."""
        return {name for (name,) in self.ask("SELECT type FROM types WHERE estate = ? AND seen >= ?", (estate, since))}

    def add_types(self, estate: str, types: Iterable[str], at: str) -> None:
        """Note what an audit looked at. Inside a transaction."""
        self._db.executemany(PUT["types"], ((estate, name, at) for name in types))

    def latest_audit(self, estate: str) -> IO[bytes] | None:
        """The JSON of the latest audit of an estate, to read and to close."""
        found = self.ask("SELECT audit FROM latest WHERE estate = ?", (estate,))
        if not found:
            return None
        out = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  (the caller's)
        packed = zlib.decompressobj(wbits=47)  # gzip, or zlib as the first version wrote it
        for start in range(0, len(found[0][0]), _CHUNK):
            out.write(packed.decompress(found[0][0][start : start + _CHUNK]))
        out.write(packed.flush())
        out.seek(0)
        return out

    def audits(self, estate: str) -> list[tuple[str, str]]:
        """Time and numbers (JSON) of every audit of an estate, oldest first."""
        found = "SELECT at, figures FROM audits WHERE estate = ? ORDER BY at, number"
        return self._db.execute(found, (estate,)).fetchall()

    def estates(self) -> list[str]:
        """Every estate with an audit."""
        return [name for (name,) in self._db.execute("SELECT DISTINCT estate FROM audits ORDER BY estate")]

    # --- findings -------------------------------------------------------------------------------------------------

    def states(self, estate: str) -> Mapping[str, State]:
        """The findings that stand, by fingerprint."""
        found = "SELECT finding, status, digest, opened, failed FROM standing WHERE estate = ?"
        return {
            name: State(_STATUSES[status], digest, opened, failed)
            for name, status, digest, opened, failed in self._db.execute(found, (estate,))
        }

    def told(self, estate: str, fingerprint: str) -> bytes:
        """What a finding that stands said last, as JSON."""
        asked = "SELECT body FROM standing WHERE estate = ? AND finding = ?"
        return zlib.decompress(self._db.execute(asked, (estate, fingerprint)).fetchone()[0])

    def apply(self, estate: str, number: int, at: str, move: Move, finding: Finding, line: bytes) -> None:
        """Write what became of a finding. Inside a transaction."""
        status, digest, opened, failed = move.state
        told = (number, move.fingerprint, move.change, move.step, finding.rule_id, finding.severity, failed)
        self._db.execute(PUT_MOVE, (*told, finding.resource.id))
        if status is Status.RESOLVED:
            self._db.execute("DELETE FROM standing WHERE estate = ? AND finding = ?", (estate, move.fingerprint))
        else:
            body = zlib.compress(line, 1)
            self._db.execute(PUT["standing"], (estate, move.fingerprint, status, digest, opened, failed, at, body))

    def sent_by(self, estate: str, at: str) -> set[str]:
        """The findings that stand and were last sent by a time."""
        found = self._db.execute("SELECT finding FROM standing WHERE estate = ? AND sent <= ?", (estate, at))
        return {name for (name,) in found}

    def touch(self, estate: str, fingerprint: str, at: str) -> None:
        """Note that a finding was sent again. Inside a transaction."""
        self._db.execute(TOUCH, (at, estate, fingerprint))

    def standing(self, estate: str) -> Iterator[tuple[State, bytes]]:
        """The findings that stand, with what they said last, as JSON."""
        asked = "SELECT status, digest, opened, failed, body FROM standing WHERE estate = ? ORDER BY finding"
        for status, digest, opened, failed, body in self._db.execute(asked, (estate,)):
            yield State(_STATUSES[status], digest, opened, failed), zlib.decompress(body)

    def resolved_since(self, estate: str, number: int) -> Iterator[tuple[str, str, str, str | None, str | None]]:
        """What was resolved after an audit and does not stand: finding, rule, severity, first failure, resource."""
        asked = (
            "SELECT DISTINCT finding, rule, severity, failed, resource FROM audits JOIN moves ON audit = number "
            "WHERE estate = ? AND number > ? AND change = 'Resolved' "
            "AND finding NOT IN (SELECT finding FROM standing WHERE estate = ?) ORDER BY finding, number"
        )
        return iter(self._db.execute(asked, (estate, number, estate)))

    def steps(self, estate: str, since: str) -> Iterator[tuple[str, int, str, str, str]]:
        """What began to fail or was mended, oldest first: time, step, rule, severity, time of the first failure."""
        asked = (
            "SELECT at, step, rule, severity, failed FROM audits JOIN moves ON audit = number "
            "WHERE estate = ? AND at >= ? AND step <> 0 ORDER BY number, moves.rowid"
        )
        return iter(self._db.execute(asked, (estate, since)))


def _opened(path: Path, write: bool) -> sqlite3.Connection:
    db = _connected(path, write)
    db.create_function("checksum", -1, checksum_of, deterministic=True)
    return db


def _connected(path: Path, write: bool) -> sqlite3.Connection:
    if write:
        return sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
    address = f"{path.absolute().as_uri()}?mode=ro"
    db = sqlite3.connect(address, timeout=_WAIT, isolation_level=None, uri=True)
    try:
        db.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError:  # a folder in which not even a lock can be made
        db.close()
        if Path(f"{path}-wal").exists():
            raise
        return sqlite3.connect(f"{address}&immutable=1", isolation_level=None, uri=True)
    return db


_STATUSES: Final = {status.value: status for status in Status}


def estate_of(store: Store, given: str | None) -> str:
    """The estate that is meant: the one that is given, else the only one. InputError when there is no such estate."""
    return the_estate(store.estates(), given, str(store.path))


def the_estate(estates: Sequence[str], given: str | None, place: str) -> str:
    """One of the estates of a place: the one that is given, else the only one. InputError when there is none such."""
    if given is not None and given in estates:
        return given
    if given is None and len(estates) == 1:
        return estates[0]
    told = f"no estate {given!r}" if given else f"{len(estates)} estates"
    raise InputError(f"{place} holds {told}.", f"Say --estate: {', '.join(estates) or 'there is none yet'}.")
