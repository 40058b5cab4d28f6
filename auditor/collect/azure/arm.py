"""Calls of Azure Resource Manager, raw: unknown fields stay, and no management SDK has to be imported for them.

Source of the limits: "Understand how Azure Resource Manager throttles requests": 250 reads at once and 25 more each
second for a subscription and caller; answers say how many are left.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from auditor.collect.azure.calls import Gate, ask, number_of, reading
from auditor.collect.azure.replies import CallFailed, Reply, refused
from auditor.collect.azure.sign_in import missing_extra
from auditor.collect.collection_journal import Book
from auditor.model.paging import lists_of, markers_of

if TYPE_CHECKING:
    from auditor.collect.azure.clouds import Cloud
    from auditor.collect.azure.sign_in import Credential

SOURCE: Final = "Resource Manager"
THREADS: Final = 24
"""How many calls are under way at once: an answer takes a tenth of a second and more."""
_REFILL: Final = 25.0
_RESERVE: Final = 25
_IN_A_PATH: Final = "/%:;=@()!$&'*+,"
"""What stands in an id as it stands in an address. Names may hold more: `#` in a database, letters of any language."""
_LEFT: Final = tuple(
    f"x-ms-ratelimit-remaining-{scope}-reads" for scope in ("subscription", "subscription-global", "tenant")
)
_MOST_PAGES: Final = 10_000
_NO_LIST: Final = "its answer is not a list of resources"


class _Gates(dict[str, Gate]):
    """One for each subscription, made when it is asked for."""

    def __init__(self, credential: Credential) -> None:
        super().__init__()
        self._credential = credential
        self._lock = threading.Lock()

    def __missing__(self, place: str) -> Gate:
        with self._lock:
            return self.setdefault(place, Gate(self._credential))


class Arm:
    """The client. May be used from several threads."""

    def __init__(self, cloud: Cloud, credential: Credential, book: Book) -> None:
        try:
            from azure.mgmt.core import ARMPipelineClient
        except ImportError as error:
            raise missing_extra("azure-mgmt-core") from error
        from auditor.collect.azure.transport import bounded

        self._client: Any = ARMPipelineClient(
            base_url=cloud.resource_manager,
            policies=reading(credential, cloud.scope, decoded=False),
            transport=bounded(book.until, connections=THREADS),  # with fewer most would connect anew for every call
        )
        self._base = cloud.resource_manager
        self._book = book
        self._gates = _Gates(credential)

    def get(self, path: str, version: str, query: str = "", *, source: str = SOURCE) -> Reply:
        """One resource or the first page of a list. Any status but 401, 429, 5xx is an answer. Raises `CallFailed`."""
        return self._ask("GET", self._url(path, version, query), source)

    def all(self, path: str, version: str) -> Iterator[dict[str, Any]]:
        """The resources of a list, page after page. Raises `CallFailed`."""
        seen: set[str] = set()
        reply = self.get(path, version)
        while True:
            found, link = listed(reply, first=not seen)
            yield from found
            if not onward(link, seen):
                return
            reply = self.next(str(link))

    def act(self, path: str, version: str, query: str = "", *, source: str = SOURCE) -> Reply:
        """An action that changes nothing, but is a POST by form. Raises `CallFailed`."""
        return self._ask("POST", self._url(path, version, query), source)

    def next(self, link: str, *, source: str = SOURCE) -> Reply:
        """A further page of a list. Raises `CallFailed`."""
        if link.startswith("/"):
            link = f"{self._base}{link}"
        if not same_host(link, self._base):
            raise CallFailed("unreadable", "its next page lies at another host")
        return self._ask("GET", link, source)

    def _url(self, path: str, version: str, query: str) -> str:
        return f"{self._base}{quote(path, safe=_IN_A_PATH)}?api-version={version}{'&' if query else ''}{query}"

    def _ask(self, method: str, url: str, source: str) -> Reply:
        from azure.core.rest import HttpRequest

        gate = self.gate(subscription_of(urlsplit(url).path))

        def send() -> tuple[int, Mapping[str, str], bytes]:
            response = self._client.send_request(HttpRequest(method, url))
            heed(gate, response.headers)
            return response.status_code, response.headers, response.content

        return ask(send, gate, self._book, source)

    def gate(self, place: str) -> Gate:
        """What all calls to a subscription wait for, as `subscription_of` gives it."""
        return self._gates[place]

    def held(self, place: str) -> bool:
        """Whether calls to a subscription have to wait."""
        return self.gate(place).held


def heed(gate: Gate, headers: Mapping[str, str]) -> None:
    """Slows down before the limit that an answer tells of."""
    for name in _LEFT:
        left = number_of(headers.get(name, ""))
        if left is not None:
            gate.leaves(left, _RESERVE, _REFILL)


def subscription_of(path: str) -> str:
    """The casefolded subscription in an id; empty for what lies in none."""
    parts = path.split("/", 3)
    return parts[2].casefold() if len(parts) > 2 and parts[1].casefold() == "subscriptions" else ""


def same_host(url: str, other: str) -> bool:
    """Whether both lead to the same server. Links to next pages often name the port that is meant anyway."""
    try:
        (one, port), (two, ours) = ((parts, parts.port or 443) for parts in map(urlsplit, (url, other)))
    except ValueError:
        return False
    same = (one.scheme, one.hostname, port) == (two.scheme, two.hostname, ours)
    return same and one.scheme == "https" and one.username is None and one.password is None


def listed(reply: Reply, *, bare: bool = False, first: bool = True) -> tuple[list[dict[str, Any]], str | None]:
    """The resources of a page and the link to the next. `bare`: nothing need be around them. `first`: it is the first
    page, so that without a next one it holds as many resources as it announces. Raises `CallFailed`."""
    if reply.status != 200:
        raise refused(reply)
    body = reply.body
    if bare and isinstance(body, list):
        return _resources(body), None
    if not isinstance(body, dict):
        raise CallFailed("unreadable", _NO_LIST)
    markers = markers_of(body)
    lists = [value for _key, value in lists_of(body)]
    if reply.failed or markers.error or markers.status or not lists:
        raise CallFailed("unreadable", _NO_LIST)
    resources = [resource for value in lists for resource in _resources(value)]
    if markers.ambiguous or (markers.next and not isinstance(markers.next, str)):
        raise CallFailed("unreadable", "its answer does not say where the next page is")
    if not markers.next and (first or markers.truncated) and (problem := markers.problem(len(resources))):
        raise CallFailed("unreadable", problem)
    return resources, markers.next


def _resources(found: Any) -> list[dict[str, Any]]:
    """The list of a page. Raises `CallFailed`."""
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise CallFailed("unreadable", _NO_LIST)
    return found


def onward(link: str | None, seen: set[str]) -> str | None:
    """The link to the next page, which must be a new one; `seen` holds those before. Raises `CallFailed`."""
    if link in seen:
        raise CallFailed("unreadable", "its pages go round in circles")
    if len(seen) >= _MOST_PAGES:
        raise CallFailed("unreadable", f"it has more than {_MOST_PAGES:,} pages")
    if link:
        seen.add(link)
    return link
