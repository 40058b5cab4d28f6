"""Traffic paths to App Service: what it asks of callers, and who can go around the gateway before it."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.lenses.registry import TRAFFIC_PATH_READS
from auditor.model.resource import Unknown
from tests.estates_of_paths import Body, gateway, paths

GROUP = "/subscriptions/s/resourceGroups/rg/providers"
SITE = f"{GROUP}/Microsoft.Web/sites/shop"
HOST = "shop.azurewebsites.net"


def site(**properties: Any) -> Body:
    own = {"defaultHostName": HOST, **properties}
    return {"id": SITE, "name": "shop", "type": "Microsoft.Web/sites", "properties": own}


def config(**properties: Any) -> Body:
    """The configuration of the site, as Resource Manager gives it below the site."""
    return {"id": f"{SITE}/config/web", "name": "web", "type": "Microsoft.Web/sites/config", "properties": properties}


def endpoint(status: str = "Approved", address: str = "10.3.0.9") -> Body:
    """A private endpoint of the site."""
    state = {"status": status}
    connection = {"name": "c", "properties": {"privateLinkServiceId": SITE, "privateLinkServiceConnectionState": state}}
    own = {
        "privateLinkServiceConnections": [connection],
        "customDnsConfigs": [{"fqdn": HOST, "ipAddresses": [address]}],
    }
    kind = "Microsoft.Network/privateEndpoints"
    return {"id": f"{GROUP}/{kind}/pe", "name": "pe", "type": kind, "properties": own}


def to_site(*azure: Body, address: Body | None = None, without: str = "", **setting: Any) -> Body:
    """The path to the site."""
    front = gateway(address or {"fqdn": HOST}, pickHostNameFromBackendAddress=True, **setting)
    (path,) = paths("", [*front, *azure], TRAFFIC_PATH_READS - {without})
    return path


def test_gateway_to_app_service() -> None:
    path = to_site(site(clientCertEnabled=True), config())
    assert [one["protection"] for one in path["hops"]] == ["encryptedVerified", "encryptedVerified"]
    assert isinstance(path["hops"][1]["clientCertificate"], Unknown)  # the platform hands it on unverified
    assert path["target"]["kind"] == "appService"
    for mode in ("Optional", "OptionalInteractiveUser"):
        asking = site(clientCertEnabled=True, clientCertMode=mode)
        assert to_site(asking, config())["hops"][1]["clientCertificate"] == "asked"
    assert to_site(site(), config())["hops"][1]["clientCertificate"] == "none"


def test_the_lowest_version_is_in_the_configuration() -> None:
    assert to_site(site(), config(minTlsVersion="1.0"))["hops"][1]["tls"] == "1.2"  # no gateway speaks less
    assert to_site(site(), config(minTlsVersion="1.3"))["hops"][1]["tls"] == "1.3"
    assert to_site(site(siteConfig={"minTlsVersion": "1.3"}))["hops"][1]["tls"] == "1.3"


def open_(*azure: Body, **more: Any) -> list[Any]:
    found = [one["open"] for one in to_site(*azure, **more)["bypasses"]]
    return [None if isinstance(one, Unknown) else one for one in found]


FRONT = {"ipAddress": "20.0.0.1/32", "action": "Allow", "priority": 100}
EVERYONE = {"ipAddress": "Any", "action": "Allow", "priority": 2147483647}
NOBODY = EVERYONE | {"action": "Deny"}
SUBNET = {"vnetSubnetResourceId": f"{GROUP}/Microsoft.Network/virtualNetworks/n/subnets/agw", "action": "Allow"}


@pytest.mark.parametrize(
    ("rules", "otherwise", "expected"),
    [
        ([], None, [True]),
        ([], "Deny", []),
        ([EVERYONE], None, [True]),
        ([FRONT], None, []),
        ([FRONT], "Allow", [True]),
        ([FRONT, NOBODY], None, []),
        ([FRONT, EVERYONE], None, [True]),
        ([SUBNET], None, []),
        ([EVERYONE | {"priority": 10}, NOBODY], None, [True]),
        ([EVERYONE, NOBODY | {"priority": 10}], None, []),
        ([FRONT | {"ipAddress": "0.0.0.0/0"}], None, [True]),
        ([FRONT | {"ipAddress": "0.0.0.0/1"}], None, [True]),
        ([FRONT | {"action": "Deny"}], None, []),
        ([FRONT | {"ipAddress": "AzureCloud", "tag": "ServiceTag"}], None, [True]),
        ([FRONT | {"ipAddress": "Internet", "tag": "ServiceTag"}], None, [True]),
        ([FRONT | {"ipAddress": "AzureFrontDoor.Backend", "tag": "ServiceTag"}], None, [True]),
        ([FRONT | {"ipAddress": "AzureMonitor", "tag": "ServiceTag"}], None, []),
        (
            [FRONT | {"ipAddress": "AzureFrontDoor.Backend", "tag": "ServiceTag", "headers": {"x-azure-fdid": ["a"]}}],
            None,
            [],
        ),
        ([Unknown("not read")], None, [None]),
        ([FRONT | {"ipAddress": Unknown("not read")}], None, [None]),
        ([FRONT | {"ipAddress": Unknown("not read")}, EVERYONE], None, [True]),
        ([FRONT], Unknown("not read"), [None]),
        (None, None, [True]),  # nobody is refused, and nothing is said of the rest
    ],
)
def test_an_app_service_that_answers_the_internet_is_a_way_around(
    rules: list[Any] | None, otherwise: Any, expected: list[Any]
) -> None:
    told = {"ipSecurityRestrictions": rules, "ipSecurityRestrictionsDefaultAction": otherwise}
    told = {key: value for key, value in told.items() if value is not None}
    assert open_(site(publicNetworkAccess="Enabled"), config(**told)) == expected


def test_a_site_that_is_closed_in_public_is_none_whatever_it_restricts() -> None:
    everyone = {"ipSecurityRestrictions": [EVERYONE]}
    assert open_(site(publicNetworkAccess="Disabled"), config(**everyone)) == []
    assert open_(site(), config(publicNetworkAccess="Disabled", **everyone)) == []
    assert open_(site(publicNetworkAccess=Unknown("not read")), config(**everyone)) == [None]


def test_a_private_endpoint_closes_a_site_that_says_nothing_else() -> None:
    everyone = config(ipSecurityRestrictions=[EVERYONE])
    assert open_(site(), everyone) == [True]
    assert open_(site(), everyone, endpoint()) == []
    assert open_(site(), everyone, endpoint("Pending")) == [True]
    assert open_(site(publicNetworkAccess="Enabled"), everyone, endpoint()) == [True]
    assert open_(site(), everyone, without="microsoft.network/privateendpoints") == [None]
    assert open_(site(), config(ipSecurityRestrictions=[FRONT]), without="microsoft.network/privateendpoints") == []


def test_what_was_not_read_of_a_site_leaves_the_answer_open() -> None:
    enabled = site(publicNetworkAccess="Enabled")
    assert open_(enabled, without="microsoft.web/sites/config") == [None]
    assert open_(enabled) == [None]  # such were looked at, and that of the site was not there
    assert open_(site(siteConfig={"ipSecurityRestrictions": [FRONT]})) == []  # as a template says it
    hop = to_site(enabled, without="microsoft.web/sites/config")["hops"][1]
    assert hop["tls"] == "1.2"  # the gateway speaks nothing older


def test_a_private_endpoint_is_the_way_to_its_site() -> None:
    path = to_site(site(publicNetworkAccess="Disabled"), config(), endpoint(), address={"ipAddress": "10.3.0.9"})
    assert (path["target"]["kind"], path["complete"]) == ("appService", True)
    gone = to_site(site(), config(), address={"ipAddress": "10.3.0.9"})
    assert isinstance(gone["complete"], Unknown)
