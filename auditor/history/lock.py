"""One at a time: a lock that the system takes back when its holder dies, on every platform that has SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from auditor.model.errors import ResourceError


@contextmanager
def alone(path: Path, wait: float, busy: str) -> Iterator[None]:
    """Hold the lock of this path. ResourceError, saying what is `busy`, when another holds it for `wait` seconds."""
    with closing(sqlite3.connect(f"{path}-lock", timeout=wait, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise ResourceError(f"{busy} ({path}-lock: {error}).", "Wait until it is done, and try again.") from error
        yield
