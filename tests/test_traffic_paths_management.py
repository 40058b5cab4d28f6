"""Traffic paths through API Management: which API a request meets, by which host, and where it goes from there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditor.model.resource import Unknown
from tests.estates_of_paths import APP, INGRESS, Body, gateway, paths
from tests.pki import b64, make, pem

SERVICE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/apim"
KIND = "Microsoft.ApiManagement/service"


def service(**properties: Any) -> Body:
    own = {
        "virtualNetworkType": "Internal",
        "privateIPAddresses": ["10.1.0.5"],
        "hostnameConfigurations": [{"type": "Proxy", "hostName": "apim.internal"}],
        "createdAtUtc": "2024-01-01T00:00:00Z",
        **properties,
    }
    return {"id": SERVICE, "name": "apim", "type": KIND, "properties": own}


def child(kind: str, below: str, **properties: Any) -> Body:
    return {
        "id": f"{SERVICE}/{below}",
        "name": below.rpartition("/")[2],
        "type": f"{KIND}/{kind}",
        "properties": properties,
    }


def api(name: str, path: str | None = None, url: str = "https://erp.fabrikam.com", within: str = "") -> Body:
    kind = "workspaces/apis" if within else "apis"
    return child(kind, f"{within}apis/{name}", path=name if path is None else path, serviceUrl=url)


def through(*more: Body, route: str = "", own: Body | None = None) -> list[Body]:
    """The paths of a gateway that sends what it receives, or one path of it, to API Management."""
    azure = gateway({"ipAddress": "10.1.0.5"}, hostName="apim.internal")
    if route:
        rule = azure[0]["properties"]["requestRoutingRules"][0]["properties"]
        way = {key: rule.pop(key) for key in ("backendAddressPool", "backendHttpSettings")}
        special = {"name": "o", "properties": {"paths": [route], **way}}
        rule["urlPathMap"] = {"id": "/m"}
        azure[0]["properties"]["redirectConfigurations"] = [
            {"name": "r", "id": "/r", "properties": {"targetUrl": "https://www.contoso.com"}}
        ]
        whole = {"defaultRedirectConfiguration": {"id": "/r"}, "pathRules": [special]}
        azure[0]["properties"]["urlPathMaps"] = [{"name": "m", "id": "/m", "properties": whole}]
    return [path for path in paths("", [*azure, own or service(), *more]) if "redirect" not in path]


def test_the_api_with_the_longest_path_that_fits_answers() -> None:
    apis = [api("root", path=""), api("orders"), api("archive", path="orders/archive"), api("payments")]
    assert {path["route"] for path in through(*apis, route="/orders/*")} == {"/orders/*", "/orders/archive/*"}
    assert {path["route"] for path in through(*apis, route="/orders/archive/*")} == {"/orders/archive/*"}
    assert {path["hops"][2]["from"]["name"] for path in through(*apis, route="/unknown/*")} == {"apim/root"}
    hidden = api("hidden")
    hidden["properties"]["path"] = Unknown("not read")  # it may be the one that answers
    found = through(*apis, hidden, route="/orders/*")
    assert "apim/hidden" in {path["hops"][2]["from"]["name"] for path in found}


@pytest.mark.parametrize(("serves", "complete"), [("workspaceAndDefault", True), ("workspace", None), (None, None)])
def test_apis_of_workspaces_are_reached_too(serves: str | None, complete: bool | None) -> None:
    workspace = child("workspaces", "workspaces/team", serveOn=serves)
    (path,) = through(workspace, api("orders", within="workspaces/team/", url="http://erp.fabrikam.com"))
    assert path["route"] == "/orders/*"
    assert path["hops"][-1]["protection"] == "plaintext"
    assert path["complete"] is complete if complete else isinstance(path["complete"], Unknown)


def test_a_backend_of_a_workspace_is_found() -> None:
    text = '<policies><inbound><set-backend-service backend-id="erp" /></inbound></policies>'
    (path,) = through(
        child("workspaces", "workspaces/team", serveOn="workspaceAndDefault"),
        api("orders", within="workspaces/team/"),
        child("workspaces/apis/policies", "workspaces/team/apis/orders/policies/policy", format="rawxml", value=text),
        child(
            "workspaces/backends",
            "workspaces/team/backends/erp",
            url="https://e.x",
            tls={"validateCertificateChain": False},
        ),
    )
    assert path["complete"] is True
    assert path["hops"][-1]["protection"] == "encryptedUnverified"


def test_every_member_of_a_pool_of_backends_is_called() -> None:
    text = '<policies><inbound><set-backend-service backend-id="pool" /></inbound></policies>'
    members = [{"id": "/backends/one"}, {"id": f"{SERVICE}/backends/TWO"}, {"id": "/backends/gone"}]
    found = through(
        api("orders"),
        child("apis/policies", "apis/orders/policies/policy", format="rawxml", value=text),
        child("backends", "backends/pool", type="Pool", pool={"services": members}),
        child("backends", "backends/one", url="https://one.fabrikam.com"),
        child("backends", "backends/two", url="http://two.fabrikam.com"),
    )
    assert {path["target"]["name"]: path["complete"] is True for path in found} == {
        "one.fabrikam.com": True,
        "two.fabrikam.com": True,
        "members of backend pool pool": False,
    }


def test_an_api_that_answers_by_itself_ends_the_path() -> None:
    text = '<policies><inbound><return-response><set-status code="200" /></return-response></inbound></policies>'
    (path,) = through(
        api("health", url=""), child("apis/policies", "apis/health/policies/policy", format="rawxml", value=text)
    )
    assert path["complete"] is True
    assert (path["target"]["name"], len(path["hops"])) == ("apim/health", 2)


def test_a_private_endpoint_is_the_way_to_its_service() -> None:
    connection = {"properties": {"privateLinkServiceId": SERVICE, "privateLinkServiceConnectionState": {}}}
    own = {"privateLinkServiceConnections": [connection], "customDnsConfigs": [{"ipAddresses": ["10.1.0.5"]}]}
    kind = "Microsoft.Network/privateEndpoints"
    endpoint = {"id": f"/subscriptions/s/resourceGroups/rg/providers/{kind}/pe", "name": "pe", "type": kind}
    closed = service(virtualNetworkType="None", publicNetworkAccess="Disabled", privateIPAddresses=None)
    (path,) = through(api("orders"), endpoint | {"properties": own}, own=closed)
    assert (path["target"]["name"], path["complete"]) == ("erp.fabrikam.com", True)
    assert through(api("orders"), own=closed)[0]["target"]["name"] == "owner of 10.1.0.5"


def test_a_host_name_with_a_wildcard_answers_for_the_names_below_it() -> None:
    hosts = [
        {"type": "Proxy", "hostName": "*.internal", "certificate": {"thumbprint": "A" * 40}},
        {"type": "Proxy", "hostName": "other.example", "defaultSslBinding": True},
    ]
    (path,) = through(api("orders"), own=service(hostnameConfigurations=hosts))
    assert path["hops"][1]["to"]["element"] == "hostnameConfigurations/*.internal"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://ERP.fabrikam.com./x", "erp.fabrikam.com"),
        ("https://erp.fabrikam.com:8443/x", "erp.fabrikam.com"),
        ("https://[2001:db8::1]/", "2001:db8::1"),
        ("wss://erp.fabrikam.com/feed", "erp.fabrikam.com"),
    ],
)
def test_addresses_of_backends_as_they_are_written(url: str, target: str) -> None:
    (path,) = through(api("orders", url=url))
    assert path["target"]["name"] == target
    assert path["hops"][-1]["protection"] == "encryptedVerified"


@pytest.mark.parametrize(
    "url", ["https://{{erp}}/x", "@(context.Variables)", "fabric:/app/svc", "https://", "//erp", ""]
)
def test_an_address_that_is_not_known_is_a_missing_edge(url: str) -> None:
    (path,) = through(api("orders", url=url))
    assert isinstance(path["complete"], Unknown)
    assert path["target"]["kind"] == "unknown"


def test_a_backend_that_is_chosen_at_run_time_is_every_one_of_them() -> None:
    text = """<policies><inbound><choose>
      <when condition='@(context.Request.Method == "GET")'>
        <set-backend-service base-url="http://old.fabrikam.com" />
      </when>
      <otherwise><set-backend-service base-url="https://new.fabrikam.com" /></otherwise>
    </choose></inbound></policies>"""
    found = through(api("orders"), child("apis/policies", "apis/orders/policies/policy", format="rawxml", value=text))
    assert {path["target"]["name"]: path["hops"][-1]["protection"] for path in found} == {
        "old.fabrikam.com": "plaintext",
        "new.fabrikam.com": "encryptedVerified",
    }


# --- networks -----------------------------------------------------------------------------------------------------


def rule(name: str, priority: int, access: str, source: str, **more: Any) -> Body:
    own = {
        "priority": priority,
        "access": access,
        "direction": "Inbound",
        "protocol": "Tcp",
        "sourceAddressPrefix": source,
    }
    return {"name": name, "properties": {**own, "destinationPortRange": "443", "destinationAddressPrefix": "*", **more}}


FROM_GATEWAY = rule("gateway", 100, "Allow", "10.1.1.0/24")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([FROM_GATEWAY], ["nsg refuses nobody"]),
        ([FROM_GATEWAY, rule("no", 4096, "Deny", "*")], []),
        ([FROM_GATEWAY, rule("no", 4096, "Deny", "VirtualNetwork")], []),
        ([FROM_GATEWAY, rule("no", 4096, "Deny", "Internet")], ["nsg refuses nobody"]),
        ([FROM_GATEWAY, rule("probe", 200, "Allow", "AzureLoadBalancer"), rule("no", 4096, "Deny", "*")], []),
        ([rule("all", 90, "Allow", "VirtualNetwork"), rule("no", 4096, "Deny", "*")], ["rule all of nsg"]),
        ([FROM_GATEWAY, rule("no", 110, "Deny", "*"), rule("late", 120, "Allow", "*")], []),
        ([FROM_GATEWAY, rule("ssh", 105, "Allow", "*", destinationPortRange="22"), rule("no", 110, "Deny", "*")], []),
        ([rule("wide", 100, "Allow", "10.1.0.0/16"), rule("no", 110, "Deny", "*")], ["rule wide of nsg"]),
    ],
)
def test_whom_a_network_security_group_lets_in_beside_the_gateway(rules: list[Body], expected: list[str]) -> None:
    network = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/net"
    group = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/nsg"
    subnets = [
        {"name": "agw", "properties": {"addressPrefix": "10.1.1.0/24"}},
        {"name": "apim", "properties": {"addressPrefix": "10.1.0.0/27", "networkSecurityGroup": {"id": group}}},
    ]
    azure = gateway({"ipAddress": "10.1.0.5"}, hostName="apim.internal")
    azure[0]["properties"]["gatewayIPConfigurations"] = [
        {"name": "i", "properties": {"subnet": {"id": f"{network}/subnets/agw"}}}
    ]
    own = service(virtualNetworkConfiguration={"subnetResourceId": f"{network}/subnets/apim"})
    (path,) = paths(
        "",
        [
            *azure,
            own,
            api("orders"),
            {
                "id": network,
                "name": "net",
                "type": "Microsoft.Network/virtualNetworks",
                "properties": {"subnets": subnets},
            },
            {
                "id": group,
                "name": "nsg",
                "type": "Microsoft.Network/networkSecurityGroups",
                "properties": {"securityRules": rules},
            },
        ],
    )
    told = [one["says"] for one in path["bypasses"] if one["open"] is True]
    assert [said.partition(",")[0].partition(" lets ")[0] for said in told] == expected


# --- client certificates for backends -----------------------------------------------------------------------------

CLIENTS = make("Client Root", ca=True)
OTHERS = make("Other Root", ca=True, number=1)
OWN = make("gateway", CLIENTS, sans=("gateway",), number=2)
SENDS = '<policies><inbound><authentication-certificate certificate-id="own" /></inbound></policies>'


def calling(asked: Body | None, policy: str = "", **credentials: Any) -> Body:
    """The hop from API Management to an ingress that has a Secret with authorities of clients."""
    notes = "annotations: {nginx.ingress.kubernetes.io/auth-tls-secret: shop/clients}" if asked is not None else ""
    ingress = INGRESS.replace("annotations: {}", notes or "annotations: {}")
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "clients", "namespace": "shop"}, "data": asked}
    roots: Body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "r", "namespace": "shop"}}
    roots["data"] = {"ca.crt": pem(CLIENTS, OTHERS)}
    vault = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv/certificates/own"
    held = {"secretIdentifier": "https://kv.vault.azure.net/secrets/own"}
    more = [
        child("certificates", "certificates/own", thumbprint=OWN.thumbprint, keyVault=held),
        {
            "id": vault,
            "name": "own",
            "type": "Microsoft.KeyVault/vaults/certificates",
            "properties": {"cer": b64(OWN.der)},
        },
        child("backends", "backends/shop", url="https://shop.contoso.com", credentials=credentials or None),
        child("apis/policies", "apis/orders/policies/policy", format="rawxml", value=policy or TO_SHOP),
    ]
    zone = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/privateDnsZones/contoso.com"
    azure = [
        {"id": zone, "name": "contoso.com", "type": "Microsoft.Network/privateDnsZones", "properties": {}},
        {
            "id": f"{zone}/A/shop",
            "name": "shop",
            "type": "Microsoft.Network/privateDnsZones/A",
            "properties": {"aRecords": [{"ipv4Address": "10.0.0.4"}]},
        },
        *gateway({"ipAddress": "10.1.0.5"}, hostName="apim.internal"),
        service(),
        api("orders", url="https://shop.contoso.com"),
    ]
    (path,) = paths("\n---\n".join((APP, ingress, json.dumps(secret), json.dumps(roots))), [*azure, *more])
    found: Body = path["hops"][2]
    return found


TO_SHOP = '<policies><inbound><set-backend-service backend-id="shop" /></inbound></policies>'


@pytest.mark.parametrize("named", [5, Unknown("of a variable"), [Unknown("of a variable")]])
def test_credentials_of_a_backend_that_are_no_list_of_names_name_no_certificate(named: Any) -> None:
    own = {"ca.crt": b64(pem(CLIENTS).encode())}
    assert isinstance(calling(own, certificateIds=named)["clientCertificate"], Unknown)


def test_a_client_certificate_must_be_of_an_authority_that_the_receiver_trusts() -> None:
    own, other = ({"ca.crt": b64(pem(one).encode())} for one in (CLIENTS, OTHERS))
    assert calling(own, SENDS)["clientCertificate"] == "verified"
    assert calling(other, SENDS)["clientCertificate"] == "untrusted"
    assert calling({"ca.crt": b64(pem(OTHERS, CLIENTS).encode())}, SENDS)["clientCertificate"] == "verified"
    assert isinstance(calling({}, SENDS)["clientCertificate"], Unknown)  # whom it trusts is not visible
    assert calling(other, certificateIds=[f"{SERVICE}/certificates/own"])["clientCertificate"] == "untrusted"
    assert calling(other, certificate=[OWN.thumbprint])["clientCertificate"] == "untrusted"


def test_a_client_certificate_that_is_demanded_must_be_sent_and_one_that_is_sent_asked_for() -> None:
    own = {"ca.crt": b64(pem(CLIENTS).encode())}
    assert calling(own)["clientCertificate"] == "lacking"
    assert calling(None, SENDS)["clientCertificate"] == "sent"
    assert calling(None)["clientCertificate"] == "none"


def test_the_end_of_a_client_certificate_is_one_of_the_path() -> None:
    sent = calling({}, SENDS)["sent"]
    assert (sent["name"], sent["notAfter"]) == ("gateway", calling({}, SENDS)["sent"]["notAfter"])
    assert isinstance(sent["notAfter"], str)
    gone = calling({}, SENDS.replace("own", "gone"))["sent"]
    assert "gone" in gone["notAfter"].reason


# --- Front Door before a public service -------------------------------------------------------------------------------

ID = "<value>0b1c2d3e-0000-0000-0000-000000000001</value>"
PINNED = f'<check-header name="X-Azure-FDID" failed-check-httpcode="403" ignore-case="true">{ID}</check-header>'
BY_HAND = (
    '<choose><when condition="@(context.Request.Headers.GetValueOrDefault(&quot;X-Azure-FDID&quot;, &quot;&quot;) != '
    '&quot;0b1c&quot;)"><return-response><set-status code="403" /></return-response></when></choose>'
)


def ways_past_front_door(inbound: str, *more: Body) -> tuple[list[Any], list[Any]]:
    """Of a service that is External, with one policy for all APIs: its way around, and whether it is a way in."""
    own = service(virtualNetworkType="External")
    text = f"<policies><inbound>{inbound}</inbound></policies>"
    every = child("policies", "policies/policy", format="rawxml", value=text)
    found = through(api("orders"), every, *more, own=own)
    around = [
        one["open"] for path in found for one in path["bypasses"]
        if path["entry"]["kind"] != "apiManagement" and one["kind"] == "publicApiManagement"
    ]  # fmt: skip
    return around, [path["public"] for path in found if path["entry"]["kind"] == "apiManagement"]


def test_a_service_that_asks_for_one_front_door_is_not_reached_past_it() -> None:
    assert ways_past_front_door(PINNED) == ([], [False])
    assert ways_past_front_door("") == ([True], [True])
    assert ways_past_front_door(PINNED.replace(ID, "")) == ([True], [True])  # that of any Front Door will do
    assert ways_past_front_door(PINNED.replace("X-Azure-FDID", "X-Forwarded-For")) == ([True], [True])
    by_name = child("namedValues", "namedValues/door", displayName="door", secret=True)
    assert ways_past_front_door(PINNED.replace(ID, "<value>{{door}}</value>"), by_name) == ([], [False])


def test_what_is_asked_by_hand_may_keep_others_out() -> None:
    around, ins = ways_past_front_door(BY_HAND)
    assert [isinstance(one, Unknown) for one in (*around, *ins)] == [True, True]
    assert ways_past_front_door(BY_HAND.replace("X-Azure-FDID", "X-Other")) == ([True], [True])
    branch = f'<choose><when condition="@(context.Request.IpAddress == &quot;&quot;)">{PINNED}</when></choose>'
    around, ins = ways_past_front_door(branch)
    assert [isinstance(one, Unknown) for one in (*around, *ins)] == [True, True]


def test_one_api_that_asks_for_front_door_does_not_close_the_others() -> None:
    text = "<policies><inbound></inbound></policies>"
    open_ = [api("open"), child("apis/policies", "apis/open/policies/policy", format="rawxml", value=text)]
    around, ins = ways_past_front_door(PINNED, *open_)
    assert (around, ins) == ([True], [True, True])
