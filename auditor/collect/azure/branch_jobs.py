"""Readings that lead to others: each reads one thing, puts it into the book and says what to read next."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from auditor.collect.azure.api_versions import PREVIEWED
from auditor.collect.azure.arm import SOURCE as ARM
from auditor.collect.azure.arm import listed, onward, subscription_of
from auditor.collect.azure.children import Child
from auditor.collect.azure.context import Live
from auditor.collect.azure.graph import SOURCE as GRAPH
from auditor.collect.azure.graph import Stream
from auditor.collect.azure.leaf_jobs import ReadAction, ReadCertificate, ReadOne, ReadPlans, ReadPreview
from auditor.collect.azure.network import applies
from auditor.collect.azure.replies import CallFailed, Reply
from auditor.collect.azure.responses import Managed, cannot_have, is_absent, one, resource_of
from auditor.collect.azure.tables import PRICINGS, VAULT_TYPE
from auditor.collect.azure.vaults import SOURCE as VAULT
from auditor.collect.azure.vaults import TYPE as CERTIFICATES
from auditor.collect.collection_journal import Book
from auditor.collect.guard import Defect
from auditor.collect.workers import Job
from auditor.model.gap import Gap
from auditor.model.resource import Unknown

_LINK_ENDED: Final = frozenset({400, 404, 410})
"""What a link to a next page may be answered with, when it is too old."""
_MOST_READINGS: Final = 3
_MOST_GAPS: Final = 500


@dataclass(frozen=True)
class ReadTable(Job):
    """A page of a table of Resource Graph, for some subscriptions.

    Pages are cut by their place in the whole. When the estate changes meanwhile, so do the places of rows, and one may
    be passed over ("Guidance for pagination"): the number of all rows tells it, and the stream is read again.
    """

    live: Live
    stream: Stream
    number: int = 0
    token: str | None = None
    fresh: bool = True
    rows: int = 0
    total: int | None = None
    readings: int = 1
    lane: str = GRAPH

    @property
    def leads_to(self) -> int:
        return max(map(self.live.plan.levels, self.stream.types))

    def run(self) -> Iterator[Job]:
        live, stream = self.live, self.stream
        try:
            page = live.graph.page(stream, self.number, self.token, self.fresh)
        except CallFailed as failure:
            self.lost(failure)
            return
        if page is None:
            yield ReadTable(live, stream)  # from the beginning: the token of an earlier run holds no longer
            return
        if None not in (page.total, self.total) and page.total != self.total:
            if self.readings < _MOST_READINGS:
                live.book.forget(f"{stream.call} ")
                yield ReadTable(live, stream, readings=self.readings + 1)
                return
            self._shifted()
        for resource in page.answer.resources:
            kind = resource.type.casefold()
            live.seen.add(kind)
            if kind == PRICINGS:
                live.priced.add((resource.subscription_id or "").casefold())
            if kind in PREVIEWED:
                yield ReadPreview(live, PREVIEWED[kind], resource)
            yield from below(live, kind, resource.id, resource.body)
        rows = self.rows + len(page.answer.resources)
        if page.answer.more:
            more = page.answer.more
            yield ReadTable(live, stream, self.number + 1, more, page.fresh, rows, page.total, self.readings)
            return
        if page.total is not None and rows < page.total:
            self.lost(CallFailed("unreadable", f"only {rows:,} of {page.total:,} rows were given"))
        if PRICINGS in stream.types:
            yield from (ReadPlans(live, name) for name in stream.scope["subscriptions"] if name not in live.priced)

    def _shifted(self) -> None:
        reason = "it changed whenever it was read: what was made or deleted meanwhile may have hidden a resource"
        self.live.book.gap(Gap(what=f"Resource Graph, {self.stream.table}", reason=reason))

    def lost(self, failure: CallFailed) -> None:
        """Rows that could not be read, and what hangs below them. The wider the gaps, the fewer."""
        types = {below for kind in self.stream.types for below in (kind, *self.live.plan.below(kind))}
        call = f"Resource Graph, {self.stream.table}"
        names = self.stream.scope["subscriptions"]
        places = [f"/subscriptions/{name}" for name in names]
        if len(places) * len(types) > _MOST_GAPS:
            places = [f"{len(names)} subscriptions, the first is {names[0]}"]
        for place in places:
            self.live.failed(place, failure, types, call)


_Page = tuple[list[dict[str, Any]], str | None, bool]
"""The resources of a page, the link to the next one, and whether it is of the generally available version, because the
preview is refused."""


class _Outdated(Exception):  # noqa: N818
    """The link to the next page is of an earlier run, and holds no longer."""


@dataclass(frozen=True)
class ReadChildren(Job):
    """The children of one type below one parent."""

    live: Live
    child: Child
    parent: str
    managed: Managed = None
    lane: str = ARM

    @property
    def leads_to(self) -> int:
        return self.child.each + self.live.plan.levels(self.child.type.casefold())

    @property
    def pace(self) -> str:
        return subscription_of(self.parent)

    def run(self) -> Iterable[Job]:
        live, child = self.live, self.child
        call = f"arm {self.parent}/{child.path}"
        try:
            if child.each:
                return [ReadOne(live, child, self.parent, name, self.managed) for name in self._names(call)]
            try:
                return list(self._children(call))
            except _Outdated:
                live.book.forget(f"{call} ")
                return list(self._children(call))
        except CallFailed as failure:
            self.lost(failure)
            return ()

    def _children(self, call: str) -> Iterator[Job]:
        """Reads page after page. Raises `CallFailed`; `_Outdated` when the link of an earlier run holds no longer."""
        live, child = self.live, self.child
        link: str | None = None
        fresh, seen = True, set[str]()
        for number in itertools.count():
            page = f"{call} page {number:05}"
            answer = live.book.kept(page)
            if answer is None:
                try:
                    found, link, stable = self._page(link)
                except CallFailed as failure:
                    if fresh or failure.status not in _LINK_ENDED:
                        raise
                    raise _Outdated from failure
                if stable:
                    live.book.keep(f"{call} stable", ())
                resources = [resource_of(body, child, self.parent, self.managed, stable=stable) for body in found]
                answer, fresh = live.book.keep(page, resources, onward(link, seen)), True
                live.book.told(ARM, done=1)
            else:
                fresh = False
            for resource in answer.resources:
                yield from below(live, child.type.casefold(), resource.id, resource.body)
            link = answer.more
            if not link:
                break
        if child.version.hides and live.book.kept(f"{call} stable"):
            self.lost(CallFailed("unreadable", f"{child.version.refused}: some may be missing"))

    def _page(self, link: str | None) -> _Page:
        arm, child = self.live.arm, self.child
        if link:
            stable = bool(child.version.stable) and f"api-version={child.version.stable}&" in f"{link}&"
            return *listed(arm.next(link), first=False), stable
        reply, stable = self._first()
        if cannot_have(child, reply):
            return [], None, stable
        if not child.single:
            return *listed(reply, bare=child.bare), stable
        return [] if is_absent(reply) else [one(reply)], None, stable

    def _first(self) -> tuple[Reply, bool]:
        """The first page, and whether it is of the generally available version, because the preview is refused."""
        live, child = self.live, self.child
        path, query, version = f"{self.parent}/{child.path}", "" if child.each else child.query, child.version
        if (child.type, self.pace) not in live.refused:
            reply = live.arm.get(path, version.asked, query)
            if not version.stable or not reply.version_refused:
                return reply, False
            live.refused.add((child.type, self.pace))
        return live.arm.get(path, version.stable, query), True

    def _names(self, call: str) -> list[str]:
        """The names of what a list holds, which is asked for one by one."""
        kept = self.live.book.kept(f"{call} names")
        if kept is not None:
            return (kept.more or "").split("\n") if kept.more else []
        names: list[str] = []
        link, seen = None, set[str]()
        while True:
            found, link, _ = self._page(link)
            names += [str(body.get("name") or str(body.get("id", "")).rpartition("/")[2]) for body in found]
            if not onward(link, seen):
                break
        self.live.book.keep(f"{call} names", (), "\n".join(names))
        self.live.book.told(ARM, done=1)
        return names

    def lost(self, failure: CallFailed) -> None:
        kind = self.child.type
        right = f"; needs {kind}/read" if failure.status in (401, 403) else ""
        failure = CallFailed(failure.kind, failure.reason + right)
        self.live.failed(self.parent, failure, {kind, *self.live.plan.below(kind.casefold())}, f"GET {self.child.path}")


@dataclass(frozen=True)
class ReadVault(Job):
    """What a vault holds: the names of its certificates, then each with its policy; then keys and secrets.

    The key and the secret of a certificate have its name. Resource Manager does not say whose they are.
    """

    live: Live
    vault: str
    address: str
    lane: str = VAULT

    def run(self) -> Iterator[Job]:
        live, plan = self.live, self.live.plan
        managed: Managed
        try:
            names = live.vaults.names(self.vault, self.address)
            managed = frozenset(name.casefold() for name in names)
        except CallFailed as failure:
            names, managed = [], Unknown(f"the certificates of the vault could not be listed: {failure.reason}")
            if plan.certificates:
                self._failed(failure, {CERTIFICATES})
        if plan.certificates:
            yield from (ReadCertificate(live, self.vault, self.address, name) for name in names)
        yield from (
            ReadChildren(live, child, self.vault, managed) for child in plan.children.get(VAULT_TYPE, ()) if child.vault
        )

    def lost(self, failure: CallFailed) -> None:
        """Nothing of it was read."""
        children = self.live.plan.children.get(VAULT_TYPE, ())
        types = {child.type for child in children if child.vault}
        self._failed(failure, types | ({CERTIFICATES} if self.live.plan.certificates else set()))

    def _failed(self, failure: CallFailed, types: Iterable[str]) -> None:
        self.live.failed(self.vault, failure, types, "GET certificates")


def below(live: Live, kind: str, parent: str, body: dict[str, Any]) -> Iterator[Job]:
    """What is to be read below a resource of a casefolded type."""
    for action in live.actions:
        if action.parent == kind and applies(action, body):
            yield ReadAction(live, action, parent)
    children = live.plan.children.get(kind, ())
    yield from (ReadChildren(live, child, parent) for child in children if not child.vault)
    if kind == VAULT_TYPE and (live.plan.certificates or any(child.vault for child in children)):
        properties = body.get("properties")
        address = properties.get("vaultUri") if isinstance(properties, dict) else None
        yield ReadVault(live, parent, str(address or ""))


def lost_by(job: Any, defect: Defect) -> None:
    """A gap for what was not read because of an error that nobody expected."""
    job.lost(CallFailed("unreadable", defect.reason))


def interrupted(jobs: Sequence[Any], book: Book) -> None:
    """A gap for what was not read because the collection ended before."""
    for job in jobs:
        job.lost(CallFailed("unreachable", book.why_stopped() + " it was read"))
