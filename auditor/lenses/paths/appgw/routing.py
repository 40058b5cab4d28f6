"""Application Gateway: listener → rule, path rule or redirect. Before it `front.py`, behind it `pools.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from auditor.lenses.paths.apim.authentication import known_by
from auditor.lenses.paths.appgw.backends import Pools
from auditor.lenses.paths.appgw.elements import LEVELS, Elements, Level, name_in
from auditor.lenses.paths.appgw.firewall_policies import of_one_front_door
from auditor.lenses.paths.appgw.listeners import Front, Listeners, hosts_of
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.hop_builder import Land, Landing
from auditor.lenses.paths.model import Entered, Hop, Missing, Place, Tail, lost, place
from auditor.lenses.paths.routes import is_pattern, is_taken, overlaps
from auditor.lenses.paths.trust import Trust
from auditor.lenses.truth import Truth, truth_and, truth_not
from auditor.lenses.values import hidden_in, last, listing, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

Way = Callable[[str, frozenset[str]], tuple[Tail, ...]]
"""Where a route leads, for a host; the hosts are those that it does not stand for."""
_UNKNOWN: Final = "(paths not known)"
_ENDS: Final = ("backendAddressPool", "loadDistributionPolicy", "redirectConfiguration")


class Gateway:
    """One gateway."""

    def __init__(self, resource: Resource, estate: Estate, trust: Trust, land: Land) -> None:
        self._resource = resource
        self._estate = estate
        self._elements = Elements(resource)
        self._front = Front(self._elements, estate, trust)
        self._listeners = Listeners(self._elements)
        self._pools = Pools(self._elements, trust, land)

    def paths(self) -> Iterator[Entered]:
        """Every public host and route, down each way it goes."""
        for level in LEVELS:
            listeners, hidden = listing(self._elements.properties, level.listeners)
            for number, listener in enumerate(listeners):
                yield from self._listener(level, number, listener)
            if hidden:
                yield self._unread(level.listeners, hidden)

    def landings(
        self, frontend: str, port: int, host: str, route: str, but: frozenset[str] = frozenset()
    ) -> Iterator[Landing]:
        """The listeners of a frontend (its name, casefolded) that requests to a port meet; see `ends.Land`."""
        found, hidden = 0, None
        for level in LEVELS:
            listed, unread = listing(self._elements.properties, level.listeners)
            owned = [get(listener, "properties") for listener in listed]
            fronts = [get(own, "frontendIPConfiguration") for own in owned]
            hidden = hidden or unread or next((h for one in fronts if not name_in(one) and (h := _unnamed(one))), None)
            here = [
                number
                for number, own in enumerate(owned)
                if name_in(fronts[number]) == frontend and self._front.port(get(own, "frontendPort")) in (port, None)
            ]
            for number in self._listeners.taking(level, here, host):
                found += 1
                yield self._landing(level, number, listed[number], host, route, but)
        if hidden or not found:
            yield self._closed(f"listener for {host or 'any host'} on port {port}", hidden)

    def _closed(self, edge: str, hidden: Unknown | None) -> Landing:
        """The gateway without a listener that takes a request, or with one that cannot be seen."""
        spot = place("applicationGateway", self._resource.name, self._resource.id)
        why = hidden.reason if hidden else "the gateway has none"
        tail = lost(spot, edge, why, gone=hidden is None)
        return Landing(spot, served=hidden, asks=hidden, tls=hidden, logging=(self._resource.id,), tails=(tail,))

    def _landing(
        self, level: Level, number: int, listener: dict[str, Any], host: str, route: str, but: frozenset[str]
    ) -> Landing:
        own = get(listener, "properties")
        name, spot = self._spot(level, number, listener)
        protocol = word(own, "protocol")
        hidden = protocol if isinstance(protocol, Unknown) else None
        served, asks, floor = self._front.serves(own) if protocol in ("https", "tls") else (hidden, hidden, hidden)
        tails = [
            replace(known_by(tail, "clientCertificate", asks == "verified"), label=tail.label or label)
            for label, way in self._ways(level, name, spot)
            if label == _UNKNOWN or overlaps(label, route)
            for one in ([host] if host else hosts_of(own)[0])
            for tail in way(one, but)
        ]
        return Landing(
            spot, served=served, asks=asks, tls=floor, plain=protocol == "http",
            logging=(self._resource.id,), tails=tuple(tails),
        )  # fmt: skip

    def _spot(self, level: Level, number: int, listener: dict[str, Any]) -> tuple[str, Place]:
        """The name of a listener, and where it stands."""
        name = text_at(listener, "name") or last(text_at(listener, "id")) or f"{level.listeners}[{number}]"
        port = self._front.port(get(listener, "properties", "frontendPort"))
        return name, place(
            "applicationGateway", f"{self._resource.name}/{name}", self._resource.id,
            element=f"{level.listeners}/{name}", port=port,
        )  # fmt: skip

    def _unread(self, what: str, why: Unknown) -> Entered:
        """Listeners that cannot be read: there may be any host behind them."""
        entry = place("applicationGateway", self._resource.name, self._resource.id)
        tail = lost(place("client", "Internet"), f"{what} of {self._resource.name}", why.reason)
        return Entered(self._resource, "*", "/*", entry, why, tail)

    def _listener(self, level: Level, number: int, listener: dict[str, Any]) -> Iterator[Entered]:
        own = get(listener, "properties")
        public, addresses, lacking = self._front.of(get(own, "frontendIPConfiguration"))
        if public is False:
            return
        if level is LEVELS[0]:  # firewalls read HTTP alone
            public = truth_and(public, truth_not(of_one_front_door(self._estate, self._elements.properties, own)))
        name, spot = self._spot(level, number, listener)
        port = spot.get("port")
        entry = {key: value for key, value in spot.items() if key != "port"}
        entry |= {"addresses": list(addresses)} if addresses else {}
        hosts, odd = hosts_of(own)
        first = [
            self._front.enter(spot, f"properties.{level.listeners}[{number}].properties", own, host, addresses)
            for host in hosts
        ]
        ways = list(self._ways(level, name, spot))
        for host, come_in in zip(hosts, first, strict=True):
            but = self._listeners.before(level, number, host) if host == "*" or is_pattern(host) else frozenset()
            for route, way in ways:
                for tail in way(host, but):
                    whole = known_by(tail, "clientCertificate", _verified(come_in)).after(
                        come_in, logging=(self._resource.id,)
                    )
                    whole = replace(whole, missing=(*lacking, *whole.missing))
                    if odd:
                        whole = whole.lacking(Missing(f"host names of listener {name}", odd.reason))
                    yield Entered(self._resource, host, route, entry, public, whole, port)

    def _ways(self, level: Level, listener: str, spot: Place) -> Iterator[tuple[str, Way]]:
        """Each route of a listener, and where it goes for a host."""
        rules, hidden = listing(self._elements.properties, level.rules)
        found = 0
        for rule in rules:
            part = get(rule, "properties")
            reference = get(part, level.listener, "id")
            named = name_in(get(part, level.listener))
            if isinstance(reference, Unknown) and not named:
                hidden = hidden or reference
            if named != listener.casefold():
                continue
            found += 1
            ways = self._routes(level, part, spot)
            validates = self._validates(part, listener)
            yield from ((route, _behind(way, validates)) for route, way in ways)
        if hidden or not found:
            why = hidden.reason if hidden else "no rule takes what it receives"
            tail = lost(spot, f"rule of listener {listener}", why, gone=hidden is None)
            yield "/*", lambda _host, _but: (tail,)

    def _routes(self, level: Level, part: Any, spot: Place) -> Iterator[tuple[str, Way]]:
        """Each route of a rule. The conditions of an advanced routing map may send any request elsewhere."""
        mapped, advanced = get(part, "urlPathMap"), get(part, "advancedRoutingMap")
        if mapped is not None:
            yield from self._path_map(level, mapped, spot)
        elif advanced is None or any(get(part, key) is not None for key in _ENDS):
            yield "/*", self._way(level, part, "", spot, "/*")
        if advanced is not None:
            tail = lost(spot, "advanced routing map of the rule", "its conditions are not evaluated")
            yield _UNKNOWN, lambda _host, _but: (tail,)

    def _path_map(self, level: Level, reference: Any, spot: Place) -> Iterator[tuple[str, Way]]:
        found = self._elements.named("urlPathMaps", reference)
        if found is None:
            tail = lost(spot, "path map of the rule", self._elements.missing("urlPathMaps", reference))
            yield "/*", lambda _host, _but: (tail,)
            return
        own = get(found[1], "properties")
        rules, hidden = listing(own, "pathRules")
        special = [path for rule in rules for path in texts(rule, "properties", "paths")]
        yield "/*", _besides(self._way(level, own, "default", spot, "/*"), special)
        for rule in rules:
            part = get(rule, "properties")
            paths, told = texts(part, "paths"), get(part, "paths")
            if isinstance(told, list) and paths and len(paths) == len(told):
                yield ", ".join(paths), self._way(level, part, "", spot, ", ".join(paths))
            else:
                yield _UNKNOWN, self._way(level, part, "", spot, "/*")
        if hidden:
            tail = lost(spot, f"path rules of {text_at(found[1], 'name')}", hidden.reason)
            yield _UNKNOWN, lambda _host, _but: (tail,)

    def _way(self, level: Level, part: Any, prefix: str, spot: Place, route: str) -> Way:
        """Where a rule, a path rule, or the default of a path map leads."""

        def own(key: str) -> Any:
            return get(part, prefix + key[0].upper() + key[1:] if prefix else key)

        redirect = own("redirectConfiguration")
        if redirect is not None:
            return lambda _host, _but: (self._redirect(redirect, spot),)
        pools, lost_pools = self._distributed(own("loadDistributionPolicy"), own("backendAddressPool"))
        new_path, new_host = self._rewritten(own("rewriteRuleSet"))
        setting, onward = own(level.setting), "/*" if new_path else route

        def way(host: str, but: frozenset[str]) -> tuple[Tail, ...]:
            asked = "" if new_host else host
            found = [self._pools.tails(level, pool, setting, spot, onward, asked, but) for pool in pools]
            rest = [lost(spot, "pools of the rule", lost_pools.reason)] if lost_pools else []
            return (*(tail for tails in found for tail in tails), *rest)

        return way

    def _distributed(self, policy: Any, pool: Any) -> tuple[list[Any], Unknown | None]:
        """The pools of a rule: its own, or those that a policy distributes to; and why there may be more."""
        if policy is None:
            return [pool], None
        found = self._elements.named("loadDistributionPolicies", policy)
        if found is None:
            return [], Unknown(self._elements.missing("loadDistributionPolicies", policy))
        targets, hidden = listing(found[1], "properties", "loadDistributionTargets")
        return [get(one, "properties", "backendAddressPool") for one in targets], hidden

    def _rewritten(self, reference: Any) -> tuple[bool, bool]:
        """Whether a rewrite may change the path of a request, and the host that it asks for."""
        if reference is None:
            return False, False
        found = self._elements.named("rewriteRuleSets", reference)
        rules, hidden = listing(found[1], "properties", "rewriteRules") if found else ([], None)
        if found is None or hidden:
            return True, True
        actions = [get(rule, "actionSet") for rule in rules]
        headers = [listing(action, "requestHeaderConfigurations") for action in actions]
        names = [word(header, "headerName") for listed, _ in headers for header in listed]
        new_path = any(get(action, "urlConfiguration", "modifiedPath") for action in actions)
        new_host = any(odd for _, odd in headers) or any(name == "host" or isinstance(name, Unknown) for name in names)
        return new_path, new_host

    def _validates(self, rule: Any, listener: str) -> Truth:
        """Whether a rule refuses requests without a token of Entra ID; only HTTPS listeners have that looked at."""
        reference = get(rule, "entraJWTValidationConfig")
        if reference is None:
            return False
        found = self._elements.named("entraJWTValidationConfigs", reference)
        if found is None:
            return Unknown(
                f"the validation of tokens: {self._elements.missing('entraJWTValidationConfigs', reference)}"
            )
        listened = self._elements.named("httpListeners", {"id": f"/{listener}"})
        protocol = word(listened[1], "properties", "protocol") if listened else ""
        action = word(found[1], "properties", "unAuthorizedRequestAction")
        for value in (protocol, action):
            if isinstance(value, Unknown):
                return value
        return protocol == "https" and action == "deny"

    def _redirect(self, reference: Any, spot: Place) -> Tail:
        """A redirect ends the path: the client comes again, to another listener or another site."""
        found = self._elements.named("redirectConfigurations", reference)
        if found is None:
            return lost(spot, "redirect of the rule", self._elements.missing("redirectConfigurations", reference))
        own = get(found[1], "properties")
        url, reference = text_at(own, "targetUrl"), get(own, "targetListener")
        listener = self._elements.named("httpListeners", reference)
        if url:
            to, scheme = url, word(url.partition(":")[0])
            return Tail(place("host", to), redirect={"to": to, "encrypted": scheme == "https"})
        if listener is None:
            return lost(spot, "target of the redirect", self._elements.missing("httpListeners", reference))
        named = text_at(listener[1], "name") or last(text_at(listener[1], "id"))
        protocol = word(listener[1], "properties", "protocol")
        target = place("applicationGateway", f"{self._resource.name}/{named}", self._resource.id)
        encrypted = protocol if isinstance(protocol, Unknown) else protocol == "https"
        return Tail(target, redirect={"to": target["name"], "encrypted": encrypted})


def _unnamed(reference: Any) -> Unknown | None:
    """Why the element is not known that a reference is to."""
    return hidden_in(get(reference, "id") if isinstance(reference, dict) else reference)


def _besides(way: Way, special: list[str]) -> Way:
    """A way without what path rules take out of it."""
    return lambda host, but: tuple(tail for tail in way(host, but) if not is_taken(tail.label, special))


def _behind(way: Way, validates: Truth) -> Way:
    """A way on which tokens are validated before."""
    if validates is False:
        return way
    return lambda host, but: tuple(known_by(tail, "entraJWTValidation", validates) for tail in way(host, but))


def _verified(come_in: Hop) -> Truth:
    """Whether who comes in showed a client certificate that was verified."""
    shown = come_in.get("clientCertificate")
    return shown if isinstance(shown, Unknown) else shown == "verified"
