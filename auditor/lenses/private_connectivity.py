"""The lens of private connectivity: one `auditor/privateConnectivity` for each data service, a proof in three parts.

An approved endpoint is attached to it; the right private zone holds the endpoint's address and is what the networks ask
from which the workloads come; the public side is off. Each part holds, does not, or is not known and says why.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterator
from operator import itemgetter
from typing import Any, Final, NamedTuple

from auditor.fields import OF_AZURE, Fields
from auditor.keys import get
from auditor.lenses.coverage import Coverage
from auditor.lenses.private_connectivity_services import SERVICES, WORKSPACE, Service, public_access_off
from auditor.lenses.truth import Truth, truth_or
from auditor.lenses.values import hidden_in, items, last, text_at, texts
from auditor.model import Resource, Unknown, arm_scope, holds_unknown
from auditor.packed import Packed, pack, unpack

TYPE: Final = "auditor/privateConnectivity"
_ZONES: Final = "microsoft.network/privatednszones"
_LINKS: Final = f"{_ZONES}/virtualnetworklinks"
_RECORDS: Final = f"{_ZONES}/a"
_ENDPOINTS: Final = "microsoft.network/privateendpoints"
_GROUPS: Final = f"{_ENDPOINTS}/privatednszonegroups"
_SCOPED: Final = "microsoft.insights/privatelinkscopes/scopedresources"
_VAGUE: Final = "a part of it is not known"
_AZURE_DNS: Final = "168.63.129.16"


class Endpoint(NamedTuple):
    """A private endpoint, or one connection of it: `groups` are sub-resources in small letters."""

    id: str
    name: str
    target: str  # casefolded id of the service
    groups: tuple[str, ...]
    approved: Truth
    network: str  # casefolded id


class Network(NamedTuple):
    """A virtual network: the networks it is connected with, and the DNS servers it asks (none: those of Azure)."""

    peers: frozenset[str]
    servers: tuple[str, ...] | Unknown


class PrivateConnectivity:
    """The lens."""

    def __init__(self, coverage: Coverage) -> None:
        self._estate = _Estate(coverage)
        self.take = self._estate.take

    def derived(self) -> Iterator[Resource]:
        """The data services of an estate with what is proven of each."""
        self._estate.settle()
        for _id, packed in sorted(self._estate.services, key=itemgetter(0)):
            yield _resource(unpack(packed), self._estate)


_KEPT: Final = Fields.named(
    f"{OF_AZURE} properties.accessModeSettings properties.privateEndpointConnections properties.publicNetworkAccess "
    "properties.publicNetworkAccessForIngestion properties.publicNetworkAccessForQuery properties.virtualNetworkType"
)
"""What the proof reads of a service, once all was read."""


class _Estate:
    """Networks, endpoints, zones. Ids are casefolded where they are keys."""

    def __init__(self, coverage: Coverage) -> None:
        self.services: list[tuple[str, Packed]] = []  # each with its id
        self.endpoints: dict[str, list[Endpoint]] = defaultdict(list)  # by service
        self.known: set[str] = set()  # endpoints that were read
        self.bound: dict[str, dict[str, list[str]]] = defaultdict(dict)  # by endpoint: zones, with addresses told there
        self.addresses: dict[str, set[str]] = defaultdict(set)  # by endpoint
        self.zones: dict[str, str] = {}  # id → name
        self.links: dict[str, set[str]] = defaultdict(set)  # zone → networks
        self.records: dict[str, dict[str, set[str]]] = defaultdict(dict)  # zone → name → addresses
        self.networks: dict[str, Network] = {}
        self.resolvers: dict[str, str] = {}  # address → the network whose zones answer there
        self.workloads: dict[str, list[str]] = defaultdict(list)  # network → who is in it
        self.scopes: dict[str, set[str]] = defaultdict(set)  # workspace → private link scopes
        self.vague: set[str] = set()  # zones and endpoints of which a child is not fully known
        self._counts: dict[str, int] = {}  # links by zone, as the zone says
        self._proxies: set[str] = set()  # firewall policies that answer for Azure's own DNS
        self._firewalls: list[tuple[str, str, str]] = []  # policy, address, network
        self._peers: dict[str, set[str]] | None = None  # networks that reach each other
        self._coverage = coverage
        self._seen: set[str] = set()

    def take(self, resource: Resource) -> None:
        """Keep what is needed of a resource."""
        self._take(resource.type.casefold(), resource, get(resource.body, "properties"))

    def settle(self) -> None:
        """What is known only when all was read."""
        self.resolvers |= {address: network for policy, address, network in self._firewalls if policy in self._proxies}

    def hole(self, kind: str, place: str = "") -> str | None:
        """Why there may be more of a type than was read."""
        return self._coverage.hole(kind, kind in self._seen, place, below=True)

    def _take(self, kind: str, resource: Resource, properties: Any) -> None:
        self._seen.add(kind)
        folded, above = resource.id.casefold(), (resource.parent_id or "").casefold()
        if resource.partial and kind in (_GROUPS, _LINKS, _RECORDS) and holds_unknown(properties):
            self.vague.add(above)
        if kind in SERVICES or kind == WORKSPACE:
            self.services.append((folded, pack(resource, _KEPT)))
        if kind in _WORKLOADS:
            for network in _networks_of(kind, properties):
                self.workloads[network].append(resource.name)
        elif kind == _ENDPOINTS:
            self._endpoint(resource, folded, properties)
        elif kind == _GROUPS:
            for config in items(properties, "privateDnsZoneConfigs"):
                told = [
                    one for found in items(config, "properties", "recordSets") for one in texts(found, "ipAddresses")
                ]
                if zone := text_at(config, "properties", "privateDnsZoneId"):
                    self.bound[above][zone.casefold()] = told
        elif kind == "microsoft.network/networkinterfaces":
            endpoint = (text_at(properties, "privateEndpoint", "id") or "").casefold()
            for config in items(properties, "ipConfigurations") if endpoint else ():
                if address := text_at(config, "properties", "privateIPAddress"):
                    self.addresses[endpoint].add(address)
        elif kind == _ZONES:
            self.zones[folded] = resource.name.casefold()
            if isinstance(number := get(properties, "numberOfVirtualNetworkLinks"), int):
                self._counts[folded] = number
        elif kind == _LINKS:
            self.links[above].add((text_at(properties, "virtualNetwork", "id") or "").casefold())
        elif kind == _RECORDS:
            given = {found for one in items(properties, "aRecords") if (found := text_at(one, "ipv4Address"))}
            if not (resource.partial and holds_unknown(properties)):
                self.records[above][resource.name.casefold()] = given
        elif kind == _SCOPED:
            self.scopes[(text_at(properties, "linkedResourceId") or "").casefold()].add(above)
        else:
            self._network(kind, folded, properties)

    def _network(self, kind: str, folded: str, properties: Any) -> None:
        if kind == "microsoft.network/virtualnetworks":
            servers = get(properties, "dhcpOptions", "dnsServers")
            peers = {
                (text_at(peering, "properties", "remoteVirtualNetwork", "id") or "").casefold()
                for peering in items(properties, "virtualNetworkPeerings")
                if (text_at(peering, "properties", "peeringState") or "Connected").casefold() == "connected"
            }
            asked = hidden_in(servers) or tuple(texts(properties, "dhcpOptions", "dnsServers"))
            self.networks[folded] = Network(frozenset(peers), asked)
        elif kind == "microsoft.network/firewallpolicies":
            settings = get(properties, "dnsSettings")
            if get(settings, "enableProxy") is True and not get(settings, "servers"):
                self._proxies.add(folded)
        elif kind == "microsoft.network/azurefirewalls":
            policy = (text_at(properties, "firewallPolicy", "id") or "").casefold()
            for config in items(properties, "ipConfigurations"):
                address = text_at(config, "properties", "privateIPAddress")
                network = _network_of(text_at(config, "properties", "subnet", "id"))
                if address and network:
                    self._firewalls.append((policy, address, network))
        elif kind == "microsoft.network/dnsresolvers/inboundendpoints":
            for config in items(properties, "ipConfigurations"):
                network = _network_of(text_at(config, "subnet", "id"))
                if (address := text_at(config, "privateIpAddress")) and network:
                    self.resolvers[address] = network

    def _endpoint(self, resource: Resource, folded: str, properties: Any) -> None:
        self.known.add(folded)
        network = _network_of(text_at(properties, "subnet", "id"))
        for collection in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections"):
            for connection in items(properties, collection):
                target = (text_at(connection, "properties", "privateLinkServiceId") or "").casefold()
                groups = tuple(group.casefold() for group in texts(connection, "properties", "groupIds"))
                approved = _approved(get(connection, "properties"))
                self.endpoints[target].append(Endpoint(folded, resource.name, target, groups, approved, network))

    def linked(self, zone: str) -> int | None:
        """How many networks a zone is linked to, as it says itself; None when it was not read."""
        told = self._counts.get(zone)
        return told if told is not None or zone not in self.zones else len(self.links.get(zone, ()))

    def kept_by_hand(self, names: frozenset[str], record: str, addresses: set[str]) -> str | None:
        """The zone of one of these names that holds a record, best one with the addresses."""
        found = sorted(
            zone for zone, name in self.zones.items() if name in names and record in self.records.get(zone, {})
        )
        return next((zone for zone in found if addresses & self.records[zone][record]), found[0] if found else None)

    # --- asking ---------------------------------------------------------------------------------------------------

    def asked_by(self, network: str) -> str | Unknown:
        """The network whose links decide what this one resolves."""
        found = self.networks.get(network)
        if found is None:
            return Unknown(f"the network {last(network)} was not read")
        if isinstance(found.servers, Unknown):
            return found.servers
        answers = {network if _same(one, _AZURE_DNS) else self.resolvers.get(one, one) for one in found.servers}
        if not answers:
            return network
        (first, *others) = sorted(answers)
        if others or first not in self.networks:
            return Unknown(f"{last(network)} asks the DNS server {found.servers[0]}, whose zones are not visible")
        return first

    def consumers(self, network: str) -> list[str]:
        """Networks of workloads that reach a network: itself, and those that it is connected with."""
        if self._peers is None:
            self._peers = defaultdict(set)
            for one, own in self.networks.items():
                for other in own.peers:
                    self._peers[one].add(other)
                    self._peers[other].add(one)
        return sorted(one for one in {network, *self._peers.get(network, ())} if one in self.workloads)


_WORKLOADS: Final = frozenset(
    {
        "microsoft.containerservice/managedclusters",
        "microsoft.apimanagement/service",
        "microsoft.network/applicationgateways",
    }
)


def _networks_of(kind: str, properties: Any) -> set[str]:
    """The virtual networks that a cluster, a gateway or API Management lies in."""
    subnets: list[str | None] = []
    if kind == "microsoft.containerservice/managedclusters":
        subnets = [text_at(pool, "vnetSubnetID") for pool in items(properties, "agentPoolProfiles")]
    elif kind == "microsoft.apimanagement/service":
        places = [properties, *items(properties, "additionalLocations")]
        subnets = [text_at(place, "virtualNetworkConfiguration", "subnetResourceId") for place in places]
    else:
        subnets = [text_at(one, "properties", "subnet", "id") for one in items(properties, "gatewayIPConfigurations")]
    return {network for subnet in subnets if (network := _network_of(subnet))}


def _network_of(subnet: str | None) -> str:
    return (subnet or "").casefold().rpartition("/subnets/")[0]


def _same(one: str, other: str) -> bool:
    try:
        return ipaddress.ip_address(one) == ipaddress.ip_address(other)
    except ValueError:
        return False


def _approved(connection: Any) -> Truth:
    status = get(connection, "privateLinkServiceConnectionState", "status")
    return status if isinstance(status, Unknown) else str(status or "").casefold() == "approved"


# --- the proof ----------------------------------------------------------------------------------------------------


def _resource(service: Resource, estate: _Estate) -> Resource:
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
    body: dict[str, Any] = {
        "id": f"{service.id}/privateConnectivity/proof",
        "type": TYPE,
        "name": service.name,
        "properties": told,
    }
    subscription, group = arm_scope(service.body)
    body |= {key: value for key, value in (("subscriptionId", subscription), ("resourceGroup", group)) if value}
    return Resource(TYPE, body, service.origin, partial=holds_unknown(body))


def _attached(properties: Any, endpoints: list[Endpoint]) -> Truth:
    """An approved endpoint leads here: by what the service says, or the endpoint."""
    given = get(properties, "privateEndpointConnections")
    found: list[Truth] = [endpoint.approved for endpoint in endpoints]
    if isinstance(given, list):
        found += [_approved(get(connection, "properties")) for connection in given]
    elif isinstance(given, Unknown):
        found.append(given)
    return truth_or(*found)


def _in_scope(workspace: Resource, estate: _Estate) -> Truth:
    """A workspace belongs to a private link scope that an approved endpoint leads to."""
    scopes = estate.scopes.get(workspace.id.casefold(), set())
    found: list[Truth] = [endpoint.approved for scope in scopes for endpoint in estate.endpoints.get(scope, ())]
    for hole in (estate.hole(_SCOPED), estate.hole(_ENDPOINTS)):
        if hole:
            found.append(Unknown(hole))
    return truth_or(*found)


def _zones_of(
    service: Resource, about: Service, endpoints: list[Endpoint], estate: _Estate
) -> Iterator[dict[str, Any]]:
    """For every sub-resource of every approved endpoint: its zone, its record, and who resolves it."""
    for endpoint in endpoints:
        for group in endpoint.groups if endpoint.approved is True else ():
            same = [other.id for other in endpoints if group in other.groups]
            addresses: set[str] = set().union(*(estate.addresses.get(one, set()) for one in same))
            wanted = service.name.casefold() if about.named else None
            for names in about.zones.get(group, ()):
                yield _zone(endpoint, group, names, wanted, addresses, estate)


def _zone(
    endpoint: Endpoint, group: str, names: frozenset[str], wanted: str | None, addresses: set[str], estate: _Estate
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


def _unbound(endpoint: Endpoint, estate: _Estate) -> Truth:
    hole = estate.hole(_GROUPS, endpoint.id) or (_VAGUE if endpoint.id in estate.vague else None)
    return Unknown(hole) if hole else False


def _record(zone: str, wanted: str | None, addresses: set[str], endpoint: Endpoint, estate: _Estate) -> Truth:
    """The zone that is bound holds the address of the endpoint under the name of the service."""
    if wanted is None:
        return True  # Azure Monitor: many shared names, kept by the zone group
    told = set(estate.bound.get(endpoint.id, {}).get(zone, ()))
    if zone not in estate.zones:
        return Unknown(f"the zone {last(zone)} was not read")
    held = estate.records.get(zone, {}).get(wanted)
    if held is None:
        hole = estate.hole(_RECORDS, zone) or (_VAGUE if zone in estate.vague else None)
        if not hole:
            return False
        return True if told and told <= addresses else Unknown(hole)
    if not addresses:
        return Unknown(f"the address of {endpoint.name} was not read")
    return bool(held) and held <= addresses


def _linked(network: str, zone: str, estate: _Estate) -> Truth:
    """What answers the DNS questions of this network knows the zone."""
    asked = estate.asked_by(network)
    if isinstance(asked, Unknown):
        return asked
    if asked in estate.links.get(zone, set()):
        return True
    if zone not in estate.zones:
        return Unknown(f"the zone {last(zone)} was not read")
    hole = estate.hole(_LINKS, zone) or (_VAGUE if zone in estate.vague else None)
    return Unknown(hole) if hole else False
