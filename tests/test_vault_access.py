"""Vault access: who takes secrets from a vault, whether it may, and whether the firewall lets it in."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.lenses.coverage import Coverage
from auditor.lenses.registry import lens_of
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource, Unknown

LENS = lens_of("auditor/vaultAccess")
GROUP = "/subscriptions/s/resourceGroups/service/providers"  # a name that is a part of other ids
GATEWAY = f"{GROUP}/Microsoft.Network/applicationGateways/agw"
SERVICE = f"{GROUP}/Microsoft.ApiManagement/service/apim"
VAULT = f"{GROUP}/Microsoft.KeyVault/vaults/kv"
IDENTITY = f"{GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/id"
SECRETS_USER, READER = "4633458b-17de-408a-b874-0445c86b69e6", "21090545-7ca7-4776-b22c-e363652d74d2"
CUSTOM = "11111111-2222-3333-4444-555555555555"
COVERS = LENS.reads
WEB = "https://kv.vault.azure.net/secrets/Web"


def resource(resource_id: str, properties: Any, **more: Any) -> Resource:
    parts = resource_id.rpartition("/providers/")[2].split("/")
    kind = "/".join([parts[0], *parts[1::2]])
    body = {"id": resource_id, "name": parts[-1], "type": kind, "properties": properties, **more}
    return Resource(kind, body, Origin(source="live"), partial=True)


def gateway(**about: Any) -> Resource:
    identity = {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: about or {"principalId": "P-1"}}}
    subnet = {"properties": {"subnet": {"id": f"{GROUP}/Microsoft.Network/virtualNetworks/v/subnets/agw"}}}
    certificate = {"name": "web", "properties": {"keyVaultSecretId": WEB}}
    return resource(GATEWAY, {"sslCertificates": [certificate], "gatewayIPConfigurations": [subnet]}, identity=identity)


def service(client: Any = None) -> Resource:
    identity = {
        "type": "SystemAssigned, UserAssigned",
        "principalId": "p-2",
        "userAssignedIdentities": {IDENTITY: {"principalId": "p-1", "clientId": "C-1"}},
    }
    return resource(
        SERVICE, {"hostnameConfigurations": [{"keyVaultId": WEB, "identityClientId": client}]}, identity=identity
    )


def vault(**properties: Any) -> Resource:
    return resource(VAULT, {"enableRbacAuthorization": True, **properties})


def role(scope: Any = VAULT, guid: str = SECRETS_USER, principal: Any = "p-1", **more: Any) -> Resource:
    definition = f"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    properties = {"roleDefinitionId": definition, "principalId": principal, "scope": scope, **more}
    name = f"{principal}{len(str(scope))}"
    return resource(f"{VAULT}/providers/Microsoft.Authorization/roleAssignments/{name}", properties)


def custom(*actions: str, but: tuple[str, ...] = ()) -> Resource:
    permission = {"actions": [], "dataActions": list(actions), "notDataActions": list(but)}
    return resource(
        f"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{CUSTOM}", {"permissions": [permission]}
    )


def told(*resources: Resource, covers: frozenset[str] | None = COVERS, gaps: tuple[Gap, ...] = ()) -> dict[str, Any]:
    """The one proof."""
    (found,) = LENS.derive(resources, Coverage(covers, gaps))
    properties: dict[str, Any] = found.body["properties"]
    return properties


def policy(principal: str, *secrets: str) -> dict[str, Any]:
    return {"objectId": principal, "permissions": {"secrets": list(secrets), "certificates": ["get"]}}


def policies(*entries: Any) -> Resource:
    return vault(enableRbacAuthorization=False, accessPolicies=list(entries))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([vault(), role()], True),
        ([vault(), role("/subscriptions/S/resourcegroups/SERVICE")], True),
        ([vault(), role("/subscriptions/s/resourceGroups/serv")], False),
        ([vault(), role(f"{VAULT}/secrets/WEB")], True),
        ([vault(), role(f"{VAULT}/secrets/other")], False),
        ([vault(), role(f"{VAULT}2")], False),
        ([vault(), role("/")], True),
        ([vault(), role(guid=READER)], False),
        ([vault(), role(principal="p-9")], False),
        ([vault(), role(principal="p-9", principalType="Group")], "group"),
        ([vault(), role(condition="@Resource[...]")], "condition"),
        ([vault(), role("/providers/Microsoft.Management/managementGroups/top")], "management group"),
        ([vault(), role(guid=CUSTOM), custom("Microsoft.KeyVault/vaults/secrets/*")], True),
        ([vault(), role(guid=CUSTOM), custom("*", but=("Microsoft.KeyVault/vaults/secrets/getSecret/action",))], False),
        ([vault(), role(guid=CUSTOM), custom("Microsoft.KeyVault/vaults/certificates/read")], False),
        ([vault()], False),
        ([policies(policy("P-1", "Get"))], True),
        ([policies(policy("p-1", "all"))], True),
        ([policies(policy("p-1", "list"))], False),  # to read certificates is not enough
        ([policies(policy("p-1", "list"), policy("p-9", "get"))], "group"),
        ([policies(policy("p-1", "get") | {"applicationId": "a"})], "group"),
        ([policies()], False),
        ([policies(policy("p-9", "list") | {"permissions": {"secrets": True}})], False),
        ([policies(Unknown("of a loop"))], "of a loop"),
        ([policies(Unknown("of a loop"), policy("p-1", "get"))], True),
        ([policies({"objectId": "p-1", "permissions": {"secrets": [Unknown("of a variable")]}})], "of a variable"),
        ([vault(), role(principal=Unknown("of a new identity"))], "of a new identity"),
        ([vault(), role(principal=Unknown("of a new identity"), guid=READER)], False),
        ([vault(), role(), role(principal=Unknown("of a new identity"))], True),
        ([vault(), role(scope=Unknown("of a new group"))], "of a new group"),
        ([vault(enableRbacAuthorization=False)], "were not read"),
        ([vault(enableRbacAuthorization=Unknown("after apply"))], "after apply"),
        ([vault(enableRbacAuthorization=None, accessPolicies=[]), role()], False),  # roles do not count
        ([resource(VAULT, {"accessPolicies": []}, apiVersion="2026-02-01"), role()], True),  # made with roles
        ([resource(VAULT, {"accessPolicies": []}, apiVersion="2024-11-01"), role()], False),
        ([resource(VAULT, {"accessPolicies": []}, apiVersion=Unknown("of an age")), role()], "of an age"),
        ([vault(enableRbacAuthorization=None, accessPolicies=[], provisioningState="Succeeded"), role()], False),
        ([], "was not read"),
    ],
)  # fmt: skip
def test_a_gateway_may_read(given: list[Resource], expected: bool | str) -> None:
    found = told(gateway(), *given)["permitted"]
    if isinstance(expected, bool):
        assert found is expected
    else:
        assert isinstance(found, Unknown) and expected in found.reason


def test_what_was_not_collected_refutes_nothing() -> None:
    assert isinstance(told(gateway(), vault(), covers=None)["permitted"], Unknown)
    hole = Gap(what="/subscriptions/s", reason="403", type="Microsoft.Authorization/roleAssignments")
    assert isinstance(told(gateway(), vault(), gaps=(hole,))["permitted"], Unknown)
    assert told(gateway(), vault(), role(), gaps=(hole,))["permitted"] is True


def test_the_identity_that_is_named_counts() -> None:
    assert told(service(), vault(), role(principal="p-2"))["permitted"] is True
    assert told(service(), vault(), role())["permitted"] is False
    assert told(service("c-1"), vault(), role())["permitted"] is True
    assert told(service("c-9"), vault(), role())["permitted"] is False  # not assigned to it
    assert isinstance(told(service(Unknown("later")), vault(), role())["permitted"], Unknown)


def test_an_identity_is_looked_up_where_the_gateway_does_not_say_its_object_id() -> None:
    known = resource(IDENTITY, {"principalId": "p-1", "clientId": "c-1"})
    assert told(gateway(clientId="c-1"), vault(), role(), known)["permitted"] is True
    assert isinstance(told(gateway(clientId="c-1"), vault(), role())["permitted"], Unknown)


def test_a_gateway_without_an_identity_may_not() -> None:
    bare = gateway()
    bare.body["identity"] = None
    assert told(bare, vault(), role())["permitted"] is False


SHUT = {"publicNetworkAccess": "disabled"}
DENY = {"defaultAction": "Deny", "bypass": "None"}
SUBNET = f"{GROUP}/microsoft.network/virtualNetworks/V/subnets/agw"
APPROVED = [{"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}]
PENDING = [{"properties": {"privateLinkServiceConnectionState": {"status": "Pending"}}}]


@pytest.mark.parametrize(
    ("properties", "agw", "system", "user"),
    [
        ({}, True, True, True),
        ({"networkAcls": None, "publicNetworkAccess": "Enabled"}, True, True, True),
        (SHUT, True, True, False),
        ({"networkAcls": {"defaultAction": "Deny"}}, True, True, False),
        ({"networkAcls": DENY}, False, False, False),
        (SHUT | {"networkAcls": DENY}, False, False, False),
        ({"networkAcls": DENY | {"virtualNetworkRules": [{"id": SUBNET}]}}, True, False, False),
        (SHUT | {"networkAcls": DENY | {"virtualNetworkRules": [{"id": SUBNET}]}}, False, False, False),
        (SHUT | {"networkAcls": DENY, "privateEndpointConnections": APPROVED}, True, False, False),
        (SHUT | {"networkAcls": DENY, "privateEndpointConnections": PENDING}, False, False, False),
        ({"publicNetworkAccess": "SecuredByPerimeter"}, None, None, None),
        ({"networkAcls": Unknown("later")}, None, None, None),
        ({"networkAcls": DENY | {"virtualNetworkRules": Unknown("later")}}, None, False, False),
        ({"networkAcls": DENY | {"virtualNetworkRules": [{"id": Unknown("later")}]}}, None, False, False),
        ({"networkAcls": DENY, "privateEndpointConnections": [Unknown("later")]}, None, False, False),
        ({"networkAcls": DENY, "privateEndpointConnections": [Unknown("later"), *APPROVED]}, True, False, False),
    ],
)
def test_who_the_firewall_lets_in(properties: Any, agw: bool, system: bool, user: bool) -> None:
    readers = (gateway(), service(), service("c-1"))
    found = [told(reader, vault(**properties))["reachable"] for reader in readers]
    assert [None if isinstance(one, Unknown) else one for one in found] == [agw, system, user]


def test_named_values_and_certificates_belong_to_their_service() -> None:
    places = {
        "namedValues": "a",
        "certificates": "b",
        "workspaces/w/namedValues": "c",
        "workspaces/w/certificates": "d",
    }
    children = [
        resource(
            f"{SERVICE}/{place}/x", {"keyVault": {"secretIdentifier": f"https://kv.vault.azure.net/secrets/{name}"}}
        )
        for place, name in places.items()
    ]
    assert [one["name"] for one in told(service(), vault(), *children)["secrets"]] == ["web", "a", "b", "c", "d"]


def test_the_state_of_a_secret_is_told_where_it_was_read() -> None:
    off = resource(f"{VAULT}/certificates/WEB", {"attributes": {"enabled": False}})
    assert told(gateway(), vault(), off)["secrets"] == [{"name": "web", "enabled": False}]
    assert told(gateway(), vault())["secrets"] == [{"name": "web"}]


def test_one_proof_for_each_identity_and_vault() -> None:
    other = resource(
        f"{SERVICE}/namedValues/x",
        {"keyVault": {"secretIdentifier": "https://kv.vault.azure.net/secrets/x", "identityClientId": "c-1"}},
    )
    found = list(LENS.derive([service(), other, vault()], Coverage(COVERS)))
    assert [one.id.rpartition("/vaultAccess/")[2] for one in found] == ["kv/system-assigned", "kv/c-1"]
