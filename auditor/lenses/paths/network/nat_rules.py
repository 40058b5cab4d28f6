"""What hands requests from the Internet on unread: destination NAT of Azure Firewall, public load balancers of Azure.

Sources, learn.microsoft.com: firewall/destination-nat-rules, rest/api/firewall, rest/api/load-balancer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from auditor.lenses.paths.appgw.listeners import ADDRESSES, names_of
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.model import Place, place
from auditor.lenses.paths.network.dns import covers_half, is_public
from auditor.lenses.truth import Truth, truth_and
from auditor.lenses.values import hidden_in, items, last, listing, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown, parent_of

FIREWALLS: Final = "microsoft.network/azurefirewalls"
GROUPS: Final = "microsoft.network/firewallpolicies/rulecollectiongroups"
RANGES: Final = "microsoft.network/ipgroups"
BALANCERS: Final = "microsoft.network/loadbalancers"
READS: Final = frozenset({FIREWALLS, GROUPS, RANGES, BALANCERS})
WEB: Final = (443, 80, 8443, 8080)
"""Ports at which requests are expected, whatever is behind them."""
_EVERYONE: Final = ("*", "any", "internet")
_LAST: Final = 65535


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Requests to `port` of an entry go on to `target_port` of `target`, an address or a name; None: not known.

    `holder` and `path`: where that is said; `sender`: the subnet whence they are sent on, or what sends them where that
    is not known; `masked`: with an address of there, not that of the client.
    """

    holder: Resource
    path: str
    entry: Place
    public: Truth
    port: int | None
    target: str | Unknown
    target_port: int | None
    sender: str
    masked: bool = False


def forwardings(estate: Estate) -> Iterator[Forwarding]:
    """Everything that is forwarded from public addresses, or may be."""
    users: dict[str, list[Resource]] = defaultdict(list)  # by casefolded id of their policy
    hole = estate.hole(FIREWALLS)
    for firewall in estate.all(FIREWALLS):
        policy = get(firewall.body, "properties", "firewallPolicy", "id")
        if isinstance(policy, Unknown):
            hole = hole or f"the policy of {firewall.name}: {policy.reason}"
        users[policy.casefold() if isinstance(policy, str) else ""].append(firewall)
        yield from _classic(estate, firewall)
        if policy and (unread := estate.hole(GROUPS, policy if isinstance(policy, str) else "")):
            yield _unread(firewall, "properties.firewallPolicy", firewall, Unknown(f"its rules: {unread}"))
    for group in estate.all(GROUPS):
        policy = parent_of(group.id) or ""
        using = users.get(policy.casefold(), [])
        for firewall in using:
            yield from _of_policy(estate, group, firewall, True)
        if not using and hole:
            why = Unknown(f"whether a firewall uses policy {last(policy)} is not known: {hole}")
            yield from _of_policy(estate, group, None, why)
    for balancer in estate.all(BALANCERS):
        yield from _balanced(estate, balancer)


# --- Azure Firewall ---------------------------------------------------------------------------------------------


def _classic(estate: Estate, firewall: Resource) -> Iterator[Forwarding]:
    """The rules of a firewall without a policy."""
    collections, hidden = listing(firewall.body, "properties", "natRuleCollections")
    for number, collection in enumerate(collections):
        rules, unread = listing(collection, "properties", "rules")
        hidden = hidden or unread
        for at, rule in enumerate(rules):
            path = f"properties.natRuleCollections[{number}].properties.rules[{at}]"
            yield from _translated(estate, firewall, path, rule, "protocols", firewall, True)
    if hidden:
        yield _unread(firewall, "properties.natRuleCollections", firewall, hidden)


def _of_policy(estate: Estate, group: Resource, firewall: Resource | None, used: Truth) -> Iterator[Forwarding]:
    """The rules of a group of a policy, for one firewall that uses it."""
    collections, hidden = listing(group.body, "properties", "ruleCollections")
    for number, collection in enumerate(collections):
        kind = word(collection, "ruleCollectionType")
        if kind != "firewallpolicynatrulecollection":
            hidden = hidden or (kind if isinstance(kind, Unknown) else None)
            continue
        rules, unread = listing(collection, "rules")
        hidden = hidden or unread
        for at, rule in enumerate(rules):
            path = f"properties.ruleCollections[{number}].rules[{at}]"
            yield from _translated(estate, group, path, rule, "ipProtocols", firewall, used)
    if hidden:
        yield _unread(group, "properties.ruleCollections", firewall, hidden)


def _translated(
    estate: Estate, holder: Resource, path: str, rule: Any, protocols: str, firewall: Resource | None, used: Truth
) -> Iterator[Forwarding]:
    spoken, odd = _listed(rule, protocols)
    if not odd and not {"tcp", "any"}.intersection(one.casefold() for one in spoken):
        return
    comes_in, hidden = _listed(rule, "destinationAddresses")
    reached: Truth = any(one in _EVERYONE or is_public(one) for one in comes_in) or hidden or False
    public = truth_and(used, reached, _admits(estate, rule))
    if public is False:
        return
    owner = firewall or holder
    name = f"{owner.name}/{text_at(rule, 'name') or path}"
    entry = place("firewall", name, owner.id, element=path, addresses=[one for one in comes_in if is_public(one)])
    told = get(rule, "translatedAddress") or get(rule, "translatedFqdn")
    target = told if isinstance(told, str | Unknown) and told else Unknown("the rule does not say whither")
    port = _port(_listed(rule, "destinationPorts")[0])
    inner = _port([str(get(rule, "translatedPort") or "")]) or port
    inside = items(firewall.body, "properties", "ipConfigurations") if firewall else ()
    sender = next(filter(None, (text_at(one, "properties", "subnet", "id") for one in inside)), owner.id)
    yield Forwarding(holder, path, entry, public, port, target, inner, sender, masked=True)


def _unread(holder: Resource, path: str, firewall: Resource | None, why: Unknown) -> Forwarding:
    """Rules that cannot be read: anything may be forwarded by them."""
    owner = firewall or holder
    entry = place("firewall", owner.name, owner.id, element=path)
    return Forwarding(holder, path, entry, why, None, why, None, owner.id)


def _admits(estate: Estate, rule: Any) -> Truth:
    """Whether a rule is for everyone: no narrower than half the Internet."""
    sources, hidden = _listed(rule, "sourceAddresses")
    groups, unread = _listed(rule, "sourceIpGroups")
    hidden = hidden or unread
    for one in groups:
        group = estate.by_id(RANGES, one)
        if group is None:
            hidden = hidden or Unknown(f"IP group {last(one)}: {estate.hole(RANGES, one) or 'it was not found'}")
            continue
        listed, odd = _listed(get(group.body, "properties"), "ipAddresses")
        sources, hidden = [*sources, *listed], hidden or odd
    return any(one.casefold() in _EVERYONE or covers_half(one) for one in sources) or hidden or False


# --- load balancers ---------------------------------------------------------------------------------------------


def _balanced(estate: Estate, balancer: Resource) -> Iterator[Forwarding]:
    """What the public frontends of a load balancer take. Rules for traffic to the outside take nothing."""
    own = get(balancer.body, "properties")
    listed, hidden = listing(own, "frontendIPConfigurations")
    fronts = {_name(item): _front(estate, item) for item in listed}
    if not hidden and all(public is False for public, _ in fronts.values()):
        return
    pools = {_name(item): item for item in items(own, "backendAddressPools")}
    for key in ("loadBalancingRules", "inboundNatRules"):
        rules, unread = listing(own, key)
        hidden = hidden or unread
        for number, item in enumerate(rules):
            rule = get(item, "properties")
            reference = get(rule, "frontendIPConfiguration", "id")
            why = reference if isinstance(reference, Unknown) else hidden or Unknown("its frontend was not found")
            public, addresses = fronts.get(last(text_at(rule, "frontendIPConfiguration", "id")), (why, []))
            if public is False or word(rule, "protocol", otherwise="tcp") == "udp":
                continue
            entry = place(
                "loadBalancer", f"{balancer.name}/{_name(item)}", balancer.id, element=f"{key}/{_name(item)}",
                addresses=addresses,
            )  # fmt: skip
            port, inner = get(rule, "frontendPort"), get(rule, "backendPort")
            named = [get(rule, "backendAddressPool"), *items(rule, "backendAddressPools")]
            members = [pools[name] for one in named if (name := last(text_at(one, "id"))) in pools]
            for target in _members(members):
                yield Forwarding(
                    balancer, f"properties.{key}[{number}]", entry, public, port if isinstance(port, int) else None,
                    target, inner if isinstance(inner, int) else None, balancer.id,
                )  # fmt: skip
    if hidden:
        entry = place("loadBalancer", balancer.name, balancer.id)
        yield Forwarding(balancer, "properties", entry, hidden, None, hidden, None, balancer.id)


def _front(estate: Estate, item: dict[str, Any]) -> tuple[Truth, list[str]]:
    """Whether a frontend is public, and its addresses."""
    told = get(item, "properties", "publicIPAddress")
    if isinstance(told, Unknown) or not told:
        return told or False, []
    address = estate.by_id(ADDRESSES, text_at(told, "id"))
    return True, list(names_of(address)) if address else []


def _members(pools: list[dict[str, Any]]) -> list[str | Unknown]:
    """The addresses in some pools; one that is not known for what shows none."""
    listed = [one for pool in pools for one in items(pool, "properties", "loadBalancerBackendAddresses")]
    found: list[str | Unknown] = [address for one in listed if (address := text_at(one, "properties", "ipAddress"))]
    if len(found) < len(listed) or not found:
        found.append(Unknown("members that are network interfaces are not followed"))
    return found


def _name(item: dict[str, Any]) -> str:
    return last(text_at(item, "id")) or (text_at(item, "name") or "").casefold()


# --- values -----------------------------------------------------------------------------------------------------


def _listed(rule: Any, key: str) -> tuple[list[str], Unknown | None]:
    """The texts of a list, and why there may be more."""
    return texts(rule, key), hidden_in(get(rule, key))


def _port(ports: list[str]) -> int | None:
    """The first port of some ports and ranges; one of `WEB` where these are among them."""
    spans = []
    for text in ports:
        low, _, high = text.partition("-")
        low, high = ("0", str(_LAST)) if text == "*" else (low, high or low)
        if low.strip().isdecimal() and high.strip().isdecimal():
            spans.append((int(low), int(high)))
    web = next((port for port in WEB if any(low <= port <= high for low, high in spans)), None)
    return web or (spans[0][0] if spans else None)
