"""Application Gateway: listener → rule, path rule or redirect. Before it `front.py`, behind it `pools.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from auditor.lenses.paths.elements import LEVELS, Elements, Level
from auditor.lenses.paths.ends import Land
from auditor.lenses.paths.estate import Estate, listing, word
from auditor.lenses.paths.front import Front, hosts_of
from auditor.lenses.paths.pools import Pools
from auditor.lenses.paths.shapes import Entered, Missing, Place, Tail, lost, place
from auditor.lenses.paths.trust import Trust
from auditor.lenses.sightings import get, last, text_at, texts
from auditor.model import Resource, Unknown


class Gateway:
    """One gateway."""

    def __init__(self, resource: Resource, estate: Estate, trust: Trust, land: Land) -> None:
        self._resource = resource
        self._elements = Elements(resource)
        self._front = Front(self._elements, estate, trust)
        self._pools = Pools(self._elements, trust, land)

    def paths(self) -> Iterator[Entered]:
        """Every public host and route, down each way it goes."""
        for level in LEVELS:
            listeners, hidden = listing(self._elements.properties, level.listeners)
            for number, listener in enumerate(listeners):
                yield from self._listener(level, number, listener)
            if hidden:
                yield self._unread(level.listeners, hidden)

    def _unread(self, what: str, why: Unknown) -> Entered:
        """Listeners that cannot be read: there may be any host behind them."""
        entry = place("applicationGateway", self._resource.name, self._resource.id)
        tail = lost(place("client", "Internet"), f"{what} of {self._resource.name}", why.reason)
        return Entered(self._resource, "*", "/*", entry, why, tail)

    def _listener(self, level: Level, number: int, listener: dict[str, Any]) -> Iterator[Entered]:
        own = get(listener, "properties")
        name = text_at(listener, "name") or last(text_at(listener, "id")) or f"{level.listeners}[{number}]"
        public, addresses, lacking = self._front.of(get(own, "frontendIPConfiguration"))
        if public is False:
            return
        port = self._front.port(get(own, "frontendPort"))
        entry = place(
            "applicationGateway", f"{self._resource.name}/{name}", self._resource.id,
            element=f"{level.listeners}/{name}", addresses=list(addresses),
        )  # fmt: skip
        spot = {key: value for key, value in entry.items() if key != "addresses"} | ({"port": port} if port else {})
        hosts, odd = hosts_of(own)
        first = [
            self._front.enter(spot, f"properties.{level.listeners}[{number}].properties", own, host, addresses)
            for host in hosts
        ]
        ways = list(self._ways(level, name, spot))
        for host, come_in in zip(hosts, first, strict=True):
            for route, way in ways:
                tails = way(host)
                for tail in tails:
                    whole = tail.after(come_in, logging=(self._resource.id,))
                    whole = replace(whole, missing=(*lacking, *whole.missing))
                    if odd:
                        whole = whole.lacking(Missing(f"host names of listener {name}", odd.reason))
                    yield Entered(self._resource, host, route, entry, public, whole, port)

    def _ways(
        self, level: Level, listener: str, spot: Place
    ) -> Iterator[tuple[str, Callable[[str], tuple[Tail, ...]]]]:
        """Each route of a listener, and where it goes for a host."""
        rules, hidden = listing(self._elements.properties, level.rules)
        found = 0
        for rule in rules:
            part = get(rule, "properties")
            reference = get(part, level.listener, "id")
            if isinstance(reference, Unknown):
                hidden = hidden or reference
                continue
            if last(reference if isinstance(reference, str) else None) != listener.casefold():
                continue
            found += 1
            if get(part, "urlPathMap") is None:
                yield "/*", self._way(level, part, "", spot, "/*")
                continue
            yield from self._path_map(level, get(part, "urlPathMap"), spot)
        if hidden or not found:
            why = hidden.reason if hidden else "no rule takes what it receives"
            tail = lost(spot, f"rule of listener {listener}", why, gone=hidden is None)
            yield "/*", lambda _host: (tail,)

    def _path_map(
        self, level: Level, reference: Any, spot: Place
    ) -> Iterator[tuple[str, Callable[[str], tuple[Tail, ...]]]]:
        found = self._elements.named("urlPathMaps", reference)
        if found is None:
            tail = lost(spot, "path map of the rule", self._elements.missing("urlPathMaps", reference))
            yield "/*", lambda _host: (tail,)
            return
        own = get(found[1], "properties")
        rules, hidden = listing(own, "pathRules")
        special = [path for rule in rules for path in texts(rule, "properties", "paths")]
        yield "/*", _besides(self._way(level, own, "default", spot, "/*"), special)
        for rule in rules:
            part = get(rule, "properties")
            paths = texts(part, "paths") or ["(paths not known)"]
            yield ", ".join(paths), self._way(level, part, "", spot, paths[0])
        if hidden:
            tail = lost(spot, f"path rules of {text_at(found[1], 'name')}", hidden.reason)
            yield "(paths not known)", lambda _host: (tail,)

    def _way(self, level: Level, part: Any, prefix: str, spot: Place, route: str) -> Callable[[str], tuple[Tail, ...]]:
        """Where a rule, a path rule, or the default of a path map leads."""

        def name(key: str) -> str:
            return prefix + key[0].upper() + key[1:] if prefix else key

        redirect = get(part, name("redirectConfiguration"))
        if redirect is not None:
            return lambda _host: (self._redirect(redirect, spot),)
        pool, setting = get(part, name("backendAddressPool")), get(part, name(level.setting))
        if get(part, name("rewriteRuleSet")) is not None:
            route = "/*"  # the path may be another one behind it
        return lambda host: self._pools.tails(level, pool, setting, spot, route, host)

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


def _besides(way: Callable[[str], tuple[Tail, ...]], special: list[str]) -> Callable[[str], tuple[Tail, ...]]:
    """A way without what path rules take out of it."""

    def taken(label: str) -> bool:
        return any(path.endswith("/*") and label.casefold().startswith(path[:-1].casefold()) for path in special)

    return lambda host: tuple(tail for tail in way(host) if not taken(tail.label))
