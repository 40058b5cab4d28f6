"""Where a request arrives: from a host name or address, by DNS, to what has that address."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from auditor.lenses.paths.apim.entry import Management
from auditor.lenses.paths.apim.service import KIND as MANAGEMENT
from auditor.lenses.paths.appgw.index import ApplicationGateways
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.hop_builder import Landing
from auditor.lenses.paths.kubernetes.clusters import Clusters
from auditor.lenses.paths.model import Missing, Place, Tail, lost, place
from auditor.lenses.paths.network.app_service import SITES, Sites
from auditor.lenses.paths.network.dns import Names, is_address, is_public
from auditor.lenses.paths.network.private_endpoints import Endpoints


class _Call(NamedTuple):
    port: int
    host: str
    route: str
    subnet: str | None
    but: frozenset[str]


class Landings:
    """The one place that knows all kinds of receivers."""

    def __init__(self, estate: Estate, names: Names) -> None:
        self._names = names
        self.gateways: ApplicationGateways
        self.management: Management
        self.clusters: Clusters
        self._estate = estate
        self._endpoints = Endpoints(estate)
        self._sites = Sites(estate, self._endpoints)
        self._found: dict[tuple[str, _Call], tuple[Landing, ...]] = {}

    def land(
        self, address: str, port: int, host: str, route: str, subnet: str | None, but: frozenset[str] = frozenset()
    ) -> tuple[Landing, ...]:
        """Where a request arrives; see `ends.Land`."""
        name = address.casefold().rstrip(".")
        call = _Call(port, host.casefold().rstrip("."), route, subnet, but)
        found = self._found.get((name, call))
        if found is None:
            self._found[name, call] = self._loop(address)  # what leads back here is not followed again
            found = self._found[name, call] = self._land(name, call)
        return found

    def _loop(self, address: str) -> tuple[Landing, ...]:
        target = place("host", address)
        again = lost(target, f"what is behind {address}", "the way leads back to where it came from")
        return (Landing(target, tails=(again,)),)

    def _land(self, address: str, call: _Call) -> tuple[Landing, ...]:
        subnet = call.subnet
        if is_address(address):
            return self._at(address, call) or self._nobody(address)
        if site := self._sites.by_host(address):
            return (self._sites.landing(site),)
        if at_gateways := self.gateways.landings(address, call.port, call.host, call.route, call.but):
            return at_gateways
        network = subnet.partition("/subnets/")[0] if subnet and "/subnets/" in subnet else None
        answer = self._names.resolve(address, network)
        found: list[Landing] = []
        for one in answer.addresses:
            found += self._at(one, call) or self._nobody(one)
        if not answer.addresses and not answer.held:
            found += self._by_name(address, call)
            if found and not answer.missing:
                told = Missing(f"DNS record {address}", "no zone that was read holds it")
                answer = replace(answer, missing=(told,))
        if not found:
            target = place("host", address, port=call.port)
            found = [Landing(target, tails=(_behind(target, answer.missing),) if answer.missing else ())]
            answer = replace(answer, missing=())
        return tuple(
            replace(one, via=(*answer.via, *one.via), missing=(*answer.missing, *one.missing)) for one in found
        )

    def _at(self, address: str, call: _Call) -> tuple[Landing, ...]:
        behind = self._endpoints.behind(address)
        if site := self._estate.by_id(SITES, behind):
            return (self._sites.landing(site),)
        if service := self.management.by_address(address) or self._estate.by_id(MANAGEMENT, behind):
            return self.management.landings(service, call.host, call.route, call.subnet, address)
        at_gateways = self.gateways.landings(address, call.port, call.host, call.route, call.but)
        return at_gateways or self.clusters.landings(address, *call)

    def linked(
        self, resource_id: str, part: str, port: int, host: str, route: str, but: frozenset[str] = frozenset()
    ) -> tuple[Landing, ...]:
        """What a private link to a resource, and to a part of it, leads to; nothing for what takes no such requests."""
        if site := self._estate.by_id(SITES, resource_id):
            return (self._sites.landing(site),)
        if service := self._estate.by_id(MANAGEMENT, resource_id):
            return self.management.landings(service, host, route, None, None)
        return tuple(self.gateways.at(resource_id, part.casefold(), port, host, route, but))

    def _nobody(self, address: str) -> tuple[Landing, ...]:
        target = place("host", address)
        if is_public(address):
            return (Landing(target),)  # outside the estate
        return (Landing(target, tails=(lost(target, f"owner of {address}", "nothing that was read has it"),)),)

    def _by_name(self, name: str, call: _Call) -> tuple[Landing, ...]:
        """What declares a name that nothing resolves. The DNS record stays named as missing."""
        service = self.management.by_host(name)
        if service:
            return self.management.landings(service, call.host, call.route, call.subnet, None)
        return self.clusters.by_host(name, call.route, call.port)


def _behind(target: Place, missing: tuple[Missing, ...]) -> Tail:
    """What comes after a name that was not resolved."""
    first = missing[0]
    found = lost(target, first.edge, first.reason, gone=first.gone)
    return found.lacking(*missing[1:])
