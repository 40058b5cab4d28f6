"""The back of an Application Gateway: backend settings → members of a pool → where these are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from auditor.lenses.paths.appgw.elements import NO_PROTOCOL, TCP, Elements, Level
from auditor.lenses.paths.hop_builder import Land, Landing, Sender, follow
from auditor.lenses.paths.model import Place, Tail, evidence, lost
from auditor.lenses.paths.network.dns import is_address
from auditor.lenses.paths.trust import Served, Trust, thumbprints
from auditor.lenses.truth import truth_and
from auditor.lenses.values import flag, items, last, listing, text_at, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Unknown

OWN: Final = "(its own)"  # no host name
_FLOOR: Final = "1.2"
"""Since 31 August 2025 the gateway speaks nothing older to backends (application-gateway/ssl-overview)."""


class Pools:
    """Where one gateway sends what it received."""

    def __init__(self, elements: Elements, trust: Trust, land: Land) -> None:
        self._elements = elements
        self._trust = trust
        self._land = land
        inside = items(elements.properties, "gatewayIPConfigurations")
        self._subnet = next((text_at(item, "properties", "subnet", "id") for item in inside), None)
        self._tails: dict[tuple[Any, ...], tuple[Tail, ...]] = {}
        self._senders: dict[tuple[str, int, str], Sender] = {}  # by setting, and the listener before it

    def tails(
        self, level: Level, pool: Any, setting: Any, spot: Place, route: str, host: str, but: frozenset[str]
    ) -> tuple[Tail, ...]:
        """Every way from a listener on, by a setting to the members of a pool; `but`: see `ends.Land`."""
        members = self._elements.named("backendAddressPools", pool)
        how = self._elements.named(level.settings, setting)
        if how is None:
            return (lost(spot, "backend settings of the rule", self._elements.missing(level.settings, setting)),)
        if members is None:
            return (lost(spot, "backend pool of the rule", self._elements.missing("backendAddressPools", pool)),)
        asked = _asked(get(how[1], "properties"))
        if asked is not None:  # whatever clients ask for
            host, but = "", frozenset()
        key = spot["name"], level.settings, how[0], members[0], route, host, but
        found = self._tails.get(key)
        if found is None:
            found = self._tails[key] = tuple(
                self._members(level, members[1], how, host if asked is None else asked, spot, route, but)
            )
        return found

    def _members(
        self,
        level: Level,
        pool: dict[str, Any],
        setting: tuple[int, dict[str, Any]],
        asked: str | Unknown,
        spot: Place,
        route: str,
        but: frozenset[str],
    ) -> Iterator[Tail]:
        name = text_at(pool, "name") or last(text_at(pool, "id"))
        members, hidden = listing(pool, "properties", "backendAddresses")
        own = get(setting[1], "properties")
        port, path = get(own, "port"), get(own, "path")
        if path:
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
            host = address if asked == OWN or (asked == "*" and not is_address(address)) else asked
            if isinstance(host, Unknown) or host == "*":
                host = ""
            number = port if isinstance(port, int) else 443
            landings = self._land(address, number, host, route, self._subnet, but)
            sni = get(own, "sniName") or host  # which certificate answers; the host says which route is taken
            name = sni.rstrip(".") if isinstance(sni, str) else ""
            if name.casefold() != host.casefold():
                answers = self._land(address, number, name, route, self._subnet) if name else ()
                landings = tuple(replace(one, served=answering(one, answers, name)) for one in landings)
            yield from follow(sender, landings, name, self._trust)
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
            encrypts = protocol if isinstance(protocol, Unknown) else TCP if protocol == "tcp" else NO_PROTOCOL
        chain = flag(own, "validateCertChainAndExpiry", otherwise=True)
        names = flag(own, "validateSNI", otherwise=True)
        roots, hidden = listing(own, "trustedRootCertificates")
        stores = [self._elements.named("trustedRootCertificates", root) for root in roots]
        anchors, whole = thumbprints(
            self._trust.read(text_at(store[1], "properties", "data") if store else None) for store in stores
        )
        verifies = truth_and(chain, names)
        deciding = "validateCertChainAndExpiry" if chain is not True else "validateSNI"
        told = (
            evidence(self._elements.resource.id, f"{path}.{deciding}", get(own, deciding))
            if encrypts is True and verifies is not True
            else evidence(self._elements.resource.id, f"{path}.protocol", get(own, "protocol"))
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
            tls=_FLOOR,
        )


def _said(encrypts: bool | Unknown, verifies: bool | Unknown) -> str:
    if encrypts is False:
        return "plain text"
    if isinstance(encrypts, Unknown) or isinstance(verifies, Unknown):
        return "a protocol that is not known"
    return "TLS and verifies the backend" if verifies else "TLS without verifying the backend"


def _asked(own: Any) -> str | Unknown | None:
    """The host that a setting asks backends for; `OWN`: the pool member's; None: the client's."""
    told = get(own, "hostName")
    if told:
        return told.rstrip(".") if isinstance(told, str) else told if isinstance(told, Unknown) else None
    picks = flag(own, "pickHostNameFromBackendAddress", otherwise=False)
    return picks if isinstance(picks, Unknown) else OWN if picks else None


def answering(landing: Landing, answers: Sequence[Landing], name: str) -> Served | Unknown | None:
    """The certificate that a landing shows who asks for another name than the host."""
    if landing.served is None:
        return None
    place = landing.target.get("resource")
    found = next((one.served for one in answers if one.served and one.target.get("resource") == place), None)
    return found or Unknown(f"which certificate answers {name or 'the name that is asked for'} is not known")
