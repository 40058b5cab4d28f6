"""What an estate holds of private connectivity: endpoints, zones and networks, and who asks whom for names."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from typing import Any, Final, NamedTuple

from auditor.lenses.coverage import Coverage
from auditor.lenses.private_connectivity.services import SERVICES, WORKSPACE
from auditor.lenses.truth import Truth
from auditor.lenses.values import hidden_in, items, last, text_at, texts
from auditor.model.case_insensitive import get
from auditor.model.packing import Packed, pack
from auditor.model.projection import OF_AZURE, Fields
from auditor.model.resource import Resource, Unknown, holds_unknown

ZONES: Final = "microsoft.network/privatednszones"
LINKS: Final = f"{ZONES}/virtualnetworklinks"
RECORDS: Final = f"{ZONES}/a"
ENDPOINTS: Final = "microsoft.network/privateendpoints"
GROUPS: Final = f"{ENDPOINTS}/privatednszonegroups"
SCOPED: Final = "microsoft.insights/privatelinkscopes/scopedresources"
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


_KEPT: Final = Fields.named(
    f"{OF_AZURE} properties.accessModeSettings properties.privateEndpointConnections properties.publicNetworkAccess "
    "properties.publicNetworkAccessForIngestion properties.publicNetworkAccessForQuery properties.virtualNetworkType"
)
"""What the proof reads of a service, once all was read."""


class Estate:
    """Networks, endpoints, zones. Ids are casefolded where they are keys."""

    def __init__(self, coverage: Coverage) -> None:
        self.services: list[tuple[str, Packed]] = []  # each with its id
        self.endpoints: dict[str, list[Endpoint]] = defaultdict(list)  # by service
        self.known: set[str] = set()  # endpoints that were read
        self.bound: dict[str, dict[str, list[str]]] = defaultdict(dict)  # by endpoint: zones, with addresses told there
        self.addresses: dict[str, set[str]] = defaultdict(set)  # by endpoint
        self.zones: dict[str, str] = {}  # id → name
        self.links: dict[str, set[str]] = defaultdict(set)  # zone → networks
        self.unfinished: set[tuple[str, str]] = set()  # zone and network, whose link is not in force
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
        if resource.partial and kind in (GROUPS, LINKS, RECORDS) and holds_unknown(properties):
            self.vague.add(above)
        if kind in SERVICES or kind == WORKSPACE:
            self.services.append((folded, pack(resource, _KEPT)))
        if kind in _WORKLOADS:
            for network in _networks_of(kind, properties):
                self.workloads[network].append(resource.name)
        elif kind == ENDPOINTS:
            self._endpoint(resource, folded, properties)
        elif kind == GROUPS:
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
        elif kind == ZONES:
            self.zones[folded] = resource.name.casefold()
            if isinstance(number := get(properties, "numberOfVirtualNetworkLinks"), int):
                self._counts[folded] = number
        elif kind == LINKS:
            network = (text_at(properties, "virtualNetwork", "id") or "").casefold()
            self.links[above].add(network)
            if _is_unfinished(properties):
                self.unfinished.add((above, network))
        elif kind == RECORDS:
            given = {found for one in items(properties, "aRecords") if (found := text_at(one, "ipv4Address"))}
            if not (resource.partial and holds_unknown(properties)):
                self.records[above][resource.name.casefold()] = given
        elif kind == SCOPED:
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
                sure = approved(get(connection, "properties"))
                self.endpoints[target].append(Endpoint(folded, resource.name, target, groups, sure, network))

    def doubt(self, kind: str, above: str) -> str | None:
        """Why below a zone or an endpoint there may be more of a type than is known."""
        return self.hole(kind, above) or (_VAGUE if above in self.vague else None)

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


def _is_unfinished(link: Any) -> bool:
    """Whether the link of a network is being made, or could not be."""
    states = (text_at(link, "virtualNetworkLinkState"), text_at(link, "provisioningState"))
    return any((state or "").casefold() in ("inprogress", "creating", "failed", "canceled") for state in states)


def approved(connection: Any) -> Truth:
    """Whether a connection, by its properties, was approved."""
    status = get(connection, "privateLinkServiceConnectionState", "status")
    return status if isinstance(status, Unknown) else str(status or "").casefold() == "approved"
