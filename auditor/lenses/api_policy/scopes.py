"""What an estate holds of API Management, by scope: documents, fragments, named values, APIs, products, keys."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from auditor.lenses.api_policy.text import Element, read_policy
from auditor.lenses.coverage import Coverage
from auditor.lenses.values import last, text_at
from auditor.model.case_insensitive import get
from auditor.model.resource import Origin, Resource, Unknown, parent_of

SERVICE: Final = "microsoft.apimanagement/service"
_WORKSPACE: Final = f"{SERVICE}/workspaces"


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A policy document, or a fragment."""

    id: str
    scope: str  # the casefolded id of its workspace or service
    root: Element | Unknown
    origin: Origin

    def section(self, name: str) -> list[Element]:
        """`inbound`, `backend`, `outbound` or `on-error`; nothing when the section is missing."""
        return [] if isinstance(self.root, Unknown) else self.root.all(name)


@dataclass(frozen=True, slots=True)
class NotCollected:
    """A policy document that may exist: nothing of its type was collected.

    `assumed_base`: the scope is assumed to have none, which is the same as `<base/>` alone. What a change declares for
    an API holds for the operations that have no policy of their own.
    """

    reason: str
    assumed_base: bool = False


Level = Document | Unknown | NotCollected | None
"""The policy document of a scope: read, not readable, not collected, or none."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An API, an operation, a product or a backend, without what nobody reads."""

    id: str
    name: str
    origin: Origin
    properties: dict[str, Any]


@dataclass(slots=True)
class NamedValues:
    """Of one service or workspace, by casefolded name: what is known, and why the others are not."""

    known: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)


_KEPT: Final = {
    f"{SERVICE}/apis": ("serviceUrl", "subscriptionRequired", "displayName", "path", "isOnline"),
    f"{_WORKSPACE}/apis": ("serviceUrl", "subscriptionRequired", "displayName", "path", "isOnline"),
    f"{SERVICE}/apis/operations": ("method", "urlTemplate", "displayName"),
    f"{_WORKSPACE}/apis/operations": ("method", "urlTemplate", "displayName"),
    f"{SERVICE}/products": ("subscriptionRequired", "state", "displayName"),
    f"{_WORKSPACE}/products": ("subscriptionRequired", "state", "displayName"),
    f"{SERVICE}/backends": ("url", "credentials", "type", "pool"),
    f"{_WORKSPACE}/backends": ("url", "credentials", "type", "pool"),
    f"{SERVICE}/subscriptions": ("scope", "state"),
    f"{_WORKSPACE}/subscriptions": ("scope", "state"),
}
_LINKS: Final = frozenset(
    f"{scope}/{kind}"
    for scope in (SERVICE, _WORKSPACE)
    for kind in ("products/apis", "products/apilinks", "apis/products")
)


class Estate:
    """Everything that policies are made of. Ids are casefolded where they are keys."""

    def __init__(self, coverage: Coverage) -> None:
        self.coverage = coverage
        self.services: dict[str, Entry] = {}
        self.documents: dict[str, Document] = {}  # by the id of their scope
        self.fragments: dict[tuple[str, str], Document] = {}  # by the id of service or workspace, and name
        self.apis: dict[str, Entry] = {}
        self.backends: dict[str, Entry] = {}
        self.operation: dict[str, Entry] = {}
        self.products: dict[str, dict[str, Entry]] = defaultdict(dict)  # by the id of service or workspace
        self.operations: dict[str, list[str]] = defaultdict(list)  # by API: casefolded ids
        self.own: dict[str, list[str]] = defaultdict(list)  # by API: operations with a document
        self._values: dict[str, NamedValues] = defaultdict(NamedValues)
        self._keys: dict[str, set[str]] = defaultdict(set)  # by service or workspace: what active subscriptions open
        self._links: dict[str, set[str]] = defaultdict(set)  # by API: products
        self._seen: set[str] = set()

    def take(self, resource: Resource) -> None:
        """Keep what policies need of a resource; what is not of API Management is passed over."""
        kind = resource.type.casefold()
        if not kind.startswith(SERVICE):
            return
        folded = resource.id.casefold()
        self._seen.add(kind)
        properties = get(resource.body, "properties")
        above = (resource.parent_id or "").casefold()
        if kind.endswith("/policies"):
            self.documents[above] = Document(resource.id, scope_of(folded), _document(properties), resource.origin)
            if kind.endswith("/operations/policies"):
                self.own[(parent_of(above) or "")].append(above)
        elif kind.endswith("/policyfragments"):
            name = resource.name.casefold()
            self.fragments[above, name] = Document(
                resource.id, scope_of(folded), _document(properties), resource.origin
            )
        elif kind.endswith("/namedvalues"):
            self._named_value(self._values[above], resource.name, properties)
        elif kind in _LINKS:
            self._link(kind, folded, above, properties)
        elif kind == SERVICE:
            self.services[folded] = Entry(resource.id, resource.name, resource.origin, _service(resource.body))
        elif kind in _KEPT:
            kept = {key: get(properties, key) for key in _KEPT[kind]}
            if isinstance(properties, Unknown):
                kept = dict.fromkeys(_KEPT[kind], properties)
            self._entry(kind.rpartition("/")[2], above, Entry(resource.id, resource.name, resource.origin, kept))

    def _entry(self, kind: str, above: str, entry: Entry) -> None:
        folded = entry.id.casefold()
        if kind == "apis":
            if entry.properties["isOnline"] is not False:  # else nobody can call this revision
                self.apis[folded] = entry
        elif kind == "operations":
            self.operation[folded] = entry
            self.operations[above].append(folded)
        elif kind == "products":
            self.products[above][folded] = entry
        elif kind == "backends":
            self.backends[folded] = entry
        elif not folded.endswith("/subscriptions/master"):  # the key of the administrators opens everything
            state = entry.properties["state"]
            if not isinstance(state, str) or state.casefold() == "active":
                self._keys[above].add((text_at(entry.properties, "scope") or "").casefold().rstrip("/"))

    @staticmethod
    def _named_value(values: NamedValues, own: str, properties: Any) -> None:
        name = (text_at(properties, "displayName") or own).casefold()
        value, secret = get(properties, "value"), get(properties, "secret")
        if secret is True or isinstance(get(properties, "keyVault"), dict):
            values.hidden[name] = f"the named value {name} is secret"
        elif isinstance(value, str) and not isinstance(secret, Unknown):
            values.known[name] = value
        else:
            why = next((found.reason for found in (value, secret) if isinstance(found, Unknown)), "it was not read")
            values.hidden[name] = f"the named value {name} is not known: {why}"

    def _link(self, kind: str, folded: str, above: str, properties: Any) -> None:
        scope = above.rpartition("/")[0].rpartition("/")[0]  # above products/p or apis/a
        if kind.endswith("apis/products"):
            self._links[_without_revision(above)].add(f"{scope}/products/{last(folded)}")
        elif kind.endswith("products/apis"):
            self._links[_without_revision(f"{scope}/apis/{last(folded)}")].add(above)
        elif api := text_at(properties, "apiId"):
            self._links[_without_revision(f"{scope}/apis/{last(api)}")].add(above)

    # --- asking ---------------------------------------------------------------------------------------------------

    def hole(self, kind: str, place: str = "", *, below: bool = False) -> str | None:
        """Why there may be more of a type than was read."""
        return self.coverage.hole(kind, kind in self._seen, place, below=below)

    def unread(self, kind: str, place: str, *, below: bool = False) -> Unknown | NotCollected | None:
        """Why a document may exist that was not read: it could not be, or nothing of its type was collected."""
        hole = self.hole(kind, place, below=below)
        if hole is None:
            return None
        return Unknown(hole) if self.coverage.hole(kind, True, place, below=below) else NotCollected(hole)

    def document(self, scope: str, kind: str) -> Level:
        """The policy document of a scope; None: there is none, which is the same as `<base/>` alone."""
        found = self.documents.get(scope)
        if found is None:
            return self.unread(f"{kind}/policies", f"{scope}/policies/policy")
        return Unknown(found.root.reason) if isinstance(found.root, Unknown) else found

    def fragment(self, scope: str, name: str) -> Document | Unknown:
        """A fragment by name, of a workspace or its service."""
        for above in scopes_of(scope):
            found = self.fragments.get((above, name.casefold()))
            if found is not None:
                return Unknown(found.root.reason) if isinstance(found.root, Unknown) else found
        kind = f"{SERVICE}/policyfragments"
        return Unknown(self.hole(kind, f"{scope}/policyFragments/{name}") or f"there is no fragment {name}")

    def values(self, scope: str) -> NamedValues:
        """The named values that a policy of this service or workspace may use."""
        return self._values.get(scope) or _NO_VALUES

    def backend(self, scope: str, name: str) -> Entry | None:
        """A backend by name, of a workspace or its service."""
        found = (self.backends.get(f"{above}/backends/{name.casefold()}") for above in scopes_of(scope))
        return next((entry for entry in found if entry), None)

    def leading(self, api: str, scope: str) -> tuple[set[str], str | None]:
        """The products that surely lead to an API, and why others may."""
        kind = _kind(scope)
        hole = self.hole(f"{kind}/products", f"{scope}/products")
        if hole is None and scope in self.products:
            holes = [self.hole(f"{kind}/{link}") for link in ("products/apis", "products/apilinks", "apis/products")]
            hole = None if None in holes else holes[0]
        return self._links.get(_without_revision(api), set()), hole

    def keys(self, api: str, scope: str) -> bool | Unknown:
        """Whether there are keys that lead to the API without a product."""
        if self._keys.get(scope, set()) & {scope, f"{scope}/apis", _without_revision(api)}:
            return True
        hole = self.hole(f"{_kind(scope)}/subscriptions", f"{scope}/subscriptions", below=True)
        return Unknown(hole) if hole else False


_NO_VALUES: Final = NamedValues()


def _kind(scope: str) -> str:
    return _WORKSPACE if "/workspaces/" in scope else SERVICE


def _without_revision(api: str) -> str:
    """The casefolded id of the API that one is a revision of: products and keys lead to all its revisions.

    https://learn.microsoft.com/azure/api-management/api-management-revisions
    """
    return api.partition(";rev=")[0]


_SCOPE: Final = re.compile(r".*?/service/[^/]+(?:/workspaces/[^/]+)?")


def scope_of(folded: str) -> str:
    """The workspace or service that a casefolded id lies in."""
    found = _SCOPE.match(folded)
    return found[0] if found else folded


def scopes_of(scope: str) -> tuple[str, ...]:
    """A workspace and its service; a service alone."""
    return (scope, scope.rpartition("/workspaces/")[0]) if "/workspaces/" in scope else (scope,)


def _document(properties: Any) -> Element | Unknown:
    value, form = get(properties, "value"), get(properties, "format")
    if isinstance(value, str):
        if isinstance(form, str) and form.casefold().endswith("-link"):
            return Unknown("the policy is at an address that is not followed")
        return read_policy(value)
    if isinstance(value, Unknown):
        return value
    return Unknown("the text of the policy was not read")


def _service(body: Any) -> dict[str, Any]:
    """Whether the gateway asks callers for client certificates: `negotiates` is True, False or unknown."""
    properties = get(body, "properties")
    hosts = get(properties, "hostnameConfigurations")
    asked: list[Any] = []
    if isinstance(hosts, list):
        gateways = [host for host in hosts if (text_at(host, "type") or "").casefold() == "proxy"]
        asked = [get(host, "negotiateClientCertificate") for host in gateways]
    found = [hosts, get(properties, "enableClientCertificate"), *asked]
    unknown = next((value for value in found if isinstance(value, Unknown)), None)
    return {"negotiates": True if any(value is True for value in found) else unknown or False}
