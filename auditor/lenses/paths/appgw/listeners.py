"""The front of an Application Gateway: public address → listener, with what it serves and asks of clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from auditor.lenses.certificates.certificate_locations import vault_ref
from auditor.lenses.paths.appgw.elements import NO_PROTOCOL, TCP, Elements, Level, name_in
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.hop_builder import unseen
from auditor.lenses.paths.kubernetes.gateway_routes import takes
from auditor.lenses.paths.model import (
    MUTUAL,
    PLAINTEXT,
    VERIFIED,
    Hop,
    Missing,
    Place,
    Protection,
    evidence,
    hop,
    place,
)
from auditor.lenses.paths.routes import is_pattern
from auditor.lenses.paths.trust import Served, Trust
from auditor.lenses.values import items, last, listing, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

ADDRESSES: Final = "microsoft.network/publicipaddresses"
READS: Final = frozenset({ADDRESSES})
FLOORS: Final = {
    "appgwsslpolicy20150501": "1.0",
    "appgwsslpolicy20170401": "1.1",
    "appgwsslpolicy20170401s": "1.2",
    "appgwsslpolicy20220101": "1.2",
    "appgwsslpolicy20220101s": "1.2",
}
"""The lowest version of the predefined policies (learn.microsoft.com: application-gateway-ssl-policy-overview)."""
_VERSIONS: Final = {"tlsv1_0": "1.0", "tlsv1_1": "1.1", "tlsv1_2": "1.2", "tlsv1_3": "1.3"}


class Front:
    """Where clients come in at one gateway."""

    def __init__(self, elements: Elements, estate: Estate, trust: Trust) -> None:
        self._elements = elements
        self._estate = estate
        self._trust = trust

    def of(self, reference: Any) -> tuple[bool | Unknown, tuple[str, ...], tuple[Missing, ...]]:
        """Whether a frontend is public, with which addresses, and what of it was not found."""
        found = self._elements.named("frontendIPConfigurations", reference)
        if found is None:
            why = self._elements.missing("frontendIPConfigurations", reference)
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
            return True, (), (Missing(edge, self._elements.missing("publicIPAddresses", told)),)
        if address is None:
            hole = self._estate.hole(ADDRESSES, text_at(told, "id") or "")
            return True, (), (Missing(edge, hole or "it is not in the estate", gone=hole is None),)
        return True, names_of(address), ()

    def port(self, reference: Any) -> int | None:
        """The number of a frontend port."""
        found = self._elements.named("frontendPorts", reference)
        port = get(found[1], "properties", "port") if found else None
        return port if isinstance(port, int) else None

    def enter(self, spot: Place, path: str, own: Any, host: str, addresses: Sequence[str]) -> Hop:
        """The hop of a client to a listener, for one of its hosts."""
        client = place("client", "Internet")
        via = [f"public address {address}" for address in addresses] or None
        protocol = word(own, "protocol")
        told = evidence(self._elements.resource.id, f"{path}.protocol", get(own, "protocol"))
        if protocol == "http":
            return hop(client, spot, PLAINTEXT, "the listener speaks HTTP", evidence=told, via=via, host=host)
        if protocol not in ("https", "tls"):
            why = protocol if isinstance(protocol, Unknown) else TCP if protocol == "tcp" else NO_PROTOCOL
            says = "the protocol of the listener is not known"
            blind = dict.fromkeys(("nameMatches", "clientCertificate", "tls"), why) if why is protocol else {}
            return hop(client, spot, why, says, evidence=told, via=via, host=host, **blind)
        served, asks, floor = self.serves(own)
        protection: Protection = MUTUAL if asks == "verified" else VERIFIED
        more: dict[str, Any] = {"clientCertificate": asks, "tls": floor}
        if isinstance(served, Served):
            more |= {
                "certificate": self._trust.shown(served),
                "nameMatches": True if host == "*" else served.bears(host),
            }
        else:
            more |= {"certificate": unseen(served), "nameMatches": served}
        says = "the listener ends TLS" + (" and demands a client certificate" if asks == "verified" else "")
        return hop(client, spot, protection, says, evidence=told, via=via, host=host, **more)

    def serves(self, own: Any) -> tuple[Served | Unknown, str | Unknown, str | Unknown]:
        """What a listener that ends TLS serves, what it asks of clients, and the lowest version that it takes."""
        profile = self._elements.named("sslProfiles", get(own, "sslProfile"))
        return (
            self._served(get(own, "sslCertificate")),
            self._client_certificate(own, profile),
            self._floor(profile[1] if profile else None),
        )

    def _served(self, reference: Any) -> Served | Unknown:
        found = self._elements.named("sslCertificates", reference)
        if found is None:
            return Unknown(f"the certificate of the listener: {self._elements.missing('sslCertificates', reference)}")
        own = get(found[1], "properties")
        served = self._trust.of_text(text_at(own, "publicCertData"))
        served = served or self._trust.of_vault(vault_ref(get(own, "keyVaultSecretId")))
        return served or Unknown(f"the certificate {last(text_at(reference, 'id'))} is not visible")

    def _client_certificate(self, own: Any, profile: tuple[int, dict[str, Any]] | None) -> str | Unknown:
        reference = get(own, "sslProfile")
        if reference is None:
            return "none"
        if profile is None:
            return Unknown(f"the TLS profile of the listener: {self._elements.missing('sslProfiles', reference)}")
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
        policy = get(profile, "properties", "sslPolicy") or get(self._elements.properties, "sslPolicy")
        if isinstance(policy, Unknown):
            return policy
        least = word(policy, "minProtocolVersion")
        name = word(policy, "policyName") or word(self._elements.properties, "defaultPredefinedSslPolicy")
        if isinstance(least, Unknown) or (not least and isinstance(name, Unknown)):
            return least if isinstance(least, Unknown) else name
        if least:
            return _VERSIONS.get(least, Unknown(f"{least} is no version of TLS"))
        return FLOORS.get(str(name), Unknown("the gateway does not show its TLS policy"))


def names_of(address: Resource) -> tuple[str, ...]:
    """A public address, and the name that Azure gives it."""
    own = get(address.body, "properties")
    return tuple(filter(None, (text_at(own, "ipAddress"), text_at(own, "dnsSettings", "fqdn"))))


class Listeners:
    """The order in which the listeners of one gateway are asked whether they take a host.

    Those of one address and port are asked by the priority of their rules; where these have none, an exact name comes
    before a wildcard (learn.microsoft.com: application-gateway/multiple-site-overview).
    """

    def __init__(self, elements: Elements) -> None:
        self._elements = elements
        self._priorities: dict[str, dict[str, Any]] = {}  # by level and casefolded name of the listener

    def before(self, level: Level, number: int, host: str) -> frozenset[str]:
        """What others take before a listener, whose host stands for several: casefolded names and patterns."""
        listed = listing(self._elements.properties, level.listeners)[0]
        own = get(listed[number], "properties")
        place_, mine = _spot(own), self._priority(level, listed[number])
        found: set[str] = set()
        for other in listed:
            theirs = get(other, "properties")
            if other is listed[number] or _spot(theirs) != place_:
                continue
            priority = self._priority(level, other)
            hosts = {one.casefold() for one in hosts_of(theirs)[0]} - {"*", host.casefold()}
            if isinstance(priority, int) and isinstance(mine, int):
                found |= hosts if priority < mine else set()
            elif priority is None and mine is None:
                found |= {one for one in hosts if not is_pattern(one)}
        return frozenset(found)

    def taking(self, level: Level, numbers: Sequence[int], host: str) -> list[int]:
        """Which of some listeners of one address and port take a host; of one that is exact the first alone. Without a
        host, all of them."""
        listed = listing(self._elements.properties, level.listeners)[0]
        hosts = {number: hosts_of(get(listed[number], "properties"))[0] for number in numbers}
        if not host or is_pattern(host):
            return [n for n in numbers if not host or any(takes(o, host) or takes(host, o) for o in hosts[n])]
        priorities = {number: self._priority(level, listed[number]) for number in numbers}
        ranked = all(isinstance(priority, int) for priority in priorities.values())

        def order(number: int) -> tuple[Any, ...]:
            exact = host.casefold() in (one.casefold() for one in hosts[number])
            return (priorities[number],) if ranked else (not exact, "*" in hosts[number])

        return sorted((n for n in numbers if any(takes(own, host) for own in hosts[n])), key=order)[:1]

    def _priority(self, level: Level, listener: dict[str, Any]) -> Any:
        """The priority of the rule of a listener; None when it has none, empty when there is no rule."""
        known = self._priorities.get(level.rules)
        if known is None:
            known = self._priorities[level.rules] = {}
            for rule in items(self._elements.properties, level.rules):
                own = get(rule, "properties")
                known[name_in(get(own, level.listener))] = get(own, "priority")
        return known.get(last(text_at(listener, "id")) or (text_at(listener, "name") or "").casefold(), "")


def _spot(own: Any) -> tuple[str, ...]:
    return tuple(name_in(get(own, key)) for key in ("frontendIPConfiguration", "frontendPort"))


def hosts_of(own: Any) -> tuple[list[str], Unknown | None]:
    """The host names of a listener (`*`: any), and why there may be more."""
    several = get(own, "hostNames")
    one = get(own, "hostName")
    odd = next((value for value in (own, several, one) if isinstance(value, Unknown)), None)
    named = [host for host in (one if isinstance(one, str) else "", *texts(own, "hostNames")) if host]
    if isinstance(several, list) and len(texts(own, "hostNames")) < len(several):
        odd = odd or Unknown("a host name is not known")
    return list(dict.fromkeys(named)) or ["*"], odd
