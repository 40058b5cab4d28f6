"""Private connectivity: attached, named, asked, closed — each proven, refuted, or not known with the reason."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import tools
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.lenses.coverage import Coverage
from auditor.lenses.registry import lens_of
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource, Unknown

LENS = lens_of("auditor/privateConnectivity")
GROUP = "/subscriptions/s/resourceGroups/g/providers"
HUB, SPOKE, FAR = (f"{GROUP}/Microsoft.Network/virtualNetworks/{name}" for name in ("hub", "spoke", "far"))
ENDPOINT = f"{GROUP}/Microsoft.Network/privateEndpoints/pe"
VAULT = f"{GROUP}/Microsoft.KeyVault/vaults/kv"
ZONE = f"{GROUP}/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net"
AKS = f"{GROUP}/Microsoft.ContainerService/managedClusters/aks"
Bodies = dict[str, dict[str, Any]]


def kind_of(resource_id: str) -> str:
    parts = resource_id.rpartition("/providers/")[2].split("/")
    return "/".join([parts[0], *parts[1::2]])


def network(*peers: str, servers: Any = ()) -> dict[str, Any]:
    peerings = [{"properties": {"remoteVirtualNetwork": {"id": one}, "peeringState": "Connected"}} for one in peers]
    return {"virtualNetworkPeerings": peerings, "dhcpOptions": {"dnsServers": list(servers)}}


def estate() -> Bodies:
    """A vault behind an endpoint in the spoke of the cluster, whose questions go to Azure's DNS."""
    approved = {"privateLinkServiceConnectionState": {"status": "Approved"}}
    connection = {"name": "c", "properties": {"privateLinkServiceId": VAULT, "groupIds": ["vault"], **approved}}
    return {
        VAULT: {"publicNetworkAccess": "Disabled", "privateEndpointConnections": [{"properties": approved}]},
        ENDPOINT: {"privateLinkServiceConnections": [connection], "subnet": {"id": f"{SPOKE}/subnets/pe"}},
        f"{ENDPOINT}/privateDnsZoneGroups/default": {
            "privateDnsZoneConfigs": [{"properties": {"privateDnsZoneId": ZONE, "recordSets": []}}]
        },
        f"{GROUP}/Microsoft.Network/networkInterfaces/nic": {
            "privateEndpoint": {"id": ENDPOINT},
            "ipConfigurations": [{"properties": {"privateIPAddress": "10.1.0.4"}}],
        },
        ZONE: {},
        f"{ZONE}/virtualNetworkLinks/spoke": {"virtualNetwork": {"id": SPOKE}},
        f"{ZONE}/A/kv": {"aRecords": [{"ipv4Address": "10.1.0.4"}]},
        HUB: network(SPOKE),
        SPOKE: network(HUB),
        FAR: network(),
        AKS: {"agentPoolProfiles": [{"vnetSubnetID": f"{SPOKE}/subnets/nodes"}]},
    }


def proof(bodies: Bodies, gaps: list[Gap] | None = None, without: str = "", name: str = "kv") -> dict[str, Any]:
    resources = []
    for place, properties in bodies.items():
        body = {"id": place, "type": kind_of(place), "name": place.rpartition("/")[2], "properties": properties}
        resources.append(Resource(kind_of(place), body, Origin(source="live"), partial=True))
    coverage = Coverage(LENS.reads - {without}, gaps or [])
    (found,) = (one for one in LENS.derive(resources, coverage) if one.name == name)
    properties: dict[str, Any] = found.body["properties"]
    return properties


def verdicts(properties: dict[str, Any]) -> tuple[Any, ...]:
    """Attached, record, linked, closed; `?` for what is not known."""
    (zone,) = properties["zones"] or [{"record": "-", "networks": []}]
    linked = [one["linked"] for one in zone["networks"]]
    found = (properties["attached"], zone["record"], *(linked or ["-"]), properties["publicAccessOff"])
    return tuple("?" if isinstance(value, Unknown) else value for value in found)


def connection(bodies: Bodies) -> Any:
    return bodies[ENDPOINT]["privateLinkServiceConnections"][0]["properties"]


def pending(bodies: Bodies) -> None:
    bodies[VAULT]["privateEndpointConnections"][0]["properties"]["privateLinkServiceConnectionState"] = {
        "status": "Pending"
    }
    connection(bodies)["privateLinkServiceConnectionState"] = {"status": "Pending"}


def differing(bodies: Bodies) -> None:
    bodies[VAULT]["privateEndpointConnections"][0]["properties"]["privateEndpoint"] = {"id": ENDPOINT.upper()}
    connection(bodies)["privateLinkServiceConnectionState"] = {"status": "Disconnected"}


def asks(*servers: Any) -> Callable[[Bodies], None]:
    return lambda bodies: bodies.update({SPOKE: network(HUB, servers=servers)})


def firewall(proxy: bool, link: bool) -> Callable[[Bodies], None]:
    def change(bodies: Bodies) -> None:
        policy = f"{GROUP}/Microsoft.Network/firewallPolicies/p"
        address = {"privateIPAddress": "10.0.0.4", "subnet": {"id": f"{HUB}/subnets/AzureFirewallSubnet"}}
        bodies[policy] = {"dnsSettings": {"enableProxy": proxy}}
        bodies[f"{GROUP}/Microsoft.Network/azureFirewalls/f"] = {
            "firewallPolicy": {"id": policy},
            "ipConfigurations": [{"properties": address}],
        }
        asks("10.0.0.4")(bodies)
        bodies[f"{ZONE}/virtualNetworkLinks/spoke"]["virtualNetwork"]["id"] = HUB if link else FAR

    return change


def moved_cluster(to: str) -> Callable[[Bodies], None]:
    return lambda bodies: bodies.update({AKS: {"agentPoolProfiles": [{"vnetSubnetID": f"{to}/subnets/n"}]}})


def resolver(bodies: Bodies) -> None:
    asks("10.0.3.4")(bodies)
    bodies[f"{ZONE}/virtualNetworkLinks/spoke"]["virtualNetwork"]["id"] = HUB
    bodies[f"{GROUP}/Microsoft.Network/dnsResolvers/r/inboundEndpoints/in"] = {
        "ipConfigurations": [{"privateIpAddress": "10.0.3.4", "subnet": {"id": f"{HUB}/subnets/in"}}]
    }


def gone(*places: str) -> Callable[[Bodies], None]:
    return lambda bodies: [bodies.pop(place) for place in places] and None


def rezoned(bodies: Bodies) -> None:
    other = f"{GROUP}/Microsoft.Network/privateDnsZones/privatelink.vault.azure.net"
    bodies[f"{ENDPOINT}/privateDnsZoneGroups/default"]["privateDnsZoneConfigs"][0]["properties"] = {
        "privateDnsZoneId": other
    }


ZONE_GROUP = f"{ENDPOINT}/privateDnsZoneGroups/default"
RECORD, LINK = f"{ZONE}/A/kv", f"{ZONE}/virtualNetworkLinks/spoke"
STALE = {"ipv4Address": "10.1.0.9"}
CASES: list[tuple[str, Callable[[Bodies], Any], tuple[Any, ...]]] = [
    ("as designed", lambda bodies: None, (True, True, True, True)),
    ("pending", pending, (False, "-", "-", True)),
    (
        "attached to another vault",
        lambda b: connection(b).update(privateLinkServiceId=f"{VAULT}2"),
        (True, "-", "-", True),
    ),
    (
        "no connection",
        lambda b: (gone(ENDPOINT)(b), b[VAULT].pop("privateEndpointConnections")),
        (False, "-", "-", True),
    ),
    ("public", lambda b: b[VAULT].update(publicNetworkAccess="Enabled"), (True, True, True, False)),
    ("public by absence", lambda b: b[VAULT].pop("publicNetworkAccess"), (True, True, True, False)),
    ("perimeter", lambda b: b[VAULT].update(publicNetworkAccess="SecuredByPerimeter"), (True, True, True, True)),
    ("no zone group, record kept by hand", gone(ZONE_GROUP), (True, True, True, True)),
    (
        "no zone group, record out of date",
        lambda b: (gone(ZONE_GROUP)(b), b[RECORD].update(aRecords=[STALE])),
        (True, False, True, True),
    ),
    ("no zone group, no record", gone(ZONE_GROUP, f"{ZONE}/A/kv"), (True, False, "-", True)),
    ("the wrong zone, no record", lambda b: (rezoned(b), gone(RECORD)(b)), (True, False, "-", True)),
    ("the wrong zone, and a record by hand in the right one", rezoned, (True, True, True, True)),
    ("a stale record", lambda b: b[RECORD].update(aRecords=[STALE]), (True, False, True, True)),
    ("a stale record beside the right one", lambda b: b[RECORD]["aRecords"].append(STALE), (True, False, True, True)),
    ("an empty record", lambda b: b[RECORD].update(aRecords=[]), (True, False, True, True)),
    ("no record", gone(f"{ZONE}/A/kv"), (True, False, True, True)),
    ("zone not read", gone(ZONE, f"{ZONE}/virtualNetworkLinks/spoke"), (True, "?", "?", True)),
    ("address not read", gone(f"{GROUP}/Microsoft.Network/networkInterfaces/nic"), (True, "?", True, True)),
    ("no link", gone(f"{ZONE}/virtualNetworkLinks/spoke"), (True, True, False, True)),
    ("a link that failed", lambda b: b[LINK].update(provisioningState="Failed"), (True, True, "?", True)),
    ("a link in the making", lambda b: b[LINK].update(virtualNetworkLinkState="InProgress"), (True, True, "?", True)),
    ("a link in force", lambda b: b[LINK].update(virtualNetworkLinkState="Completed"), (True, True, True, True)),
    ("a record for every name", lambda b: b.update({f"{ZONE}/A/*": b.pop(RECORD)}), (True, True, True, True)),
    ("approved by the service alone", differing, ("?", "-", "-", True)),
    ("linked to another network", lambda b: b[LINK]["virtualNetwork"].update(id=FAR), (True, True, False, True)),
    ("asks Azure by its address", asks("168.63.129.16"), (True, True, True, True)),
    ("asks a server of its own", asks("10.9.9.9"), (True, True, "?", True)),
    ("asks a server and Azure", asks("168.63.129.16", "10.9.9.9"), (True, True, "?", True)),
    ("asks a server that is not known yet", asks(Unknown("later")), (True, True, "?", True)),
    ("asks the firewall, hub linked", firewall(proxy=True, link=True), (True, True, True, True)),
    ("asks the firewall, hub not linked", firewall(proxy=True, link=False), (True, True, False, True)),
    ("asks a firewall that is no proxy", firewall(proxy=False, link=True), (True, True, "?", True)),
    ("asks a resolver in the hub", resolver, (True, True, True, True)),
    ("cluster in a peered network without link", moved_cluster(HUB), (True, True, False, True)),
    ("cluster far away", moved_cluster(FAR), (True, True, "-", True)),
    ("network not read", gone(SPOKE), (True, True, "?", True)),
]


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_one_change_flips_its_part(change: Callable[[Bodies], Any], expected: tuple[Any, ...]) -> None:
    bodies = estate()
    change(bodies)
    assert verdicts(proof(bodies)) == expected


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (ZONE_GROUP, (True, True, True, True)),  # the record proves it
        (f"{ZONE}/A/kv", (True, "?", True, True)),
        (f"{ZONE}/virtualNetworkLinks/spoke", (True, True, "?", True)),
    ],
)
def test_what_was_not_collected_is_not_known(missing: str, expected: tuple[Any, ...]) -> None:
    bodies = estate()
    del bodies[missing]
    kind = kind_of(missing)
    assert verdicts(proof(bodies, without=kind.casefold())) == expected
    assert verdicts(proof(bodies, [Gap(what=missing, reason="403", type=kind)])) == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (ZONE_GROUP, (True, True, True, True)),
        (RECORD, (True, "?", True, True)),
        (LINK, (True, True, "?", True)),
        (SPOKE, (True, True, "?", True)),
        (VAULT, (True, True, True, "?")),
    ],
)
def test_a_part_that_is_not_known_refutes_nothing(place: str, expected: tuple[Any, ...]) -> None:
    bodies = estate()
    bodies[place] = Unknown("403")  # type: ignore[assignment]
    assert verdicts(proof(bodies)) == expected


def test_the_zone_group_tells_the_record_where_records_were_not_collected() -> None:
    bodies = estate()
    del bodies[f"{ZONE}/A/kv"]
    config = bodies[f"{ENDPOINT}/privateDnsZoneGroups/default"]["privateDnsZoneConfigs"][0]["properties"]
    config["recordSets"] = [{"recordSetName": "kv", "ipAddresses": ["10.1.0.4"]}]
    assert verdicts(proof(bodies, without="microsoft.network/privatednszones/a")) == (True, True, True, True)
    config["recordSets"][0]["ipAddresses"] = ["10.1.0.5"]
    assert verdicts(proof(bodies, without="microsoft.network/privatednszones/a")) == (True, "?", True, True)


def test_azure_monitor_needs_five_zones_and_workspaces_their_scope() -> None:
    bodies = estate()
    scope = f"{GROUP}/Microsoft.Insights/privateLinkScopes/ampls"
    workspace = f"{GROUP}/Microsoft.OperationalInsights/workspaces/log"
    bodies[scope] = {"accessModeSettings": {"ingestionAccessMode": "PrivateOnly", "queryAccessMode": "Open"}}
    bodies[workspace] = {"publicNetworkAccessForIngestion": "Disabled", "publicNetworkAccessForQuery": "Disabled"}
    bodies[f"{scope}/scopedResources/log"] = {"linkedResourceId": workspace.upper()}
    connection(bodies).update(privateLinkServiceId=scope, groupIds=["azuremonitor"])
    found = proof(bodies, name="ampls")
    assert (found["attached"], found["publicAccessOff"], len(found["zones"])) == (True, False, 5)
    assert {zone["bound"] for zone in found["zones"]} == {"other"}
    log = proof(bodies, name="log")
    assert (log["attached"], log["publicAccessOff"]) == (True, True)
    del bodies[f"{scope}/scopedResources/log"]
    assert proof(bodies, name="log")["attached"] is False


@settings(max_examples=tools.examples(150))
@given(st.data())
def test_an_unknown_never_proves_a_part(data: st.DataObject) -> None:
    bodies = estate()
    # of two resources that contradict each other, one alone is believed
    change = data.draw(st.sampled_from([case[1] for case in CASES if case[1] is not differing]))
    change(bodies)
    before = proof(bodies)
    known = {zone["name"]: zone for zone in before["zones"]}
    place = data.draw(st.sampled_from(sorted(set(bodies) - {VAULT})))
    hidden = copy.deepcopy(bodies)
    gaps = []
    if data.draw(st.booleans()):
        hidden[place] = Unknown("403")  # type: ignore[assignment]
    else:
        del hidden[place]
        gaps = [Gap(what=place, reason="403", type=kind_of(place))]
    after = proof(hidden, gaps)
    assert not (after["attached"] is True and before["attached"] is not True)
    for zone in after["zones"]:
        then = known[zone["name"]]
        assert not (zone["record"] is True and then["record"] is not True), place
        networks = {one["resource"]: one["linked"] for one in then["networks"]}
        for one in zone["networks"]:
            assert not (one["linked"] is True and networks.get(one["resource"], False) is not True), place


CLOUDS = {
    "Microsoft.Sql/servers": ("sqlServer", "database.{windows.net|usgovcloudapi.net|chinacloudapi.cn}"),
    "Microsoft.DocumentDB/databaseAccounts": ("Sql", "documents.azure.{com|us|cn}"),
    "Microsoft.KeyVault/vaults": ("vault", "{vaultcore.azure.net|vaultcore.usgovcloudapi.net|vaultcore.azure.cn}"),
    "Microsoft.ContainerRegistry/registries": ("registry", "{azurecr.io|azurecr.us|azurecr.cn}"),
    "Microsoft.Storage/storageAccounts": ("blob", "blob.core.{windows.net|usgovcloudapi.net|chinacloudapi.cn}"),
    "Microsoft.ApiManagement/service": ("Gateway", "{azure-api.net|azure-api.us|azure-api.cn}"),
    "Microsoft.ServiceBus/namespaces": (
        "namespace", "servicebus.{windows.net|usgovcloudapi.net|chinacloudapi.cn}"
    ),
    "Microsoft.AppConfiguration/configurationStores": (
        "configurationStores", "{azconfig.io|azconfig.azure.us|azconfig.azure.cn}"
    ),
}  # fmt: skip


@pytest.mark.parametrize("cloud", [0, 1, 2], ids=["public", "government", "China"])
@pytest.mark.parametrize("kind", CLOUDS)
def test_every_service_in_every_cloud(kind: str, cloud: int) -> None:
    group, name = CLOUDS[kind]
    head, _, rest = name.partition("{")
    zone = f"{GROUP}/Microsoft.Network/privateDnsZones/privatelink.{head}{rest.rstrip('}').split('|')[cloud]}"
    bodies = {place.replace(ZONE, zone): properties for place, properties in estate().items() if place != VAULT}
    service = f"{GROUP}/{kind}/kv"
    bodies[service] = {"publicNetworkAccess": "Disabled"}
    connection(bodies).update(privateLinkServiceId=service, groupIds=[group])
    bodies[ZONE_GROUP]["privateDnsZoneConfigs"][0]["properties"]["privateDnsZoneId"] = zone
    assert verdicts(proof(bodies)) == (True, True, True, True)
    other = f"{GROUP}/Microsoft.Network/privateDnsZones/privatelink.example.com"
    bodies[ZONE_GROUP]["privateDnsZoneConfigs"][0]["properties"]["privateDnsZoneId"] = other
    del bodies[f"{zone}/A/kv"]
    assert verdicts(proof(bodies)) == (True, False, "-", True)
