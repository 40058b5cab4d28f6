"""Application Gateways that something else sends requests to: which of them has an address or a name."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from auditor.lenses.paths.elements import KIND
from auditor.lenses.paths.ends import Land, Landing
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.front import ADDRESSES, names_of
from auditor.lenses.paths.gateway import Gateway
from auditor.lenses.paths.shapes import Missing, place
from auditor.lenses.paths.trust import Trust
from auditor.lenses.values import items, last, listing, text_at
from auditor.model import Resource

_LISTENERS: Final = ("httpListeners", "listeners")


class ApplicationGateways:
    """The gateways of the estate, found by the addresses of their frontends, private ones too."""

    def __init__(self, estate: Estate, trust: Trust, land: Land) -> None:
        self._estate, self._trust, self._land = estate, trust, land
        self._frontends: dict[str, list[tuple[str, str]]] = defaultdict(list)  # by address: gateway and frontend
        for gateway in estate.all(KIND):
            for item in items(gateway.body, "properties", "frontendIPConfigurations"):
                name = last(text_at(item, "id")) or (text_at(item, "name") or "").casefold()
                public = estate.by_id(ADDRESSES, text_at(item, "properties", "publicIPAddress", "id"))
                own = text_at(item, "properties", "privateIPAddress")
                for address in (*([own] if own else ()), *(names_of(public) if public else ())):
                    self._frontends[address.casefold()].append((gateway.id, name))

    def landings(self, address: str, port: int, host: str, route: str, but: frozenset[str]) -> tuple[Landing, ...]:
        """What a request to an address, or the name of one, meets at gateways; see `ends.Land`."""
        found: list[Landing] = []
        for gateway_id, frontend in self._frontends.get(address.casefold(), ()):
            resource = self._estate.by_id(KIND, gateway_id)
            if resource is not None:
                gateway = Gateway(resource, self._estate, self._trust, self._land)
                found += list(gateway.landings(frontend, port, host, route, but)) or [_closed(resource, port, host)]
        return tuple(found)


def _closed(gateway: Resource, port: int, host: str) -> Landing:
    """A gateway that has no listener for a request."""
    hidden = next(filter(None, (listing(gateway.body, "properties", key)[1] for key in _LISTENERS)), None)
    edge = f"listener for {host or 'any host'} on port {port}"
    told = Missing(edge, hidden.reason if hidden else "the gateway has none", gone=hidden is None)
    return Landing(place("applicationGateway", gateway.name, gateway.id), missing=(told,))
