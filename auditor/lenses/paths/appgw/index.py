"""Application Gateways that something else sends requests to: which of them has an address or a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from auditor.lenses.paths.appgw.elements import KIND
from auditor.lenses.paths.appgw.listeners import ADDRESSES
from auditor.lenses.paths.appgw.routing import Gateway
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.hop_builder import Land, Landing
from auditor.lenses.paths.trust import Trust
from auditor.lenses.values import hidden_in, last, listing, text_at
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown


class ApplicationGateways:
    """The gateways of the estate, found by the addresses of their frontends, private ones too."""

    def __init__(self, estate: Estate, trust: Trust, land: Land) -> None:
        self._estate, self._trust, self._land = estate, trust, land
        self._frontends: dict[str, list[tuple[str, str]]] = defaultdict(list)  # by address: gateway and frontend
        self.hidden: str | None = None
        """Why a gateway may have addresses that are not known."""
        for gateway in estate.all(KIND):
            listed, unread = listing(gateway.body, "properties", "frontendIPConfigurations")
            self._hide(gateway, unread)
            for item in listed:
                name = last(text_at(item, "id")) or (text_at(item, "name") or "").casefold()
                for address in self._addresses(gateway, get(item, "properties")):
                    self._frontends[address.casefold()].append((gateway.id, name))

    def _addresses(self, gateway: Resource, own: Any) -> Iterator[str]:
        """The addresses of a frontend, and the name of a public one."""
        reference = get(own, "publicIPAddress")
        public = self._estate.by_id(ADDRESSES, text_at(reference, "id"))
        if reference and public is None:
            hole = self._estate.hole(ADDRESSES, text_at(reference, "id") or "")
            self._hide(gateway, hidden_in(get(reference, "id")) or (Unknown(hole) if hole else None))
        named = get(public.body, "properties") if public else None
        for told in (get(own, "privateIPAddress"), get(named, "ipAddress"), get(named, "dnsSettings", "fqdn")):
            self._hide(gateway, hidden_in(told))
            if isinstance(told, str) and told:
                yield told

    def _hide(self, gateway: Resource, why: Unknown | None) -> None:
        if why:
            self.hidden = f"the addresses of {gateway.name}: {why.reason}"

    def landings(self, address: str, port: int, host: str, route: str, but: frozenset[str]) -> tuple[Landing, ...]:
        """What a request to an address, or the name of one, meets at gateways; see `ends.Land`."""
        frontends = self._frontends.get(address.casefold(), ())
        return tuple(
            landing
            for gateway_id, frontend in frontends
            for landing in self.at(gateway_id, frontend, port, host, route, but)
        )

    def at(
        self, gateway_id: str, frontend: str, port: int, host: str, route: str, but: frozenset[str]
    ) -> list[Landing]:
        """What a request meets at one frontend (its name, casefolded) of a gateway; nothing without such a gateway."""
        resource = self._estate.by_id(KIND, gateway_id)
        if resource is None:
            return []
        gateway = Gateway(resource, self._estate, self._trust, self._land)
        return list(gateway.landings(frontend, port, host, route, but))
