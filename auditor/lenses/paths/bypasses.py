"""Ways around a hop: whom the network there lets in beside the hop before, and what stands open by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from auditor.lenses.paths.apim.service import KIND as MANAGEMENT
from auditor.lenses.paths.apim.service import is_open
from auditor.lenses.paths.appgw.elements import KIND as GATEWAY
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.network.dns import NETWORKS, Ranges, covers_half, is_address, is_public
from auditor.lenses.paths.network.nat_rules import Forwarding, forwardings
from auditor.lenses.paths.network.security_groups import GROUPS, lets_in, openings
from auditor.lenses.truth import Truth, truth_and, truth_not, truth_or
from auditor.lenses.values import flag, items, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

SUBNETS: Final = f"{NETWORKS}/subnets"
CLUSTERS: Final = "microsoft.containerservice/managedclusters"
READS: Final = frozenset({SUBNETS, CLUSTERS})
OPEN_TAGS: Final = ("internet", "azurecloud", "azurefrontdoor.backend")
"""Service tags behind which everybody may be: all of Azure, and the Front Door of any customer."""

Bypass = dict[str, Any]


def admits_everyone(sources: Any) -> Truth:
    """Whether a list of ranges and service tags lets everyone in: it is empty, or one of them is everyone."""
    given = sources if isinstance(sources, list) else [sources] if isinstance(sources, Unknown) else []
    if not given:
        return True
    return truth_or(*(one if isinstance(one, Unknown) else _is_everyone(one) for one in given))


def _is_everyone(source: Any) -> bool:
    return isinstance(source, str) and (source.strip().casefold() in OPEN_TAGS or covers_half(source.strip()))


def bypass(kind: str, resource: str, path: str, says: str, open_: Truth) -> Bypass:
    """A way around, as it stands in the path."""
    return {"kind": kind, "resource": resource, "path": path, "says": says, "open": open_}


class Around:
    """Subnets with their groups, and where gateways and services live."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._subnets: dict[str, tuple[Any, Resource]] = {}
        for network in estate.all(NETWORKS):
            for item in items(network.body, "properties", "subnets"):
                name = text_at(item, "name") or (text_at(item, "id") or "").rpartition("/")[2]
                self._subnets[f"{network.id}/subnets/{name}".casefold()] = item, network
        for subnet in estate.all(SUBNETS):
            self._subnets.setdefault(subnet.id.casefold(), (subnet.body, subnet))
        self._fronts = [
            {
                inner.casefold()
                for gateway in estate.all(GATEWAY)
                for item in items(gateway.body, "properties", "gatewayIPConfigurations")
                if (inner := text_at(item, "properties", "subnet", "id"))
            },
            {
                inner.casefold()
                for service in estate.all(MANAGEMENT)
                for item in (get(service.body, "properties"), *items(service.body, "properties", "additionalLocations"))
                if (inner := text_at(item, "virtualNetworkConfiguration", "subnetResourceId"))
            },
        ]
        self._ranges = Ranges()
        for key, (item, _holder) in self._subnets.items():
            for prefix in _prefixes(item):
                self._ranges.add(prefix, key)
        self._peers = {
            network.id.casefold(): {
                (text_at(peering, "properties", "remoteVirtualNetwork", "id") or "").casefold()
                for peering in items(network.body, "properties", "virtualNetworkPeerings")
            }
            for network in estate.all(NETWORKS)
        }
        self.forwardings = tuple(forwardings(estate))
        """Everything that is forwarded from public addresses, or may be."""
        self._forwarded: dict[str, list[Forwarding]] = defaultdict(list)
        for one in self.forwardings:
            if isinstance(one.target, str):
                self._forwarded[one.target].append(one)
        self._clusters: dict[str, tuple[Bypass, ...]] = {}
        self._found: dict[tuple[str, str, str, int], tuple[Bypass, ...]] = {}

    def management(self, service: Resource, inside: str | None, sender: str | None) -> tuple[Bypass, ...]:
        """The ways around the gateway before a service of API Management."""
        found: list[Bypass] = []
        public = is_open(service)
        if public is not False:
            says = f"{service.name} answers the Internet itself"
            found.append(bypass("publicApiManagement", service.id, "properties.virtualNetworkType", says, public))
        addresses = texts(service.body, "properties", "privateIPAddresses")
        for address in addresses:
            found += self._forwarding(address, 443, sender)
        if inside:
            found += self.subnet(inside, addresses[0] if addresses else "", 443, sender)
        elif word(service.body, "properties", "virtualNetworkType", otherwise="none") != "none":
            why = Unknown(f"the subnet of {service.name} is not known")
            found.append(bypass("openNetwork", service.id, "", f"whom the network of {service.name} lets in", why))
        return tuple(found)

    def address(self, address: str, port: int, sender: str | None) -> tuple[Bypass, ...]:
        """The ways around the sender to a private address."""
        return (*self._forwarding(address, port, sender), *self._network(address, port, sender))

    def _forwarding(self, address: str, port: int, sender: str | None) -> Iterator[Bypass]:
        """What forwards the Internet to an address, unless it is the sender itself."""
        for one in self._forwarded.get(address, ()):
            if one.target_port in (port, None) and one.sender.casefold() != (sender or "").casefold():
                says = f"{one.entry['name']} forwards requests from the Internet to {address}"
                if (open_ := self.lets_in(one)) is not False:
                    yield bypass("publicForwarding", one.holder.id, one.path, says, open_)

    def lets_in(self, one: Forwarding) -> Truth:
        """Whether requests that are forwarded arrive: the group of the subnet there may refuse them."""
        if isinstance(one.target, Unknown) or not is_address(one.target) or one.public is False:
            return one.public
        return truth_and(one.public, self._admits(one.target, one.target_port or 443, one))

    def _admits(self, address: str, port: int, one: Forwarding) -> Truth:
        homes = self._homes(address, one.sender)
        if len(homes) != 1:
            return Unknown(f"{address} lies in {len(homes) or 'none'} of the networks that were read")
        reference = get(self._subnets[homes[0]][0], "properties", "networkSecurityGroup")
        if isinstance(reference, Unknown) or not reference:
            return reference or True
        group = self._estate.by_id(GROUPS, text_at(reference, "id"))
        if group is None:
            return Unknown(self._estate.hole(GROUPS, text_at(reference, "id") or "") or "its group was not found")
        if not one.masked:
            return lets_in(group, address, port, "internet")
        known = self._subnets.get(one.sender.casefold())
        sources = _prefixes(known[0]) if known else []
        if not sources:
            return Unknown(f"from which addresses {one.entry['name']} sends is not known")
        return truth_or(*(lets_in(group, address, port, source) for source in sources))

    def _network(self, address: str, port: int, sender: str | None) -> tuple[Bypass, ...]:
        """Whom the network of an address lets in."""
        homes = self._homes(address, sender)
        if len(homes) == 1:
            return self.subnet(homes[0], address, port, sender)
        hole = self._estate.hole(NETWORKS) or "it lies in none that was read"
        if homes:
            named = ", ".join(sorted(home.split("/")[-3] for home in homes))
            hole = f"{address} lies in several networks: {named}"
        if is_address(address) and not is_public(address):
            return (bypass("openNetwork", "", "", f"whom the network of {address} lets in", Unknown(hole)),)
        return ()

    def _homes(self, address: str, sender: str | None) -> list[str]:
        """The subnets that an address may lie in: networks that are not connected may use the same addresses. Those of
        the network of the sender come first, then those of its peers."""
        found = self._ranges.of(address)
        if len(found) < 2 or sender is None:
            return found
        own = _network_of(sender.casefold())
        near = [one for one in found if _network_of(one) == own]
        return near or [one for one in found if _network_of(one) in self._peers.get(own, ())] or found

    def cluster(self, name: str) -> tuple[Bypass, ...]:
        """The API of the cluster that a path leads into. Without a name every cluster may be the one."""
        if name not in self._clusters:
            self._clusters[name] = tuple(self._api(name))
        return self._clusters[name]

    def _api(self, name: str) -> Iterator[Bypass]:
        named = [one for one in self._estate.all(CLUSTERS) if name and name.casefold() in _names(one)]
        maybe = named or self._estate.all(CLUSTERS)
        hole = None if named else self._estate.hole(CLUSTERS)
        if hole:
            says = "whether the Kubernetes API of the cluster stands open is not known"
            yield bypass("publicClusterApi", "", "", says, Unknown(hole))
        for one in maybe:
            private = _is_private(one)
            ranges = get(one.body, "properties", "apiServerAccessProfile", "authorizedIPRanges")
            open_ = truth_and(truth_not(private), admits_everyone(ranges))
            if open_ is False:
                continue
            if open_ is True and len(named) != 1:
                open_ = Unknown("which cluster of Azure these objects are in is not known")
            says = f"the Kubernetes API of {one.name} stands open to the Internet"
            path = "properties.apiServerAccessProfile.enablePrivateCluster"
            yield bypass("publicClusterApi", one.id, path, says, open_)

    # --- network security groups --------------------------------------------------------------------------------

    def subnet(self, subnet: str, address: str, port: int, sender: str | None) -> tuple[Bypass, ...]:
        """Whom the group of a subnet lets in to an address and port beside the subnet of the sender and its like."""
        key = (subnet.casefold(), address, (sender or "").casefold(), port)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = tuple(self._judge(*key))
        return found

    def _judge(self, subnet: str, address: str, sender: str, port: int) -> Iterator[Bypass]:
        name = subnet.rpartition("/")[2]
        there = self._subnets.get(subnet)
        if there is None:
            hole = self._estate.hole(NETWORKS, subnet) or "it is in no network that was read"
            yield bypass("openNetwork", subnet, "", f"whom subnet {name} lets in", Unknown(f"subnet {name}: {hole}"))
            return
        item, holder = there
        reference = get(item, "properties", "networkSecurityGroup")
        named = get(reference, "id")
        if isinstance(named, Unknown):
            yield bypass("openNetwork", holder.id, f"subnets[{name}]", f"whom subnet {name} lets in", named)
            return
        if not reference:
            says = f"subnet {name} has no network security group: every network that reaches it may call"
            yield bypass("openNetwork", holder.id, f"properties.subnets[{name}]", says, True)
            return
        group = self._estate.by_id(GROUPS, text_at(reference, "id"))
        if group is None:
            hole = self._estate.hole(GROUPS, text_at(reference, "id") or "") or "it was not found"
            yield bypass("openNetwork", holder.id, f"subnets[{name}]", f"whom subnet {name} lets in", Unknown(hole))
            return
        for path, says, open_ in openings(group, address, port, self._allowed(sender)):
            yield bypass("openNetwork", group.id, path, says, open_)

    def _allowed(self, sender: str) -> list[str] | Unknown:
        """The ranges of the subnets that hold what the sender is: the gateways, or API Management."""
        like = next((front for front in self._fronts if sender in front), {sender})
        if sender not in self._subnets or not _prefixes(self._subnets[sender][0]):
            return Unknown("the addresses of the hop before are not known")
        return [prefix for one in like if one in self._subnets for prefix in _prefixes(self._subnets[one][0])]


def _is_private(cluster: Resource) -> Truth:
    """Whether the API of a cluster has a private address alone: it is a private cluster, or its API server stands in
    its network with public access off."""
    own = get(cluster.body, "properties")
    inside = flag(own, "apiServerAccessProfile", "enableVnetIntegration", otherwise=False)
    access = word(own, "publicNetworkAccess")
    closed = access if isinstance(access, Unknown) else access == "disabled"
    return truth_or(
        flag(own, "apiServerAccessProfile", "enablePrivateCluster", otherwise=False), truth_and(inside, closed)
    )


def _network_of(subnet: str) -> str:
    return subnet.rpartition("/subnets/")[0]


def _prefixes(item: Any) -> list[str]:
    one = text_at(item, "properties", "addressPrefix")
    return [*([one] if one else []), *texts(item, "properties", "addressPrefixes")]


def _names(cluster: Resource) -> tuple[str, str]:
    return cluster.name.casefold(), cluster.id.casefold()
