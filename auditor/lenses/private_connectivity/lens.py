"""The lens of private connectivity: one `auditor/privateConnectivity` for each data service, a proof in three parts.

An approved endpoint is attached to it; the right private zone holds the endpoint's address and is what the networks ask
from which the workloads come; the public side is off. Each part holds, does not, or is not known and says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any, Final

from auditor.lenses.coverage import Coverage
from auditor.lenses.derived import derived
from auditor.lenses.private_connectivity.estate import (
    ENDPOINTS,
    GROUPS,
    LINKS,
    RECORDS,
    SCOPED,
    Endpoint,
    Estate,
    approved,
)
from auditor.lenses.private_connectivity.services import SERVICES, WORKSPACE, Service, public_access_off
from auditor.lenses.truth import Truth, truth_or
from auditor.lenses.values import last, text_at
from auditor.model.case_insensitive import get
from auditor.model.packing import unpack
from auditor.model.resource import Resource, Unknown, arm_scope

TYPE: Final = "auditor/privateConnectivity"
_DIFFER: Final = "the service calls the connection approved, and its endpoint does not"


class PrivateConnectivity:
    """The lens."""

    def __init__(self, coverage: Coverage) -> None:
        self._estate = Estate(coverage)
        self.take = self._estate.take

    def derived(self) -> Iterator[Resource]:
        """The data services of an estate with what is proven of each."""
        self._estate.settle()
        for _id, packed in sorted(self._estate.services, key=itemgetter(0)):
            yield _resource(unpack(packed), self._estate)


def _resource(service: Resource, estate: Estate) -> Resource:
    kind, properties = service.type.casefold(), get(service.body, "properties")
    told: dict[str, Any] = {"service": service.id, "publicAccessOff": public_access_off(kind, properties)}
    if kind == WORKSPACE:
        told |= {"kind": "logAnalytics", "attached": _in_scope(service, estate), "zones": []}
    else:
        endpoints = estate.endpoints.get(service.id.casefold(), [])
        told |= {
            "kind": SERVICES[kind].kind,
            "attached": _attached(properties, endpoints),
            "zones": list(_zones_of(service, SERVICES[kind], endpoints, estate)),
        }
    place = f"{service.id}/privateConnectivity/proof"
    return derived(TYPE, place, service.name, told, service.origin, arm_scope(service.body))


def _attached(properties: Any, endpoints: list[Endpoint]) -> Truth:
    """An approved endpoint leads here: by what the service says, or the endpoint; not known where the two differ."""
    given = get(properties, "privateEndpointConnections")
    found: list[Truth] = [endpoint.approved for endpoint in endpoints]
    refused = {endpoint.id for endpoint in endpoints if endpoint.approved is False}
    refused -= {endpoint.id for endpoint in endpoints if endpoint.approved is not False}
    if isinstance(given, list):
        for connection in given:
            told = approved(get(connection, "properties"))
            differs = (text_at(connection, "properties", "privateEndpoint", "id") or "").casefold() in refused
            found.append(Unknown(_DIFFER) if told is True and differs else told)
    elif isinstance(given, Unknown):
        found.append(given)
    return truth_or(*found)


def _in_scope(workspace: Resource, estate: Estate) -> Truth:
    """A workspace belongs to a private link scope that an approved endpoint leads to."""
    scopes = estate.scopes.get(workspace.id.casefold(), set())
    found: list[Truth] = [endpoint.approved for scope in scopes for endpoint in estate.endpoints.get(scope, ())]
    for hole in (estate.hole(SCOPED), estate.hole(ENDPOINTS)):
        if hole:
            found.append(Unknown(hole))
    return truth_or(*found)


def _zones_of(service: Resource, about: Service, endpoints: list[Endpoint], estate: Estate) -> Iterator[dict[str, Any]]:
    """For every sub-resource of every approved endpoint: its zone, its record, and who resolves it."""
    for endpoint in endpoints:
        for group in endpoint.groups if endpoint.approved is True else ():
            same = [other.id for other in endpoints if group in other.groups]
            addresses: set[str] = set().union(*(estate.addresses.get(one, set()) for one in same))
            wanted = service.name.casefold() if about.named else None
            for names in about.zones.get(group, ()):
                yield _zone(endpoint, group, names, wanted, addresses, estate)


def _zone(
    endpoint: Endpoint, group: str, names: frozenset[str], wanted: str | None, addresses: set[str], estate: Estate
) -> dict[str, Any]:
    bound = estate.bound.get(endpoint.id, {})
    zone = next((found for found in sorted(bound) if last(found) in names), None)
    by_hand = None if zone or wanted is None else estate.kept_by_hand(names, wanted, addresses)
    how = "right" if zone else "other" if bound else "byHand" if by_hand else "none"
    zone = zone or by_hand
    told: dict[str, Any] = {
        "name": f"{endpoint.name}/{group}" if wanted else f"{endpoint.name}/{last(zone) if zone else min(names)}",
        "group": group,
        "endpoint": endpoint.id,
        "zone": last(zone) if zone else min(names),
        "bound": how,
        "addresses": sorted(addresses),
        "record": _record(zone, wanted, addresses, endpoint, estate) if zone else _unbound(endpoint, estate),
        "links": estate.linked(zone) if zone else None,
        "networks": [],
    }
    if zone:
        for network in estate.consumers(endpoint.network):
            about = {"name": last(network), "resource": network, "workloads": sorted(estate.workloads[network])}
            told["networks"].append(about | {"linked": _linked(network, zone, estate)})
    return told


def _unbound(endpoint: Endpoint, estate: Estate) -> Truth:
    hole = estate.doubt(GROUPS, endpoint.id)
    return Unknown(hole) if hole else False


def _record(zone: str, wanted: str | None, addresses: set[str], endpoint: Endpoint, estate: Estate) -> Truth:
    """The zone that is bound holds the address of the endpoint under the name of the service."""
    if wanted is None:
        return True  # Azure Monitor: many shared names, kept by the zone group
    told = set(estate.bound.get(endpoint.id, {}).get(zone, ()))
    if zone not in estate.zones:
        return Unknown(f"the zone {last(zone)} was not read")
    records = estate.records.get(zone, {})
    held = records.get(wanted, records.get("*"))
    if held is None:
        hole = estate.doubt(RECORDS, zone)
        if not hole:
            return False
        return True if told and told <= addresses else Unknown(hole)
    if not addresses:
        return Unknown(f"the address of {endpoint.name} was not read")
    return bool(held) and held <= addresses


def _linked(network: str, zone: str, estate: Estate) -> Truth:
    """What answers the DNS questions of this network knows the zone."""
    asked = estate.asked_by(network)
    if isinstance(asked, Unknown):
        return asked
    if (zone, asked) in estate.unfinished:
        return Unknown(f"the link of {last(asked)} to the zone is not finished, or failed")
    if asked in estate.links.get(zone, set()):
        return True
    if zone not in estate.zones:
        return Unknown(f"the zone {last(zone)} was not read")
    hole = estate.doubt(LINKS, zone)
    return Unknown(hole) if hole else False
