"""Reads what is needed of one cluster, page by page, into the book."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from auditor.collect.collection_journal import Answer, Book
from auditor.collect.guard import Defect, isolated
from auditor.collect.kubernetes.connection import TOO_LARGE, ApiError, Connection
from auditor.collect.kubernetes.discovery import Kind, served
from auditor.collect.kubernetes.lists import page_of, summary_of_odd, token_of
from auditor.model.gap import Gap
from auditor.model.paging import markers_of
from auditor.model.resource import Origin, Resource
from auditor.sanitize.kubernetes import TLS, sanitized_kubernetes

PAGE: Final = 500
"""Objects: what kubectl asks for at once."""
_MOST_EXPIRIES: Final = 20
_SMALLER: Final = 5
"""How many times smaller the next page is, when one was too large."""


_ODD: Final = "odd"
"""Marks a list in the book of which some items could not be read: when the collection is resumed, it is read anew."""


class Wanted(NamedTuple):
    """What to read of every cluster."""

    types: frozenset[str]  # casefolded
    tls_secrets: bool = False
    configuration: frozenset[str] | None = None  # keys of ConfigMaps, None for all

    @property
    def readable(self) -> frozenset[str]:
        """Without Secrets, unless these were asked for."""
        return self.types if self.tls_secrets else self.types - {"core/secret"}


class ClusterReader:
    """One cluster's part of the collection. `over` is set when it is given up: nothing more goes into the book."""

    def __init__(self, name: str, wanted: Wanted, book: Book, page: int = PAGE) -> None:
        self.name = name
        self.over = False
        self._wanted = wanted
        self._book = book
        self._page = page
        self._left = set(wanted.readable)  # types of which nothing was said yet
        self._lock = threading.RLock()

    def read(self, connection: Connection) -> None:
        """Everything that is needed; what cannot be read becomes gaps."""
        try:
            found = served(connection, self._left)
        except ApiError as error:
            self.give_up(error.reason, error.kind)
            return
        self._looked_at(found.absent)
        for name, refused in found.failed.items():
            self._gap(name, refused.reason, refused.kind)
        self._told(left=len(found.kinds))
        for number, kind in enumerate(found.kinds, 1):
            if self.over or not self._book.going():
                break
            try:
                outcome = isolated(partial(self._list, connection, kind), ApiError)
                if isinstance(outcome, Defect):
                    self._gap(kind.type, outcome.reason, "unreadable")
            except ApiError as error:
                self._gap(kind.type, _explained(error, kind), error.kind)
                if error.kind == "unreachable":
                    self.give_up(error.reason, error.kind)
                    return
            self._looked_at([kind.type])
            self._told(left=len(found.kinds) - number)
        self.give_up(f"{self._book.why_stopped()} it was read", "unreadable")

    def give_up(self, reason: str, kind: str) -> None:
        """Note for every type of which nothing was said yet why it was not read."""
        with self._lock:
            for name in sorted(self._left):
                self._gap(name, reason, kind)

    def _list(self, connection: Connection, kind: Kind) -> None:
        """All objects of a kind. Raises `ApiError`.

        A continue token lives for some minutes. Past that the server gives one that goes on from the same place in
        the present state: objects keep their order, so none is lost or comes twice. Where it gives none, the list is
        read from its beginning. Where the objects of a page are too large together, fewer are asked for.
        https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
        """
        prefix = f"kubernetes {self.name} {kind.type} "
        number, token, expiries, size = 1, "", 0, self._page
        told: set[str] = set()  # tokens
        if self._book.kept(f"{prefix}{_ODD}") is not None:  # its gaps are not in the book
            self._book.forget(prefix)
        while not self.over:
            call = f"{prefix}{number:06}"
            answer = self._book.kept(call)
            if answer is None:
                if not self._book.going():
                    raise ApiError("unreadable", f"{self._book.why_stopped()} all of it was read")
                try:
                    answer = self._ask(connection, kind, call, token, size)
                except ApiError as error:
                    if error.status == TOO_LARGE and size > 1:
                        size = max(size // _SMALLER, 1)
                        continue
                    expiries += 1
                    if error.status != 410 or not token or expiries > _MOST_EXPIRIES:
                        raise
                    token = token_of(markers_of(error.answer))
                    if not token:
                        self._book.forget(prefix)
                        number = 1
                        told.clear()
                    continue
            if not answer.more:
                return
            if answer.more in told:
                raise ApiError("unreadable", f"the list of {kind.plural} goes round in circles")
            told.add(answer.more)
            number, token = number + 1, answer.more

    def _ask(self, connection: Connection, kind: Kind, call: str, token: str, size: int) -> Answer:
        query: dict[str, str | int] = {"limit": size}
        if token:
            query["continue"] = token
        if kind.type == "core/Secret":
            query["fieldSelector"] = f"type={TLS}"
        waited = connection.throttled
        page = page_of(connection.get(kind.path, **query), kind)
        origin = Origin(source="live", address=kind.path)
        found = []
        for body in page.objects:
            if kind.type == "core/Secret" and body.get("type") != TLS:
                continue
            kept = sanitized_kubernetes(kind.type, body, self._wanted.configuration)
            partial = kind.type == "core/ConfigMap" and self._wanted.configuration is not None
            found.append(Resource(kind.type, kept, origin, self.name, partial=partial))
        if self.over:  # a late answer of a cluster that was given up
            return Answer(found, None)
        self._told(done=len(found), throttled=connection.throttled - waited)
        if page.odd:
            self._gap(kind.type, summary_of_odd(page.odd, kind), "unreadable")
            self._book.keep(call.rpartition(" ")[0] + f" {_ODD}", [])
        return self._book.keep(call, found, page.more or None)

    def _gap(self, kind: str, reason: str, why: str) -> None:
        with self._lock:
            self._left.discard(kind.casefold())
            if not self.over:
                self._book.gap(Gap(what=f"/clusters/{self.name}", reason=reason, kind=why, type=kind))

    def _looked_at(self, kinds: Sequence[str]) -> None:
        with self._lock:
            self._left -= {kind.casefold() for kind in kinds}
            if not self.over:  # of Secrets those of other types were not asked for
                self._book.looked_at(kind for kind in kinds if kind != "core/Secret")

    def _told(self, *, done: int = 0, left: int | None = None, throttled: int = 0) -> None:
        self._book.told(f"cluster {self.name}", done=done, left=left, throttled=throttled)


def _explained(error: ApiError, kind: Kind) -> str:
    if error.status != 403:
        return error.reason
    group = f" of the API group {kind.group}" if kind.group else ""
    return f"not allowed to list {kind.plural}{group} in all namespaces (403): see `auditor preflight`"
