"""Asks API servers what the asking identity may read, without reading it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from auditor.collect.collection_journal import Book
from auditor.collect.kubernetes.clusters import Cluster
from auditor.collect.kubernetes.collection import visit
from auditor.collect.kubernetes.connection import PATIENCE, Connection, Patience
from auditor.collect.kubernetes.discovery import served
from auditor.collect.kubernetes.role import VERBS, right_of


class Access(NamedTuple):
    """Whether a casefolded type may be read; None when that cannot be said, for a reason."""

    cluster: str
    type: str
    right: str
    allowed: bool | None
    reason: str | None = None


def access(
    types: Iterable[str], clusters: Sequence[Cluster], book: Book, patience: Patience = PATIENCE
) -> list[Access]:
    """What may be read of every cluster. A type that a cluster does not have needs no right there."""
    askers = [_Asker(cluster.name, frozenset(types), book) for cluster in clusters]
    visit([(cluster, asker) for cluster, asker in zip(clusters, askers, strict=True)], book, patience)
    return [found for asker in askers for found in sorted(asker.found.values())]


class _Asker:
    """One cluster's part."""

    def __init__(self, name: str, types: frozenset[str], book: Book) -> None:
        self.over = False
        self.found: dict[str, Access] = {}
        self._name = name
        self._left = types
        self._book = book

    def read(self, connection: Connection) -> None:
        """Raises `ApiError`."""
        there = served(connection, self._left)
        self._left -= set(there.absent)
        for name, error in there.failed.items():
            self._say(name, right_of(name), None, error.reason)
        for kind in there.kinds:
            right = f"{VERBS[0]} {kind.plural}{f'.{kind.group}' if kind.group else ''}"
            self._say(kind.type.casefold(), right, connection.may(VERBS[0], kind.group, kind.plural))

    def give_up(self, reason: str, _kind: str) -> None:
        """Nothing can be said of what was not asked yet."""
        for name in sorted(self._left - self.found.keys()):
            self._say(name, right_of(name), None, reason)

    def _say(self, kind: str, right: str, allowed: bool | None, reason: str | None = None) -> None:
        if not self.over:
            self.found[kind] = Access(self._name, kind, right, allowed, reason)
