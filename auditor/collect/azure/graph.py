"""Azure Resource Graph: queries, page by page, at the pace of its quota.

Source: Microsoft's "Guidance for throttled requests" and "Working with large data sets". A caller has a quota for each
window of a few seconds; every page costs one. The headers of an answer say what is left and when the window ends; who
obeys them is never refused. A page is at most 1,000 rows; `resultTruncated` is a text.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from auditor.collect.azure.api_versions import version_of
from auditor.collect.azure.calls import ODD, Gate, ask, number_of, reading, seconds_of
from auditor.collect.azure.replies import CallFailed, Reply, answered
from auditor.collect.azure.sign_in import missing_extra
from auditor.collect.collection_journal import Answer, Book
from auditor.model.paging import markers_of
from auditor.model.resource import Origin, Resource
from auditor.sanitize.azure import sanitized_azure

if TYPE_CHECKING:
    from auditor.collect.azure.clouds import Cloud
    from auditor.collect.azure.sign_in import Credential

SOURCE: Final = "Resource Graph"
_VERSION: Final = version_of("Microsoft.ResourceGraph/resources").asked
_PAGE: Final = 1000
_TOO_LARGE: Final = "responsepayloadtoolarge"
"""Of a page beyond 16 MB: fewer rows have to be asked for."""
_MOST_PAGES: Final = 100_000
_LONGEST_WINDOW: Final = 60.0
"""Seconds that a window is believed to last. They last five; a wrong header must not stop the audit for hours."""
_MARGIN: Final = 0.05
"""Seconds after the end of a window, for clocks that differ."""
_COLUMNS: Final = (
    "id, name, type, tenantId, kind, location, resourceGroup, subscriptionId, managedBy, sku, plan, properties, tags, "
    "identity, zones, extendedLocation"
)
_INHERITED: Final = frozenset({"authorizationresources", "policyresources"})
"""Tables whose rows of a management group hold below it too."""


def query_of(table: str, types: Sequence[str], groups: Sequence[str] = ()) -> str:
    """The query for all resources of casefolded types, in a stable order."""
    parts = [table, f"where type in~ ({_list(types)})"]
    if groups:
        parts.append(f"where resourceGroup in~ ({_list(groups)})")
    return " | ".join([*parts, f"project {_COLUMNS}", "order by id asc"])


def _list(values: Sequence[str]) -> str:
    return ", ".join("'{}'".format(value.replace("\\", "\\\\").replace("'", "\\'")) for value in values)


class Stream(NamedTuple):
    """A query that is read page by page."""

    call: str
    table: str
    types: tuple[str, ...]
    query: str
    scope: Mapping[str, Sequence[str]]
    """`subscriptions`, `managementGroups`, or nothing for all."""


class Page(NamedTuple):
    """What a page brought; `fresh`: in this run. `total`: the rows of all pages, as a fresh one says."""

    answer: Answer
    fresh: bool
    total: int | None = None


class Graph:
    """The client. May be used from several threads, which share the quota."""

    def __init__(self, cloud: Cloud, credential: Credential, book: Book) -> None:
        try:
            from azure.mgmt.resourcegraph import ResourceGraphClient
        except ImportError as error:
            raise missing_extra("azure-mgmt-resourcegraph") from error
        from auditor.collect.azure.transport import bounded

        self._client = ResourceGraphClient(
            credential,
            base_url=cloud.resource_manager,
            policies=reading(credential, cloud.scope, decoded=True),
            transport=bounded(book.until),
        )
        self._address = f"{cloud.resource_manager}/providers/Microsoft.ResourceGraph/resources"
        self._book = book
        self._gate = Gate(credential)
        self._quota = Quota()
        self._rows: dict[str, int] = {}  # of a page, where fewer fit than are allowed

    def page(self, stream: Stream, number: int, token: str | None, fresh: bool) -> Page | None:
        """One page goes into the book. `fresh`: the token is of this run. Raises `CallFailed`.

        None when the token of an earlier run holds no longer: what the stream brought is forgotten, begin it again.
        """
        name = f"{stream.call} page {number:05}"
        answer = self._book.kept(name)
        if answer is not None:
            return Page(answer, fresh=False)
        if number >= _MOST_PAGES:
            raise CallFailed("unreadable", f"it has more than {_MOST_PAGES:,} pages")
        try:
            rows, more, total = self._fitting(stream, token)
            if more and more == token:
                raise CallFailed("unreadable", "its pages go round in circles")
        except CallFailed as failure:
            if failure.status == 400 and number and not fresh:
                self._book.forget(f"{stream.call} ")
                return None
            raise
        self._book.told(SOURCE, done=len(rows))
        return Page(self._book.keep(name, [self._resource(row) for row in rows], more), fresh=True, total=total)

    def every(self, stream: Stream) -> Iterator[Resource]:
        """All resources of a stream, one page after another. Raises `CallFailed`."""
        number, token, fresh = 0, None, True
        while True:
            page = self.page(stream, number, token, fresh)
            if page is None:
                number, token, fresh = 0, None, True
                continue
            yield from page.answer.resources
            number, token, fresh = number + 1, page.answer.more, page.fresh
            if not token:
                return

    def _fitting(self, stream: Stream, token: str | None) -> _Rows:
        """One page, of as many rows as the service can put into an answer. Raises `CallFailed`."""
        while True:
            rows = self._rows.get(stream.call, _PAGE)
            try:
                return self._page(stream.query, stream.scope, token, rows)
            except CallFailed as failure:
                if failure.code.casefold() != _TOO_LARGE or rows == 1:
                    raise
                self._rows[stream.call] = rows // 2

    def _page(self, query: str, scope: Mapping[str, Sequence[str]], token: str | None, rows: int) -> _Rows:
        options: dict[str, Any] = {"$top": rows, "resultFormat": "objectArray"}
        if token:
            options["$skipToken"] = token
        if query.partition(" ")[0] in _INHERITED:
            options["authorizationScopeFilter"] = "AtScopeAboveAndBelow"
        body = orjson.dumps({**scope, "query": query, "options": options})
        reply = ask(lambda: self._send(body), self._gate, self._book, SOURCE)
        if reply.status != 200:
            kind = "forbidden" if reply.status in (401, 403) else "unreadable"
            code = next((inner for inner in reply.inner_codes if inner.casefold() == _TOO_LARGE), reply.code)
            raise CallFailed(kind, answered(reply), status=reply.status, code=code)
        return _read(reply)

    def _send(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """One page. The SDK raises what is not 200; here it is an answer like any other."""
        from azure.core.exceptions import HttpResponseError

        seen: list[Any] = []
        window = self._quota.take(self._book)
        if window is None:
            raise CallFailed("unreachable", self._book.why_stopped() + " it was asked")
        try:
            self._client.resources(
                io.BytesIO(body), raw_response_hook=lambda r: seen.append(r.http_response), api_version=_VERSION
            )
        except (HttpResponseError, *ODD):
            if not seen:
                raise
        finally:
            self._quota.learn(window, seen[0].headers if seen else {})
        return seen[0].status_code, seen[0].headers, seen[0].body()

    def _resource(self, row: dict[str, Any]) -> Resource:
        body = sanitized_azure({key: value for key, value in row.items() if value is not None})
        return Resource(str(body.get("type", "")), body, Origin(source="live", address=self._address))


_Rows = tuple[list[dict[str, Any]], str | None, int | None]
"""The rows of a page, the token of the next one, and how many rows all pages have."""


def _read(reply: Reply) -> _Rows:
    """Raises `CallFailed` when rows are missing."""
    data = reply.body.get("data") if isinstance(reply.body, dict) and not reply.failed else None
    if isinstance(data, dict):  # some clouds answer in rows and columns
        try:
            names = [column["name"] for column in data["columns"]]
            data = [dict(zip(names, row, strict=True)) for row in data["rows"]]
        except (KeyError, TypeError, ValueError) as error:
            raise CallFailed("unreadable", "its answer holds rows that do not fit their columns") from error
    if not isinstance(data, list) or not all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in data):
        raise CallFailed("unreadable", "its answer holds no rows of resources")
    markers = markers_of(reply.body)
    if markers.error or markers.status:
        raise CallFailed("unreadable", "its answer holds an error beside its rows")
    if markers.truncated and not markers.next:
        raise CallFailed("unreadable", "its answer is cut off and names no next page")
    if markers.ambiguous or not isinstance(markers.next, str | None):
        raise CallFailed("unreadable", "its answer does not say where the next page is")
    return data, markers.next, markers.total


class Quota:
    """How many queries may still be made in this window, by all threads together."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._most = 1  # the first query goes alone: its answer says how many may follow
        self._left = 1
        self._running = 0
        self._ends = 0.0
        self._window = 0

    @property
    def waits(self) -> float:
        """Seconds until more queries may be made, when this window has none left."""
        return max(0.0, self._ends - time.monotonic()) if self._ends and self._left <= 0 else 0.0

    def take(self, book: Book) -> int | None:
        """Waits until a query may be made: gives the number of its window; None when the collection has ended."""
        with self._ready:
            while book.going():
                left = self._ends - time.monotonic()
                if left <= 0 and self._ends:
                    self._left, self._ends = self._most - self._running, 0.0
                    self._window += 1
                if self._left > 0:
                    self._left -= 1
                    self._running += 1
                    return self._window
                self._ready.wait(min(left, 1.0) if self._ends else 1.0)
        return None

    def learn(self, window: int, headers: Mapping[str, str]) -> None:
        """Takes note of what an answer says. Without its headers, one query at a time.

        An answer that comes late speaks of a window that is over: nothing of it holds any more.
        """
        now = time.monotonic()
        remaining = number_of(headers.get("x-ms-user-quota-remaining", ""))
        lasts = seconds_of(headers.get("x-ms-user-quota-resets-after", ""))
        with self._ready:
            self._running -= 1
            if remaining is not None and lasts is not None and window == self._window:
                self._most = max(self._most, remaining + 1)
                ends = now + min(lasts, _LONGEST_WINDOW) + _MARGIN
                if not self._ends:
                    self._left, self._ends = remaining - self._running, ends
                elif ends > self._ends + 2:  # they are told in whole seconds: this is another window
                    self._left, self._ends = remaining - self._running, ends
                    self._window += 1
                else:
                    self._left, self._ends = min(self._left, remaining), min(self._ends, ends)
            elif self._left <= 0 and not self._ends and not self._running:
                self._left = 1
            self._ready.notify_all()
