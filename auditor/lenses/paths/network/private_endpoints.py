"""Private endpoints: which resource answers at an address of one, and whether a resource has any."""

from __future__ import annotations

from typing import Final

from auditor.lenses.paths.estate import Estate
from auditor.lenses.values import items, text_at, texts, word
from auditor.model.case_insensitive import get

KIND: Final = "microsoft.network/privateendpoints"
READS: Final = frozenset({KIND})
_CONNECTIONS: Final = ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")


class Endpoints:
    """The private endpoints of the estate whose connection was approved, or says nothing of it."""

    def __init__(self, estate: Estate) -> None:
        self._targets: set[str] = set()
        self._addresses: dict[str, str] = {}
        for endpoint in estate.all(KIND):
            own = get(endpoint.body, "properties")
            for connection in (one for key in _CONNECTIONS for one in items(own, key)):
                target = (text_at(connection, "properties", "privateLinkServiceId") or "").casefold()
                status = word(connection, "properties", "privateLinkServiceConnectionState", "status")
                if target and status in ("approved", ""):
                    self._targets.add(target)
                    for told in items(own, "customDnsConfigs"):
                        self._addresses |= dict.fromkeys(texts(told, "ipAddresses"), target)

    def behind(self, address: str) -> str | None:
        """The casefolded id of what answers at an address."""
        return self._addresses.get(address)

    def of(self, resource_id: str) -> bool:
        """Whether a resource has one."""
        return resource_id.casefold() in self._targets
