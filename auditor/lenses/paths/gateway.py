"""Application Gateway: public address → listener → rule, path rule, redirect → backend settings → pool member."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from auditor.lenses.paths.dns import is_address
from auditor.lenses.paths.ends import Land, Sender, follow, unseen
from auditor.lenses.paths.estate import Estate, flag, listing, word
from auditor.lenses.paths.shapes import (
    MUTUAL,
    PLAINTEXT,
    VERIFIED,
    Entered,
    Hop,
    Missing,
    Place,
    Protection,
    Tail,
    evidence,
    hop,
    lost,
    place,
    truth_and,
)
from auditor.lenses.paths.trust import Served, Trust, thumbprints
from auditor.lenses.sightings import get, items, last, text_at, texts, vault_ref
from auditor.model import Resource, Unknown

KIND: Final = "microsoft.network/applicationgateways"
ADDRESSES: Final = "microsoft.network/publicipaddresses"
READS: Final = frozenset({KIND, ADDRESSES})
FLOORS: Final = {
    "appgwsslpolicy20150501": "1.0",
    "appgwsslpolicy20170401": "1.1",
    "appgwsslpolicy20170401s": "1.2",
    "appgwsslpolicy20220101": "1.2",
    "appgwsslpolicy20220101s": "1.2",
}
"""The lowest version of the predefined policies (learn.microsoft.com: application-gateway-ssl-policy-overview)."""
_BACKEND_FLOOR: Final = "1.2"
"""Since 31 August 2025 the gateway speaks nothing older to backends (application-gateway/ssl-overview)."""


@dataclass(frozen=True, slots=True)
class Level:
    """Where the elements of one level stand: HTTP (layer 7), or TCP and TLS (layer 4)."""

    listeners: str
    rules: str
    listener: str
    setting: str
    settings: str


LEVELS: Final = (
    Level(
        "httpListeners", "requestRoutingRules", "httpListener", "backendHttpSettings", "backendHttpSettingsCollection"
    ),
    Level("listeners", "routingRules", "listener", "backendSettings", "backendSettingsCollection"),
)  # fmt: skip


class Gateway:
    """One gateway. Elements are found by the last part of the ids that refer to them."""

    def __init__(self, resource: Resource, estate: Estate, trust: Trust, land: Land) -> None:
        self._resource = resource
        self._estate = estate
        self._trust = trust
        self._land = land
        self._properties = get(resource.body, "properties")
        self._elements: dict[str, dict[str, tuple[int, dict[str, Any]]]] = {}
        inside = items(self._properties, "gatewayIPConfigurations")
        self._subnet = next((text_at(item, "properties", "subnet", "id") for item in inside), None)
        self._tails: dict[tuple[str, ...], tuple[Tail, ...]] = {}
        self._senders: dict[tuple[str, int, str], Sender] = {}  # by setting, and the listener before it

    def paths(self) -> Iterator[Entered]:
        """Every public host and route, down each way it goes."""
        for level in LEVELS:
            listeners, hidden = listing(self._properties, level.listeners)
            for number, listener in enumerate(listeners):
                yield from self._listener(level, number, listener)
            if hidden:
                yield self._unread(level.listeners, hidden)

    def _unread(self, what: str, why: Unknown) -> Entered:
        """Listeners that cannot be read: there may be any host behind them."""
        entry = place("applicationGateway", self._resource.name, self._resource.id)
        tail = lost(place("client", "Internet"), f"{what} of {self._resource.name}", why.reason)
        return Entered(self._resource, "*", "/*", entry, why, tail)

    # --- the elements of the gateway ----------------------------------------------------------------------------

    def _element(self, collection: str, reference: Any) -> tuple[int, dict[str, Any]] | None:
        """The element that a reference `{id}` names, with its number."""
        found = self._elements.get(collection)
        if found is None:
            listed = get(self._properties, collection)
            found = self._elements[collection] = {
                (last(text_at(item, "id")) or (text_at(item, "name") or "").casefold()): (number, item)
                for number, item in enumerate(listed if isinstance(listed, list) else ())
                if isinstance(item, dict)
            }
        named = last(text_at(reference, "id"))
        if named:
            return found.get(named)
        only = isinstance(reference, dict) and isinstance(get(reference, "id"), Unknown) and len(found) == 1
        whole = only and listing(self._properties, collection)[1] is None
        return next(iter(found.values())) if whole else None  # a reference stays inside its gateway

    def _missing(self, collection: str, reference: Any) -> str:
        told = get(reference, "id") if isinstance(reference, dict) else reference
        if isinstance(told, Unknown):
            return told.reason
        return "nothing is named" if told is None else f"{collection} holds no such element"

    # --- client to listener -------------------------------------------------------------------------------------

    def _listener(self, level: Level, number: int, listener: dict[str, Any]) -> Iterator[Entered]:
        own = get(listener, "properties")
        name = text_at(listener, "name") or last(text_at(listener, "id")) or f"{level.listeners}[{number}]"
        public, addresses, lacking = self._front(get(own, "frontendIPConfiguration"))
        if public is False:
            return
        port = self._port(get(own, "frontendPort"))
        entry = place(
            "applicationGateway", f"{self._resource.name}/{name}", self._resource.id,
            element=f"{level.listeners}/{name}", addresses=list(addresses),
        )  # fmt: skip
        spot = {key: value for key, value in entry.items() if key != "addresses"} | ({"port": port} if port else {})
        hosts, odd = _hosts(own)
        first = [
            self._enter(spot, f"properties.{level.listeners}[{number}].properties", own, host, addresses)
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

    def _front(self, reference: Any) -> tuple[bool | Unknown, tuple[str, ...], tuple[Missing, ...]]:
        """Whether a frontend is public, with which addresses, and what of it was not found."""
        found = self._element("frontendIPConfigurations", reference)
        if found is None:
            why = self._missing("frontendIPConfigurations", reference)
            return Unknown(f"the frontend of the listener: {why}"), (), (Missing("frontend of the listener", why),)
        own = get(found[1], "properties")
        told = get(own, "publicIPAddress")
        if isinstance(told, Unknown):
            return told, (), (Missing("frontend of the listener", told.reason),)
        if not told:
            return False, (), ()
        address = self._estate.by_id(ADDRESSES, text_at(told, "id"))
        edge = f"public address {last(text_at(told, 'id')) or 'of the frontend'}"
        if address is None and not text_at(told, "id"):
            return True, (), (Missing(edge, self._missing("publicIPAddresses", told)),)
        if address is None:
            hole = self._estate.hole(ADDRESSES, text_at(told, "id") or "")
            return True, (), (Missing(edge, hole or "it is not in the estate", gone=hole is None),)
        names = (
            text_at(address.body, "properties", "ipAddress"),
            text_at(address.body, "properties", "dnsSettings", "fqdn"),
        )
        return True, tuple(filter(None, names)), ()

    def _port(self, reference: Any) -> int | None:
        found = self._element("frontendPorts", reference)
        port = get(found[1], "properties", "port") if found else None
        return port if isinstance(port, int) else None

    def _enter(self, spot: Place, path: str, own: Any, host: str, addresses: Sequence[str]) -> Hop:
        client = place("client", "Internet")
        via = [f"public address {address}" for address in addresses] or None
        protocol = word(own, "protocol")
        told = evidence(self._resource.id, f"{path}.protocol", get(own, "protocol"))
        if protocol == "http":
            return hop(client, spot, PLAINTEXT, "the listener speaks HTTP", evidence=told, via=via, host=host)
        if protocol not in ("https", "tls"):
            why = protocol if isinstance(protocol, Unknown) else _TCP if protocol == "tcp" else _NO_PROTOCOL
            return hop(
                client, spot, why, "the protocol of the listener is not known", evidence=told, via=via, host=host
            )
        served = self._served(get(own, "sslCertificate"))
        profile = self._element("sslProfiles", get(own, "sslProfile"))
        asks = self._client_certificate(own, profile)
        protection: Protection = MUTUAL if asks == "verified" else VERIFIED
        more: dict[str, Any] = {"clientCertificate": asks, "tls": self._floor(profile[1] if profile else None)}
        if isinstance(served, Served):
            more |= {
                "certificate": self._trust.shown(served),
                "nameMatches": True if host == "*" else served.bears(host),
            }
        else:
            more |= {"certificate": unseen(served), "nameMatches": served}
        says = "the listener ends TLS" + (" and demands a client certificate" if asks == "verified" else "")
        return hop(client, spot, protection, says, evidence=told, via=via, host=host, **more)

    def _served(self, reference: Any) -> Served | Unknown:
        found = self._element("sslCertificates", reference)
        if found is None:
            return Unknown(f"the certificate of the listener: {self._missing('sslCertificates', reference)}")
        own = get(found[1], "properties")
        served = self._trust.of_text(text_at(own, "publicCertData"))
        served = served or self._trust.of_vault(vault_ref(get(own, "keyVaultSecretId")))
        return served or Unknown(f"the certificate {last(text_at(reference, 'id'))} is not visible")

    def _client_certificate(self, own: Any, profile: tuple[int, dict[str, Any]] | None) -> str | Unknown:
        reference = get(own, "sslProfile")
        if reference is None:
            return "none"
        if profile is None:
            return Unknown(f"the TLS profile of the listener: {self._missing('sslProfiles', reference)}")
        settings = get(profile[1], "properties")
        trusted, hidden = listing(settings, "trustedClientCertificates")
        mode = word(settings, "clientAuthConfiguration", "verifyClientAuthMode", otherwise="strict")
        if hidden or isinstance(mode, Unknown):
            return hidden or mode
        if mode == "passthrough":
            return "asked"
        return "verified" if trusted else "none"

    def _floor(self, profile: dict[str, Any] | None) -> str | Unknown:
        """The lowest version that a listener takes: of its profile, else of the gateway, else of the gateway's age."""
        policy = get(profile, "properties", "sslPolicy") or get(self._properties, "sslPolicy")
        if isinstance(policy, Unknown):
            return policy
        least = word(policy, "minProtocolVersion")
        name = word(policy, "policyName") or word(self._properties, "defaultPredefinedSslPolicy")
        if isinstance(least, Unknown) or (not least and isinstance(name, Unknown)):
            return least if isinstance(least, Unknown) else name
        if least:
            return _VERSIONS.get(least, Unknown(f"{least} is no version of TLS"))
        return FLOORS.get(str(name), Unknown("the gateway does not show its TLS policy"))

    # --- listener to backend ------------------------------------------------------------------------------------

    def _ways(
        self, level: Level, listener: str, spot: Place
    ) -> Iterator[tuple[str, Callable[[str], tuple[Tail, ...]]]]:
        """Each route of a listener, and where it goes for a host."""
        rules, hidden = listing(self._properties, level.rules)
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
        found = self._element("urlPathMaps", reference)
        if found is None:
            tail = lost(spot, "path map of the rule", self._missing("urlPathMaps", reference))
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
        return lambda host: self._backends(level, pool, setting, spot, route, host)

    def _redirect(self, reference: Any, spot: Place) -> Tail:
        """A redirect ends the path: the client comes again, to another listener or another site."""
        found = self._element("redirectConfigurations", reference)
        if found is None:
            return lost(spot, "redirect of the rule", self._missing("redirectConfigurations", reference))
        own = get(found[1], "properties")
        url = text_at(own, "targetUrl")
        listener = self._element("httpListeners", get(own, "targetListener"))
        if url:
            to, scheme = url, word(url.partition(":")[0])
            return Tail(place("host", to), redirect={"to": to, "encrypted": scheme == "https"})
        if listener is None:
            return lost(spot, "target of the redirect", self._missing("httpListeners", get(own, "targetListener")))
        named = text_at(listener[1], "name") or last(text_at(listener[1], "id"))
        protocol = word(listener[1], "properties", "protocol")
        target = place("applicationGateway", f"{self._resource.name}/{named}", self._resource.id)
        encrypted = protocol if isinstance(protocol, Unknown) else protocol == "https"
        return Tail(target, redirect={"to": target["name"], "encrypted": encrypted})

    def _backends(self, level: Level, pool: Any, setting: Any, spot: Place, route: str, host: str) -> tuple[Tail, ...]:
        members = self._element("backendAddressPools", pool)
        how = self._element(level.settings, setting)
        if how is None:
            return (lost(spot, "backend settings of the rule", self._missing(level.settings, setting)),)
        if members is None:
            return (lost(spot, "backend pool of the rule", self._missing("backendAddressPools", pool)),)
        asked = _asked(get(how[1], "properties"))
        key = (spot["name"], level.settings, str(how[0]), str(members[0]), route, host if asked is None else "")
        found = self._tails.get(key)
        if found is None:
            found = self._tails[key] = tuple(self._members(level, members[1], how, asked, spot, route, host))
        return found

    def _members(
        self,
        level: Level,
        pool: dict[str, Any],
        setting: tuple[int, dict[str, Any]],
        asked: str | Unknown | None,
        spot: Place,
        route: str,
        host: str,
    ) -> Iterator[Tail]:
        name = text_at(pool, "name") or last(text_at(pool, "id"))
        members, hidden = listing(pool, "properties", "backendAddresses")
        own = get(setting[1], "properties")
        port, path = get(own, "port"), get(own, "path")
        if path is not None:
            route = f"{path.rstrip('/')}/*" if isinstance(path, str) else "/*"
        known = level.settings, setting[0], str(spot["name"])
        sender = self._senders.get(known)
        if sender is None:
            sender = self._senders[known] = self._sender(level, setting, spot)
        for member in members:
            address = text_at(member, "fqdn") or text_at(member, "ipAddress")
            if address is None:
                hidden = hidden or Unknown("an address is not known")
                continue
            address = address.rstrip(".")
            sni = asked if asked is not None else host
            if asked == "":
                sni = address
            if isinstance(sni, Unknown) or sni == "*":
                sni = "" if isinstance(sni, Unknown) or is_address(address) else address
            number = port if isinstance(port, int) else 443
            yield from follow(sender, self._land(address, number, sni, route, self._subnet), sni, self._trust)
        if hidden:
            yield lost(spot, f"members of pool {name}", hidden.reason)
        elif not members:
            attached = get(pool, "properties", "backendIPConfigurations")
            why = "its members are network interfaces, which are not followed" if attached else "the pool is empty"
            yield lost(spot, f"members of pool {name}", why, gone=not attached)

    def _sender(self, level: Level, setting: tuple[int, dict[str, Any]], spot: Place) -> Sender:
        number, item = setting
        own = get(item, "properties")
        path = f"properties.{level.settings}[{number}].properties"
        name = text_at(item, "name") or last(text_at(item, "id"))
        protocol = word(own, "protocol")
        encrypts: bool | Unknown
        if protocol in ("https", "tls", "http"):
            encrypts = protocol != "http"
        else:
            encrypts = protocol if isinstance(protocol, Unknown) else _TCP if protocol == "tcp" else _NO_PROTOCOL
        chain = flag(own, "validateCertChainAndExpiry", otherwise=True)
        names = flag(own, "validateSNI", otherwise=True)
        roots, hidden = listing(own, "trustedRootCertificates")
        stores = [self._element("trustedRootCertificates", root) for root in roots]
        anchors, whole = thumbprints(
            self._trust.read(text_at(store[1], "properties", "data") if store else None) for store in stores
        )
        verifies = truth_and(chain, names)
        deciding = "validateCertChainAndExpiry" if chain is not True else "validateSNI"
        told = (
            evidence(self._resource.id, f"{path}.{deciding}", get(own, deciding))
            if encrypts is True and verifies is not True
            else evidence(self._resource.id, f"{path}.protocol", get(own, "protocol"))
        )
        return Sender(
            place=spot,
            encrypts=encrypts,
            verifies=verifies,
            says=f"backend setting {name} speaks {_said(encrypts, verifies)}",
            evidence=told,
            anchors=anchors,
            whole=whole and hidden is None,
            well_known=not roots and hidden is None,
            tls=_BACKEND_FLOOR,
        )


_TCP: Final = Unknown("what is sent over TCP is not visible")
_NO_PROTOCOL: Final = Unknown("no protocol is named")


def _besides(way: Callable[[str], tuple[Tail, ...]], special: list[str]) -> Callable[[str], tuple[Tail, ...]]:
    """A way without what path rules take out of it."""

    def taken(label: str) -> bool:
        return any(path.endswith("/*") and label.casefold().startswith(path[:-1].casefold()) for path in special)

    return lambda host: tuple(tail for tail in way(host) if not taken(tail.label))


def _said(encrypts: bool | Unknown, verifies: bool | Unknown) -> str:
    if encrypts is False:
        return "plain text"
    if isinstance(encrypts, Unknown) or isinstance(verifies, Unknown):
        return "a protocol that is not known"
    return "TLS and verifies the backend" if verifies else "TLS without verifying the backend"


_VERSIONS: Final = {"tlsv1_0": "1.0", "tlsv1_1": "1.1", "tlsv1_2": "1.2", "tlsv1_3": "1.3"}


def _hosts(own: Any) -> tuple[list[str], Unknown | None]:
    """The host names of a listener (`*`: any), and why there may be more."""
    several = get(own, "hostNames")
    one = get(own, "hostName")
    odd = next((value for value in (own, several, one) if isinstance(value, Unknown)), None)
    named = [host for host in (one if isinstance(one, str) else "", *texts(own, "hostNames")) if host]
    if isinstance(several, list) and len(texts(own, "hostNames")) < len(several):
        odd = odd or Unknown("a host name is not known")
    return list(dict.fromkeys(named)) or ["*"], odd


def _asked(own: Any) -> str | Unknown | None:
    """The name that a setting asks backends for; empty: the pool member's own; None: the client's."""
    for key in ("sniName", "hostName"):
        found = get(own, key)
        if isinstance(found, Unknown):
            return found
        if isinstance(found, str) and found:
            return found.rstrip(".")
    picks = flag(own, "pickHostNameFromBackendAddress", otherwise=False)
    return picks if isinstance(picks, Unknown) else "" if picks else None
