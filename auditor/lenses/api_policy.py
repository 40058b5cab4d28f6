"""The policy lens: what is effective for every API and operation of API Management, as `auditor/apiPolicy`.

Global → workspace → product → API → operation; each takes part where the one below it says `<base/>`. One resource for
the operations of an API that have no policy of their own, and one for each that has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final, Literal

from auditor.keys import get
from auditor.lenses.api_policy_model import EffectivePolicy, Target
from auditor.lenses.api_policy_resource import resource_of
from auditor.lenses.api_policy_scopes import SERVICE, Document, Entry, Estate, scope_of, scopes_of
from auditor.lenses.api_policy_walk import FLAGS, Level, Walk
from auditor.lenses.coverage import Coverage
from auditor.lenses.truth import Truth, truth_and, truth_or
from auditor.lenses.values import text_at
from auditor.model import Resource, Unknown


class EffectivePolicies:
    """The effective policies of an estate, by API and operation."""

    def __init__(self, policies: Iterable[EffectivePolicy]) -> None:
        self.all = tuple(sorted(policies, key=lambda policy: policy.id.casefold()))
        self._by_api: dict[str, list[EffectivePolicy]] = {}
        for policy in self.all:
            self._by_api.setdefault(policy.api.casefold(), []).append(policy)

    def of_api(self, api: str) -> tuple[EffectivePolicy, ...]:
        """That of the operations without a policy of their own (when there may be any), and one for each with one."""
        return tuple(self._by_api.get(api.casefold(), ()))

    def of(self, api: str, operation: str | None = None) -> EffectivePolicy | None:
        """That of an operation, by ARM ids in any casing; of the API itself without one. None: it is not known."""
        found = {(policy.operation or "").casefold(): policy for policy in self.of_api(api)}
        return found.get((operation or "").casefold()) or found.get("")


def effective_policies(estate: Estate) -> EffectivePolicies:
    """The effective policies of all APIs of an estate."""
    return EffectivePolicies(policy for api in estate.apis for policy in _of_api(estate, api))


class ApiPolicies:
    """The lens: one `auditor/apiPolicy` for each effective policy."""

    def __init__(self, coverage: Coverage) -> None:
        self._estate = Estate(coverage)
        self.take = self._estate.take

    def derived(self) -> Iterator[Resource]:
        """The effective policies."""
        for policy in effective_policies(self._estate).all:
            service = self._estate.services.get(policy.service.casefold())
            yield resource_of(policy, service.properties["negotiates"] if service else _NO_SERVICE)


_NO_SERVICE: Final = Unknown("the service was not read")


# --- which policies there are -------------------------------------------------------------------------------------


def _of_api(estate: Estate, api: str) -> Iterator[EffectivePolicy]:
    scope = scope_of(api)
    kind = f"{SERVICE}/workspaces/apis" if "/workspaces/" in scope else f"{SERVICE}/apis"
    ways = _ways_in(estate, api, scope)
    own = set(estate.own.get(api, ()))
    known = estate.operations.get(api, [])
    policies = f"{kind}/operations/policies"
    rest = sorted(operation for operation in known if operation not in own)
    if estate.hole(policies):  # somewhere: is it here?
        hidden = {name for name in rest if estate.hole(policies, f"{name}/policies/policy")}
        if len(hidden) == len(rest):
            hidden = set()  # then they are all alike
        own |= hidden
        rest = [name for name in rest if name not in hidden]
    for operation in sorted(own):
        yield _policy(estate, api, operation, (operation,), ways, estate.document(operation, f"{kind}/operations"))
    if rest or not known or estate.hole(f"{kind}/operations", f"{api}/operations"):
        hole = estate.hole(policies, f"{rest[0] if rest else f'{api}/operations'}/policies/policy")
        yield _policy(estate, api, None, tuple(rest), ways, Unknown(hole) if hole else None)


class _Way:
    """A way in: the documents above the API, outermost first, and whether a caller can take it."""

    def __init__(self, levels: list[Level], products: tuple[str, ...], exists: Truth) -> None:
        self.levels, self.products, self.exists = levels, products, exists


def _ways_in(estate: Estate, api: str, scope: str) -> list[_Way]:
    """Without a product, and through each product that has a policy of its own."""
    above: list[Level] = []
    for place in reversed(scopes_of(scope)):
        above.append(estate.document(place, f"{SERVICE}/workspaces" if "/workspaces/" in place else SERVICE))
    products = f"{SERVICE}/workspaces/products" if "/workspaces/" in scope else f"{SERVICE}/products"
    leading, hole = estate.leading(api, scope)
    ways: list[_Way] = []
    plain: list[str] = []  # products that change nothing
    opened: Truth = False  # a product that needs no key takes the calls that bring none
    entries = estate.products.get(scope, {})
    for product in sorted({*entries, *leading}):
        surely, entry = product in leading, entries.get(product)
        if not surely and hole is None:
            continue
        document = estate.document(product, products)
        name = entry.name if entry else product.rpartition("/")[2]
        if surely:
            keyless = entry.properties["subscriptionRequired"] if entry else Unknown(f"product {name} was not read")
            opened = truth_or(opened, keyless if isinstance(keyless, Unknown) else keyless is False)
        if document is not None:
            ways.append(_Way([*above, document], (name,), True if surely else Unknown(hole or "")))
        elif surely:
            plain.append(name)
    if hole and estate.hole(products, f"{scope}/products", below=True):
        ways.append(_Way([*above, Unknown(hole)], (), Unknown(hole)))
    needed = _key_required(estate.apis[api])
    direct: Truth = bool(plain) or (Unknown(hole) if hole else not leading)
    if opened is not True and not hole and needed is not True:
        direct = truth_or(direct, needed if isinstance(needed, Unknown) else opened or True)
    if direct is not True:
        direct = truth_or(direct, estate.keys(api, scope))
    if direct is not False:
        ways.append(_Way([*above, None], tuple(plain), direct))
    return ways


def _key_required(api: Entry) -> Truth:
    """Absent: a key is needed."""
    found = api.properties["subscriptionRequired"]
    return found if isinstance(found, Unknown) else found is not False


# --- one policy ---------------------------------------------------------------------------------------------------


def _policy(
    estate: Estate, api: str, operation: str | None, operations: tuple[str, ...], ways: list[_Way], own: Level
) -> EffectivePolicy:
    entry = estate.apis[api]
    url = entry.properties["serviceUrl"]
    why = url.reason if isinstance(url, Unknown) else None
    start = Target("api", url if isinstance(url, str) and url else None, None, None, None, certain=True, unknown=why)
    middle = estate.document(api, f"{SERVICE}/workspaces/apis" if "/workspaces/" in api else f"{SERVICE}/apis")
    named = estate.operation.get(operation) if operation else None
    walks = [(way, Walk(estate, [*way.levels, middle, own], start)) for way in ways]
    facts = _Facts(estate)
    for way, walk in walks:
        facts.take(way, walk)
    levels: list[Level] = [*dict.fromkeys(level for way in ways for level in way.levels), middle, own]
    read = [level for level in levels if isinstance(level, Document)]
    fragments = [fragment for _, walk in walks for fragment in walk.fragments]
    nearest = next((level for level in (own, middle) if isinstance(level, Document)), None)
    place = entry.id
    if operation:
        place = named.id if named else own.id.rpartition("/policies/")[0] if isinstance(own, Document) else operation
    flags = facts.flags
    lost_in, lost_surely = _lost_in(estate, [[*way.levels, middle, own] for way in ways], flags["authenticated"])
    return EffectivePolicy(
        id=f"{place}/effectivePolicies/policy",
        name=f"{entry.name}: {named.name if named else place.rpartition('/')[2]}" if operation else entry.name,
        service=_spelled(entry.id, scope_of(api)),
        api=entry.id,
        operation=place if operation else None,
        operations=tuple(found.id if (found := estate.operation.get(name)) else name for name in operations),
        origin=nearest.origin if nearest else entry.origin,
        documents=tuple(dict.fromkeys([*(level.id for level in read), *fragments])),
        products=tuple(dict.fromkeys(product for way in ways for product in way.products)),
        key_required=_key_required(entry),
        authenticated=flags["authenticated"],
        lost_in=lost_in,
        lost_surely=lost_surely,
        token_checked=flags["token"],
        certificate_checked=flags["certificate"],
        tokens=tuple(facts.tokens.values()),
        certificates=tuple(facts.certificates.values()),
        audience_checked=flags["audience"],
        issuer_checked=flags["issuer"],
        answers_itself=facts.answers_itself,
        answered_first=facts.first,
        targets=facts.targets,
        backend_certificate=flags["sendsCertificate"],
        sent_certificates=tuple(dict.fromkeys(name for _, walk in walks for name in walk.sent)),
        backend_identity=flags["sendsIdentity"],
        backend_credentials=flags["sendsCredentials"],
        filtered=flags["filtered"],
        addresses=tuple(facts.addresses),
        limited=flags["limited"],
        cors=tuple(facts.cors.values()),
        weaknesses=tuple(facts.weaknesses.values()),
    )


def _lost_in(
    estate: Estate, chains: list[list[Level]], authenticated: Truth
) -> tuple[tuple[str, ...], Literal[True] | Unknown]:
    """The documents without `<base/>` in inbound that leave out a check which stands above them, or may stand there."""
    found: dict[str, None] = {}
    surely: Literal[True] | Unknown = True
    if authenticated is True:
        return (), surely
    for chain in chains:
        for index, level in enumerate(chain):
            if isinstance(level, Document) and not _keeps_base(level):
                end = Walk(estate, chain[:index], _NOWHERE).end
                above = False if end is None else end.flags["authenticated"]
                if above is not False:
                    found[level.id] = None
                    doubts = (doubt for doubt in (above, authenticated) if isinstance(doubt, Unknown))
                    surely = next(doubts, surely)
    return tuple(found), surely


_NOWHERE: Final = Target("api", None, None, None, None, certain=True)


def _keeps_base(document: Document) -> bool:
    pending = document.section("inbound")
    while pending:
        element = pending.pop()
        if element.name == "base":
            return True
        pending += element.children
    return False


def _spelled(given: str, folded: str) -> str:
    """The service in an id, as the id spells it."""
    return given[: len(folded.partition("/workspaces/")[0])]


class _Facts:
    """What the ways in have in common: the worst of each, and everything that is told."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._flags: dict[str, Truth] = dict.fromkeys(FLAGS, True)
        self._hopeful: set[str] = set()  # flags that hold, or may, on some way
        self.first: Truth = False
        self.answers_itself = True
        self.targets: tuple[Target, ...] = ()
        self.addresses: dict[str, None] = {}
        self.tokens: dict[Any, Any] = {}
        self.certificates: dict[Any, Any] = {}
        self.cors: dict[Any, Any] = {}
        self.weaknesses: dict[Any, Any] = {}

    def take(self, way: _Way, walk: Walk) -> None:
        """Add one way in; of one that may not exist nothing bad is sure."""
        ends = [walk.end] if walk.end else [state for _certain, state in walk.answers]
        for flag in FLAGS:
            value: Truth = True
            for state in ends:
                value = truth_and(value, self._with_backend(flag, state.flags[flag], state.targets if walk.end else ()))
            if value is not False:
                self._hopeful.add(flag)
            self._flags[flag] = truth_and(
                self._flags[flag], value if way.exists is True or value is True else _maybe(way)
            )
        self.first = truth_or(self.first, walk.first if way.exists is True or walk.first is False else _maybe(way))
        self.answers_itself = self.answers_itself and walk.end is None and bool(walk.answers)
        found = walk.end.targets if walk.end else ()
        merged = tuple(dict.fromkeys((*self.targets, *found)))
        if len(merged) > 1:
            merged = tuple(dict.fromkeys(replace(target, certain=False) for target in merged))
        self.targets = merged
        for state in ends:
            self.addresses |= dict.fromkeys(state.addresses)
        for told, kept in (
            (walk.tokens, self.tokens),
            (walk.certificates, self.certificates),
            (walk.weaknesses, self.weaknesses),
        ):
            kept.update((repr(item), item) for item in told)
        self.cors.update((repr(item), item) for item in walk.cors)

    @property
    def flags(self) -> dict[str, Truth]:
        """What holds on every way; where it holds on none, that is sure whichever exist."""
        return {flag: value if flag in self._hopeful else False for flag, value in self._flags.items()}

    def _with_backend(self, flag: str, value: Truth, targets: tuple[Target, ...]) -> Truth:
        """What the policies send, or else every backend entity by itself."""
        if value is True or flag not in _OF_BACKEND or not targets:
            return value
        every: Truth = True
        for target in targets:
            every = truth_and(every, self._sent_by(flag, target))
        return truth_or(value, every)

    def _sent_by(self, flag: str, target: Target) -> Truth:
        if target.resource is None:
            if target.unknown:
                return Unknown(target.unknown)
            return Unknown(f"backend {target.backend} was not read") if target.backend else False
        properties = self._estate.backends[target.resource.casefold()].properties
        if (text_at(properties, "type") or "").casefold() == "pool":
            return Unknown(f"backend {target.backend} is a pool")
        given = get(properties, "credentials")
        if isinstance(given, Unknown):
            return given
        found = [get(given, key) for key in _OF_BACKEND[flag]]
        unknown = next((value for value in found if isinstance(value, Unknown)), None)
        return any(bool(value) for value in found if not isinstance(value, Unknown)) or unknown or False


_OF_BACKEND: Final = {
    "sendsCertificate": ("certificate", "certificateIds"),
    "sendsIdentity": ("managedIdentity",),
    "sendsCredentials": ("authorization", "header", "query"),
}
"""By which credentials of a backend (2024-05-01) API Management proves itself."""


def _maybe(way: _Way) -> Unknown:
    return way.exists if isinstance(way.exists, Unknown) else Unknown("whether this way in exists is not known")
