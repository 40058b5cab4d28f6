"""The policy lens: what is effective for every API and operation of API Management, as `auditor/apiPolicy`.

Global → workspace → product → API → operation; each takes part where the one below it says `<base/>`. One resource for
the operations of an API that have no policy of their own, and one for each that has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

from auditor.lenses.api_policy.checks import Reading
from auditor.lenses.api_policy.entrypoints import Access, access_of, is_change
from auditor.lenses.api_policy.facts import Facts
from auditor.lenses.api_policy.model import EffectivePolicy, Target
from auditor.lenses.api_policy.resource import resource_of
from auditor.lenses.api_policy.scopes import SERVICE, Document, Estate, Level, NotCollected, scope_of
from auditor.lenses.api_policy.walk import Walk
from auditor.lenses.coverage import Coverage
from auditor.lenses.truth import Truth
from auditor.model.resource import Resource, Unknown


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
    access = access_of(estate, api, scope)
    with_own = set(estate.own.get(api, ()))
    known = estate.operations.get(api, [])
    policies = f"{kind}/operations/policies"
    rest = sorted(operation for operation in known if operation not in with_own)
    if estate.hole(policies):  # somewhere: is it here?
        hidden = {name for name in rest if estate.hole(policies, f"{name}/policies/policy")}
        if len(hidden) == len(rest):
            hidden = set()  # then they are all alike
        with_own |= hidden
        rest = [name for name in rest if name not in hidden]
    for operation in sorted(with_own):
        yield _policy(estate, api, operation, (operation,), access, estate.document(operation, f"{kind}/operations"))
    if rest or not known or estate.hole(f"{kind}/operations", f"{api}/operations"):
        own = estate.unread(policies, f"{rest[0] if rest else f'{api}/operations'}/policies/policy")
        if isinstance(own, NotCollected) and is_change(estate.apis[api]):
            own = NotCollected(own.reason, assumed_base=True)
        yield _policy(estate, api, None, tuple(rest), access, own)


# --- one policy ---------------------------------------------------------------------------------------------------


def _policy(
    estate: Estate, api: str, operation: str | None, operations: tuple[str, ...], access: Access, own: Level
) -> EffectivePolicy:
    entry = estate.apis[api]
    start = _own_address(entry.properties["serviceUrl"], Reading(estate.values(scope_of(api))))
    middle = estate.document(api, f"{SERVICE}/workspaces/apis" if "/workspaces/" in api else f"{SERVICE}/apis")
    named = estate.operation.get(operation) if operation else None
    walks = [(way, Walk(estate, [*way.levels, middle, own], start, way.keyed)) for way in access.ways]
    facts = Facts(estate)
    for way, walk in walks:
        facts.take(way, walk)
    levels: list[Level] = [*dict.fromkeys(level for way in access.ways for level in way.levels), middle, own]
    read = [level for level in levels if isinstance(level, Document)]
    fragments = [fragment for _, walk in walks for fragment in walk.fragments]
    nearest = next((level for level in (own, middle) if isinstance(level, Document)), None)
    place = entry.id
    if operation:
        place = named.id if named else own.id.rpartition("/policies/")[0] if isinstance(own, Document) else operation
    flags = facts.flags
    unread = next(iter(facts.unreadable | facts.not_collected), None)
    incomplete = next(iter(facts.unreadable), None) if read and is_change(entry) else unread
    without = incomplete if facts.tokens else unread
    lost_in, lost_surely = _lost_in(estate, [[*way.levels, middle, own] for way in access.ways], flags["authenticated"])
    return EffectivePolicy(
        id=f"{place}/effectivePolicies/policy",
        name=f"{entry.name}: {named.name if named else place.rpartition('/')[2]}" if operation else entry.name,
        service=_spelled(entry.id, scope_of(api)),
        api=entry.id,
        operation=place if operation else None,
        operations=tuple(found.id if (found := estate.operation.get(name)) else name for name in operations),
        origin=nearest.origin if nearest else entry.origin,
        documents=tuple(dict.fromkeys([*(level.id for level in read), *fragments])),
        products=tuple(dict.fromkeys(product for way in access.ways for product in way.products)),
        key_required=access.key_required,
        authenticated=flags["authenticated"],
        lost_in=lost_in,
        lost_surely=lost_surely,
        asked=flags["asked"],
        token_checked=flags["token"],
        certificate_checked=flags["certificate"],
        certificate_asked=flags["certificateAsked"],
        tokens=tuple(facts.tokens.values()),
        certificates=tuple(facts.certificates.values()),
        audience_checked=facts.required("audience", without),
        issuer_checked=facts.required("issuer", without),
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
        front_door_checked=flags["frontDoor"],
        cors=tuple(facts.cors.values()),
        weaknesses=tuple(facts.weaknesses.values()),
        unread=unread,
        incomplete=incomplete,
    )


def _own_address(url: Any, reading: Reading) -> Target:
    """Where calls of an API go, unless a policy says otherwise."""
    if not isinstance(url, str):
        why = url.reason if isinstance(url, Unknown) else None
        return Target("api", None, None, None, None, certain=True, unknown=why)
    named = url.lstrip().startswith("{{")
    return Target("api", reading.text(url) or None, None, None, None, True, reading.unknown(url), named)


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
