"""The origins of Azure Front Door: how it speaks to them, and where that arrives, by name or by private link.

An origin must show a certificate of a public authority, with the name of the origin whatever the host header says.
Sources, learn.microsoft.com: frontdoor/end-to-end-tls, frontdoor/private-link.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from auditor.lenses.paths.appgw.backends import answering
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.frontdoor.rule_sets import Effects, Way
from auditor.lenses.paths.hop_builder import Landing, Sender, follow
from auditor.lenses.paths.model import Place, Tail, evidence, lost, place
from auditor.lenses.paths.network.nat_rules import BALANCERS
from auditor.lenses.paths.receivers import Landings
from auditor.lenses.paths.trust import Trust
from auditor.lenses.truth import Truth
from auditor.lenses.values import flag, items, last, text_at, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown, parent_of

ORIGINS: Final = "microsoft.cdn/profiles/origingroups/origins"
SERVICES: Final = "microsoft.network/privatelinkservices"
READS: Final = frozenset({ORIGINS, SERVICES})
FLOOR: Final = "1.2"
"""Since March 2025 Front Door takes and speaks nothing older, unless a custom domain asks for it."""


class Origins:
    """The origins of the estate. What lies outside of it is not followed."""

    def __init__(self, estate: Estate, trust: Trust, landings: Landings) -> None:
        self._estate, self._trust, self._landings = estate, trust, landings
        self._groups: dict[str, list[Resource]] = defaultdict(list)  # by casefolded id
        for origin in estate.all(ORIGINS):
            self._groups[(parent_of(origin.id) or "").casefold()].append(origin)

    def tails(
        self, route: Resource, effects: Effects, spot: Place, host: str, patterns: Sequence[str], scheme: str
    ) -> Iterator[Tail]:
        """Every way from a route to the origins of its groups that are of the estate."""
        if effects.hidden:
            yield lost(spot, f"rule sets of route {route.name}", effects.hidden.reason)
        path = text_at(route.body, "properties", "originPath")
        onward = "/*" if effects.rewrites else f"{path.rstrip('/')}/*" if path else ", ".join(patterns)
        for way in effects.ways:
            group = way.group
            hole = group if isinstance(group, Unknown) else self._estate.hole(ORIGINS, str(group or ""))
            if hole:
                yield lost(spot, f"origins of route {route.name}", hole.reason if isinstance(hole, Unknown) else hole)
            for origin in self._groups.get(str(group).casefold(), []):
                if is_on(origin.body, "properties", "enabledState") is not False:
                    yield from self._to(route, way, origin, spot, host, onward, scheme)

    def _to(
        self, route: Resource, way: Way, origin: Resource, spot: Place, host: str, path: str, scheme: str
    ) -> Iterator[Tail]:
        own = get(origin.body, "properties")
        told, link = get(own, "hostName"), get(own, "sharedPrivateLinkResource")
        hidden = next((one for one in (told, link) if isinstance(one, Unknown)), None)
        if hidden:
            yield lost(spot, f"origin {origin.name}", hidden.reason)
            return
        name = told.rstrip(".") if isinstance(told, str) else ""
        header = get(own, "originHostHeader") or host
        asked = header if isinstance(header, str) and header != "*" else ""
        sender = _sender(route, way, origin, spot, scheme)
        port = get(own, "httpPort" if sender.encrypts is False else "httpsPort")
        number = port if isinstance(port, int) else 80 if sender.encrypts is False else 443
        landings = self._land(origin, link, name, number, asked, path)
        if name.casefold() != asked.casefold():
            answers = self._land(origin, link, name, number, name, path)
            landings = [replace(one, served=answering(one, answers, name)) for one in landings]
        yield from follow(sender, landings, name, self._trust)

    def _land(self, origin: Resource, link: Any, name: str, port: int, asked: str, path: str) -> list[Landing]:
        """Where requests to an origin arrive, as far as that is in the estate."""
        target = get(link, "privateLink", "id")
        if not target:
            found = self._landings.land(name, port, asked, path, None)
            ours = [one for one in found if one.target["kind"] != "host"]
            hidden = self._landings.gateways.hidden
            return [_beyond(origin, hidden)] if hidden and not ours else ours
        if not isinstance(target, str):
            why = target.reason if isinstance(target, Unknown) else "the private link does not say whither"
            return [_beyond(origin, why)]
        if "/privatelinkservices/" not in target.casefold():
            return list(self._landings.linked(target, text_at(link, "groupId") or "", port, asked, path))
        service = self._estate.by_id(SERVICES, target)
        if service is None:
            return [_beyond(origin, self._estate.hole(SERVICES, target) or f"{last(target)} was not found")]
        inside = next(
            (
                text_at(one, "properties", "subnet", "id")
                for one in items(service.body, "properties", "ipConfigurations")
            ),
            None,
        )
        addresses = self._addresses(service)
        if not addresses:
            return [_beyond(origin, f"the addresses behind {service.name} are not known")]
        return [one for address in addresses for one in self._landings.land(address, port, asked, path, inside)]

    def _addresses(self, service: Resource) -> list[str]:
        """The addresses of the load balancer behind a private link service."""
        found = []
        for reference in items(service.body, "properties", "loadBalancerFrontendIpConfigurations"):
            named = text_at(reference, "id") or ""
            balancer = self._estate.by_id(BALANCERS, named.casefold().partition("/frontendipconfigurations/")[0])
            for item in items(balancer.body, "properties", "frontendIPConfigurations") if balancer else ():
                address = text_at(item, "properties", "privateIPAddress")
                if address and last(named) in (last(text_at(item, "id")), (text_at(item, "name") or "").casefold()):
                    found.append(address)
        return found


def _sender(route: Resource, way: Way, origin: Resource, spot: Place, scheme: str) -> Sender:
    """Front Door, as a route or a rule of its rule sets has it speak to an origin."""
    encrypts = _encrypts(way.told, scheme)
    if (
        way.holder is not route
        and way.told is None
        and encrypts != _encrypts(get(route.body, "properties", "forwardingProtocol"), scheme)
    ):
        encrypts = Unknown(f"{way.holder.name} does not say by which protocol")
    check = get(origin.body, "properties", "enforceCertificateNameCheck")
    verifies = flag(origin.body, "properties", "enforceCertificateNameCheck", otherwise=True)
    return Sender(
        spot,
        encrypts=encrypts,
        verifies=verifies,
        says=f"route {route.name} speaks {_said(encrypts, verifies)} to origin {origin.name}",
        evidence=evidence(origin.id, "properties.enforceCertificateNameCheck", check)
        if encrypts is True and verifies is not True
        else evidence(way.holder.id, way.path, way.told),
        anchors=frozenset(),
        sends=False,
        tls=FLOOR,
    )


_SPOKEN: Final = {"httponly": False, "httpsonly": True}


def _encrypts(told: Any, scheme: str) -> Truth:
    """Whether requests of a scheme go on encrypted by a protocol that is told; as they came where none is."""
    speaks = word({"told": told}, "told", otherwise="matchrequest")
    return speaks if isinstance(speaks, Unknown) else _SPOKEN.get(speaks, scheme == "https")


def _beyond(origin: Resource, why: str) -> Landing:
    """An origin that may lead into what was not read."""
    target = place("host", origin.name, origin.id)
    return Landing(target, tails=(lost(target, f"what is behind origin {origin.name}", why),))


def _said(encrypts: Truth, checks: Truth) -> str:
    if encrypts is False:
        return "plain text"
    if isinstance(encrypts, Unknown) or isinstance(checks, Unknown):
        return "a protocol that is not known"
    return "TLS, verified," if checks else "TLS without verifying the name"


def is_on(value: Any, *keys: str) -> Truth:
    """Whether a switch is `Enabled`, which it is where nothing is said."""
    told = word(value, *keys, otherwise="enabled")
    return told if isinstance(told, Unknown) else told == "enabled"
