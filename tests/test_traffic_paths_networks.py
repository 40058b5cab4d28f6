"""Traffic paths by names and networks: which zone answers a gateway, and whom the network behind it lets in."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.model.resource import Unknown
from tests.estates_of_paths import APP, INGRESS, Body, gateway, paths

KIND = "Microsoft.Network"
HIDDEN = Unknown("not read")


def place(group: str) -> str:
    return f"/subscriptions/s/resourceGroups/{group}/providers/{KIND}"


def network(group: str, prefix: str, servers: Any = None) -> Body:
    """A network with one subnet for the gateway."""
    own = f"{place(group)}/virtualNetworks/net"
    subnets = [{"name": "agw", "properties": {"addressPrefix": prefix}}]
    space = {"addressPrefixes": [prefix]}
    properties = {"subnets": subnets, "addressSpace": space, "dhcpOptions": {"dnsServers": servers}}
    return {"id": own, "name": "net", "type": f"{KIND}/virtualNetworks", "properties": properties}


def zone(group: str, address: str, *linked: str) -> list[Body]:
    """A zone contoso.internal that knows shop, linked to the networks of some groups."""
    own = f"{place(group)}/privateDnsZones/contoso.internal"
    kind = f"{KIND}/privateDnsZones"
    record = {"aRecords": [{"ipv4Address": address}]}
    return [
        {"id": own, "name": "contoso.internal", "type": kind, "properties": {}},
        {"id": f"{own}/A/shop", "name": "shop", "type": f"{kind}/A", "properties": record},
        *(
            {
                "id": f"{own}/virtualNetworkLinks/{name}",
                "name": name,
                "type": f"{kind}/virtualNetworkLinks",
                "properties": {"virtualNetwork": {"id": f"{place(name)}/virtualNetworks/net"}},
            }
            for name in linked
        ),
    ]


def asked(*azure: Body, inside: str | None = "prod") -> Body:
    """The path of a gateway in the network of a group, to a name."""
    front = gateway({"fqdn": "shop.contoso.internal"}, hostName="shop.contoso.com")
    if inside:
        own = {"subnet": {"id": f"{place(inside)}/virtualNetworks/net/subnets/agw"}}
        front[0]["properties"]["gatewayIPConfigurations"] = [{"name": "i", "properties": own}]
    (path,) = paths("\n---\n".join((APP, INGRESS)), [*front, *azure])
    return path


NETWORKS = [network("dev", "10.8.0.0/24"), network("prod", "10.9.0.0/24")]


def test_of_several_zones_of_one_name_that_answers_which_is_linked_to_the_network() -> None:
    dev, prod = zone("dev", "10.99.0.1", "dev"), zone("prod", "10.0.0.4", "prod")
    for azure in ([*dev, *prod], [*prod, *dev]):
        path = asked(*NETWORKS, *azure)
        assert (path["target"]["name"], path["complete"]) == ("shop/web", True)
    assert asked(*NETWORKS, *dev, *prod, inside="dev")["missing"][0]["edge"] == "owner of 10.99.0.1"


def test_where_it_is_not_known_who_asks_several_zones_may_answer() -> None:
    path = asked(*NETWORKS, *zone("dev", "10.99.0.1", "dev"), *zone("prod", "10.0.0.4", "prod"), inside=None)
    assert isinstance(path["complete"], Unknown) and "2 private zones" in path["complete"].reason
    assert asked(*NETWORKS, *zone("prod", "10.0.0.4", "prod"), inside=None)["complete"] is True


def test_a_zone_that_is_linked_to_the_network_of_the_resolver_answers() -> None:
    azure = [network("hub", "10.7.0.0/24"), network("prod", "10.9.0.0/24", ["10.7.0.4"])]
    dev, hub = zone("dev", "10.99.0.1", "dev"), zone("hub", "10.0.0.4", "hub")
    assert asked(*azure, *dev, *hub)["target"]["name"] == "shop/web"
    assert asked(*NETWORKS, *zone("hub", "10.0.0.4", "hub"))["complete"] is False  # linked to neither


def test_a_link_to_a_network_that_is_not_known_may_be_to_any() -> None:
    azure = zone("hub", "10.0.0.4", "hub")
    azure[-1]["properties"]["virtualNetwork"]["id"] = HIDDEN
    assert isinstance(asked(*NETWORKS, *azure)["complete"], Unknown)


@pytest.mark.parametrize("servers", [HIDDEN, ["10.7.0.4", HIDDEN], ["192.0.2.53"]])
def test_a_resolver_that_is_not_known_may_know_another_answer(servers: Any) -> None:
    azure = [network("prod", "10.9.0.0/24", servers)]
    assert isinstance(asked(*azure, *zone("hub", "10.0.0.4", "hub"))["complete"], Unknown)
    assert isinstance(asked(*azure)["complete"], Unknown)


def test_an_address_of_no_network_that_was_read_may_be_reached_by_others() -> None:
    path = asked(*NETWORKS, *zone("prod", "10.0.0.4", "prod"))
    (way,) = (one for one in path["bypasses"] if one["kind"] == "openNetwork")
    assert isinstance(way["open"], Unknown) and "none that was read" in way["open"].reason
