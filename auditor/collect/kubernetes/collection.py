"""Clusters → resources and gaps: several at once, none of them able to hold up the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final, Protocol

from auditor.collect.collection_journal import Book
from auditor.collect.guard import Defect, isolated
from auditor.collect.kubernetes.cluster_reader import PAGE, ClusterReader, Wanted
from auditor.collect.kubernetes.clusters import Cluster
from auditor.collect.kubernetes.connection import PATIENCE, ApiError, Connection, Patience
from auditor.model.errors import AuditorError

_AT_ONCE: Final = 8
_LOOK: Final = 0.2
"""Seconds between two looks at whether a cluster still answers."""


def is_kubernetes(kind: str) -> bool:
    """Whether a casefolded type is one of Kubernetes, not of Azure or of a lens."""
    return not kind.startswith(("microsoft.", "auditor/"))


def collect(
    wanted: Wanted, clusters: Sequence[Cluster], book: Book, patience: Patience = PATIENCE, page: int = PAGE
) -> None:
    """Read clusters into the book. What cannot be read becomes gaps; a cluster that hangs is given up."""
    visit([(cluster, ClusterReader(cluster.name, wanted, book, page)) for cluster in clusters], book, patience)


class Reader(Protocol):
    """What is done at a cluster. `over` is set when it was given up, and may be busy still."""

    over: bool

    def read(self, connection: Connection) -> None:
        """Raises `ApiError`."""

    def give_up(self, reason: str, kind: str) -> None:
        """Called once, when nothing more is to be had; the arguments are those of a gap."""


def visit(readers: Sequence[tuple[Cluster, Reader]], book: Book, patience: Patience = PATIENCE) -> None:
    """Let each reader read its cluster, some of them at once."""
    waiting = [_Visit(cluster, reader, book, patience) for cluster, reader in readers]
    running: list[_Visit] = []
    while waiting or running:
        while waiting and len(running) < _AT_ONCE:
            running.append(waiting.pop(0).begin())
        running[0].done.wait(_LOOK)
        for each in running:
            each.look()
        running = [each for each in running if not each.over]


class _Visit:
    """One cluster in a thread of its own, which may be left behind: a name or a sign-in program can hang for ever."""

    def __init__(self, cluster: Cluster, reader: Reader, book: Book, patience: Patience) -> None:
        self.done = threading.Event()
        self.over = False
        self._cluster = cluster
        self._book = book
        self._patience = patience
        self._reader = reader
        self._connection: Connection | None = None
        self._begun = 0.0
        self._error: BaseException | None = None

    def begin(self) -> _Visit:
        self._begun = time.monotonic()
        threading.Thread(target=self._run, name=f"cluster {self._cluster.name}", daemon=True).start()
        return self

    def look(self) -> None:
        """See whether it is over; give it up when it has been silent for too long, or when time is up."""
        if self.done.is_set():
            if self._error is not None:
                raise self._error
            self.over = True
            return
        answered = self._connection.answered if self._connection else self._begun
        silent = time.monotonic() - answered
        if silent > self._patience.cluster:
            self._end(f"the cluster said nothing for {silent:.0f} seconds, and was given up", "unreachable")
        elif not self._book.going() and silent > _LOOK:
            self._end(f"{self._book.why_stopped()} the cluster answered", "unreadable")

    def _end(self, reason: str, kind: str) -> None:
        self._reader.give_up(reason, kind)
        self._reader.over = self.over = True

    def _run(self) -> None:
        try:
            outcome = isolated(self._read, ApiError)
            if isinstance(outcome, Defect):
                self._reader.give_up(outcome.reason, "unreadable")
        except ApiError as error:
            self._reader.give_up(error.reason, error.kind)
        except (AuditorError, MemoryError) as error:
            self._error = error
        finally:
            self.done.set()

    def _read(self) -> None:
        self._connection = Connection(self._cluster.sign_in(), self._book.pause, self._patience)
        self._reader.read(self._connection)
