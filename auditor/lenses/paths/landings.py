"""Where a request arrives: from a host name or address, by DNS, to what has that address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from auditor.lenses.paths.around import bypass
from auditor.lenses.paths.clusters import Clusters
from auditor.lenses.paths.dns import Names, is_address, is_public
from auditor.lenses.paths.ends import Landing
from auditor.lenses.paths.estate import Estate, listing, word
from auditor.lenses.paths.management import Management
from auditor.lenses.paths.shapes import Missing, Place, Tail, Truth, lost, place
from auditor.lenses.sightings import get, text_at, texts
from auditor.model import Resource, Unknown

SITES: Final = "microsoft.web/sites"
READS: Final = frozenset({SITES})
_FLOORS: Final = ("1.0", "1.1", "1.2", "1.3")


class Landings:
    """The one place that knows all kinds of receivers."""

    def __init__(self, estate: Estate, names: Names) -> None:
        self._estate = estate
        self._names = names
        self.management: Management
        self.clusters: Clusters
        self._sites: dict[str, Resource] = {}
        for site in estate.all(SITES):
            for host in (
                text_at(site.body, "properties", "defaultHostName"),
                *texts(site.body, "properties", "hostNames"),
            ):
                if host:
                    self._sites[host.casefold()] = site
        self._found: dict[tuple[str, int, str, str, str | None], tuple[Landing, ...]] = {}

    def land(self, address: str, port: int, host: str, route: str, subnet: str | None) -> tuple[Landing, ...]:
        """Where a request to an address or name arrives, with a name that is asked for, from a subnet."""
        key = address.casefold().rstrip("."), port, host.casefold().rstrip("."), route, subnet
        found = self._found.get(key)
        if found is None:
            self._found[key] = self._loop(address)  # what leads back here is not followed again
            found = self._found[key] = self._land(*key)
        return found

    def _loop(self, address: str) -> tuple[Landing, ...]:
        target = place("host", address)
        again = lost(target, f"what is behind {address}", "the way leads back to where it came from")
        return (Landing(target, tails=(again,)),)

    def _land(self, address: str, port: int, host: str, route: str, subnet: str | None) -> tuple[Landing, ...]:
        if is_address(address):
            return self._at(address, port, host, route, subnet) or self._nobody(address)
        if site := self._sites.get(address):
            return (self._site(site),)
        network = subnet.partition("/subnets/")[0] if subnet and "/subnets/" in subnet else None
        answer = self._names.resolve(address, network)
        found: list[Landing] = []
        for one in answer.addresses:
            found += self._at(one, port, host, route, subnet) or self._nobody(one)
        if not answer.addresses and not answer.held:
            found += self._by_name(address, port, host, route, subnet)
            if found and not answer.missing:
                told = Missing(f"DNS record {address}", "no zone that was read holds it")
                answer = replace(answer, missing=(told,))
        if not found:
            target = place("host", address, port=port)
            found = [Landing(target, tails=(_behind(target, answer.missing),) if answer.missing else ())]
            answer = replace(answer, missing=())
        return tuple(
            replace(one, via=(*answer.via, *one.via), missing=(*answer.missing, *one.missing)) for one in found
        )

    def _at(self, address: str, port: int, host: str, route: str, subnet: str | None) -> tuple[Landing, ...]:
        service = self.management.by_address(address)
        if service:
            return self.management.landings(service, host, route, subnet, address)
        return self.clusters.landings(address, port, host, route, subnet)

    def _nobody(self, address: str) -> tuple[Landing, ...]:
        target = place("host", address)
        if is_public(address):
            return (Landing(target),)  # outside the estate
        return (Landing(target, tails=(lost(target, f"owner of {address}", "nothing that was read has it"),)),)

    def _by_name(self, name: str, port: int, host: str, route: str, subnet: str | None) -> tuple[Landing, ...]:
        """What declares a name that nothing resolves. The DNS record stays named as missing."""
        service = self.management.by_host(name)
        if service:
            return self.management.landings(service, host, route, subnet, None)
        return self.clusters.by_host(name, route, port)

    def _site(self, site: Resource) -> Landing:
        """An App Service: its platform certificate and names are Azure's."""
        least = word(site.body, "properties", "siteConfig", "minTlsVersion")
        clients = word(site.body, "properties", "clientCertEnabled", otherwise="false")
        mode = word(site.body, "properties", "clientCertMode", otherwise="required")
        wanted = clients if not isinstance(clients, str) else ("none" if clients != "true" else mode)
        answers: dict[str, str | Unknown] = {"required": _BY_THE_APP, "none": "none"}
        asks = answers.get(wanted, "asked") if isinstance(wanted, str) else wanted
        floor = least if not isinstance(least, str) or least in _FLOORS else None
        return Landing(
            place("appService", site.name, site.id), asks=asks, tls=floor or None, logging=(site.id,),
            bypasses=tuple(_beside(site)),
        )  # fmt: skip


_BY_THE_APP: Final = Unknown("App Service demands a client certificate and leaves it to the app to verify it")
"""learn.microsoft.com: app-service/app-service-web-configure-tls-mutual-auth"""


def _beside(site: Resource) -> Iterator[dict[str, Any]]:
    """An App Service that answers the Internet itself."""
    access = word(site.body, "properties", "publicNetworkAccess")
    rules, hidden = listing(site.body, "properties", "siteConfig", "ipSecurityRestrictions")
    if access == "disabled":
        return
    shown = get(site.body, "properties", "siteConfig", "ipSecurityRestrictions") is not None
    otherwise = word(site.body, "properties", "siteConfig", "ipSecurityRestrictionsDefaultAction")
    everyone = [one for one in rules if word(one, "ipAddress") in ("any", "0.0.0.0/0")]
    open_: Truth = Unknown("the access restrictions of the site were not read")
    if isinstance(access, Unknown) or hidden:
        open_ = access if isinstance(access, Unknown) else hidden or open_
    elif shown:
        allowed = any(word(one, "action", otherwise="allow") == "allow" for one in everyone)
        refused = any(word(one, "action", otherwise="allow") == "deny" for one in everyone) or otherwise == "deny"
        limited = any(one not in everyone for one in rules)  # then who is not named is refused
        open_ = allowed or not (refused or limited)
    if open_ is not False:
        path = "properties.siteConfig.ipSecurityRestrictions" if shown else "properties.publicNetworkAccess"
        yield bypass("publicAppService", site.id, path, f"{site.name} answers the Internet itself", open_)


def _behind(target: Place, missing: tuple[Missing, ...]) -> Tail:
    """What comes after a name that was not resolved."""
    first = missing[0]
    found = lost(target, first.edge, first.reason, gone=first.gone)
    return found.lacking(*missing[1:])
