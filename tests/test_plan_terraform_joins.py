"""Terraform plans: references to what does not exist yet, and what Terraform keeps apart."""

from __future__ import annotations

from typing import Any

import pytest
from terraform_plans import GROUP, VAULT, Tree, body, item, of, read, refs, written

from auditor.model.resource import Unknown
from auditor.plans.change import Changes
from auditor.plans.private_endpoints import OWNERS, SERVED


def endpoint(address: str, **unknown: Any) -> Tree:
    connection = {"name": "c", "is_manual_connection": False, "subresource_names": ["Sql"]}
    tree = {"name": "pe", "resource_group_name": "rg", "private_service_connection": [connection]}
    later = {"id": True, "private_service_connection": [{"private_connection_resource_id": True}]}
    return item(address, tree, unknown={**later, **unknown})


def connected(**target: Any) -> list[Tree]:
    return [{"name": "c", "private_connection_resource_id": target["to"]}]


COSMOS = {"name": "db", "resource_group_name": "rg"}
COSMOS_ID = f"{GROUP}/Microsoft.DocumentDB/databaseAccounts/db"


def target_of(changes: Changes) -> Any:
    return body(changes, "privateEndpoints")["properties"]["privateLinkServiceConnections"][0]["properties"][
        "privateLinkServiceId"
    ]


def test_an_endpoint_in_one_module_and_its_target_in_another() -> None:
    items = [
        item("module.data.azurerm_cosmosdb_account.this", COSMOS, unknown={"id": True}),
        endpoint("module.net.azurerm_private_endpoint.pe"),
    ]
    calls = {
        "data": {
            "module": {
                "resources": [written("azurerm_cosmosdb_account.this", name="db")],
                "outputs": {"resource_id": {"expression": refs(["azurerm_cosmosdb_account.this.id"])}},
            }
        },
        "net": {
            "expressions": {"target_id": refs(["module.data.resource_id", "module.data"])},
            "module": {
                "resources": [
                    written("azurerm_private_endpoint.pe", private_service_connection=connected(to=["var.target_id"]))
                ]
            },
        },
    }
    changes = read(items, [], calls)
    assert target_of(changes) == COSMOS_ID
    connections = body(changes, "databaseAccounts")["properties"]["privateEndpointConnections"]
    assert connections[0]["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"


@pytest.mark.parametrize(
    ("references", "found"),
    [
        (["azurerm_cosmosdb_account.db.id", "azurerm_cosmosdb_account.db"], True),
        (["azurerm_cosmosdb_account.db"], True),
        (["azurerm_cosmosdb_account.db.id", "var.other"], True),
        (["local.target"], False),
        (["azurerm_cosmosdb_account.db.id", "azurerm_key_vault.kv.id"], False),
        (["azurerm_cosmosdb_account.db.endpoint"], False),
        (["azurerm_missing.db.id"], False),
        (["."], False),
    ],
)
def test_a_reference_joins_when_it_names_one_object(references: list[str], found: bool) -> None:
    items = [
        item("azurerm_cosmosdb_account.db", COSMOS, unknown={"id": True, "endpoint": True}),
        item("azurerm_key_vault.kv", VAULT, unknown={"id": True}),
        endpoint("azurerm_private_endpoint.pe"),
    ]
    config = [
        written("azurerm_cosmosdb_account.db", name="db"),
        written("azurerm_key_vault.kv", name="kv"),
        written("azurerm_private_endpoint.pe", private_service_connection=connected(to=references)),
    ]
    changes = read(items, config)
    assert (target_of(changes) == COSMOS_ID) is found
    if not found:
        assert isinstance(target_of(changes), Unknown)
        (unknown,) = body(changes, "databaseAccounts")["properties"]["privateEndpointConnections"]
        assert isinstance(unknown, Unknown)


def test_for_each_joins_instances_of_the_same_key() -> None:
    items = [item(f'azurerm_cosmosdb_account.db["{k}"]', {**COSMOS, "name": f"db-{k}"}) for k in "ab"]
    items += [endpoint(f'azurerm_private_endpoint.pe["{k}"]') for k in "ab"]
    each = ["azurerm_cosmosdb_account.db"]
    config = [
        written("azurerm_cosmosdb_account.db", name="db"),
        written(
            "azurerm_private_endpoint.pe",
            for_each=each,
            private_service_connection=connected(to=["each.value.id", "each.value"]),
        ),
    ]
    targets = {
        change.after.origin.address: change.after.body["properties"]["privateLinkServiceConnections"][0]["properties"]
        for change in of(read(items, config), "privateEndpoints")
        if change.after
    }
    for key in "ab":
        target = targets[f'azurerm_private_endpoint.pe["{key}"]']["privateLinkServiceId"]
        assert target.endswith(f"databaseAccounts/db-{key}")


def test_a_diagnostic_setting_hangs_below_its_target() -> None:
    logs = {"enabled_log": [{"category_group": "audit"}], "metric": [{"category": "AllMetrics", "enabled": False}]}
    items = [
        item("azurerm_key_vault.kv", VAULT, unknown={"id": True}),
        item("azurerm_monitor_diagnostic_setting.d", {"name": "d", **logs}, unknown={"target_resource_id": True}),
    ]
    config = [
        written("azurerm_key_vault.kv", name="kv"),
        written("azurerm_monitor_diagnostic_setting.d", target_resource_id=["azurerm_key_vault.kv.id"]),
    ]
    (change,) = of(read(items, config), "diagnosticSettings")
    assert change.after is not None
    assert change.after.parent_id == f"{GROUP}/Microsoft.KeyVault/vaults/kv"
    assert change.after.body["properties"]["logs"] == [{"enabled": True, "categoryGroup": "audit"}]
    assert change.after.body["properties"]["metrics"] == [{"enabled": False, "category": "AllMetrics"}]
    assert isinstance(body(read(items), "diagnosticSettings")["id"], Unknown)


def test_the_name_of_a_data_source_is_used_and_the_data_source_is_not_judged() -> None:
    data = item("data.azurerm_key_vault.kv", {"id": f"{GROUP}/Microsoft.KeyVault/vaults/kv", "name": "kv"})
    key = item("azurerm_key_vault_key.k", {"name": "k", "key_type": "RSA"}, unknown={"key_vault_id": True})
    config = [written("azurerm_key_vault_key.k", key_vault_id=["data.azurerm_key_vault.kv.id"])]
    changes = read([data, key], [*config, written("data.azurerm_key_vault.kv", name="kv")])
    (change,) = changes.changes
    assert change.after is not None and change.after.id.endswith("vaults/kv/keys/k")


def test_a_key_is_referred_to_by_its_address_in_the_vault() -> None:
    items = [
        item("azurerm_key_vault.kv", VAULT, unknown={"id": True}),
        item("azurerm_key_vault_key.k", {"name": "k"}, unknown={"key_vault_id": True, "versionless_id": True}),
        item("azurerm_cosmosdb_account.db", COSMOS, unknown={"key_vault_key_id": True}),
    ]
    config = [
        written("azurerm_key_vault.kv", name="kv"),
        written("azurerm_key_vault_key.k", key_vault_id=["azurerm_key_vault.kv.id"]),
        written("azurerm_cosmosdb_account.db", key_vault_key_id=["azurerm_key_vault_key.k.versionless_id"]),
    ]
    made = body(read(items, config), "databaseAccounts")
    assert made["properties"]["keyVaultKeyUri"] == "https://kv.vault.azure.net/keys/k"


def rule(address: str, name: str, access: str = "Allow", group: str = "nsg", **change: Any) -> Tree:
    tree = {"name": name, "access": access, "network_security_group_name": group, "resource_group_name": "rg"}
    return item(address, tree, **change)


NSG = {"name": "nsg", "resource_group_name": "rg"}


def test_security_rules_are_folded_into_their_group() -> None:
    items = [
        item("azurerm_network_security_group.g", NSG, unknown={"security_rule": True}),
        rule("azurerm_network_security_rule.a", "a"),
        rule("azurerm_network_security_rule.b", "b", "Deny"),
    ]
    changes = read(items)
    assert len(changes.changes) == 1
    names = [found["name"] for found in body(changes, "networkSecurityGroups")["properties"]["securityRules"]]
    assert names == ["a", "b"]


def test_a_new_rule_updates_a_group_that_does_not_change_itself() -> None:
    group = item("azurerm_network_security_group.g", NSG, before=NSG, actions=["no-op"])
    (change,) = read([group, rule("azurerm_network_security_rule.a", "a")]).changes
    assert change.action == "update"
    assert change.before is not None and "properties" not in change.before.body


def test_rules_of_a_group_elsewhere_are_judged_with_the_denials_beside_them() -> None:
    items = [
        rule("azurerm_network_security_rule.a", "a"),
        rule("azurerm_network_security_rule.b", "b"),
        rule("azurerm_network_security_rule.c", "c", "Deny"),
        rule("azurerm_network_security_rule.d", "d", "Deny", group="other"),
    ]
    groups = {c.after.origin.address: c.after.body for c in of(read(items), "networkSecurityGroups") if c.after}
    first = groups["azurerm_network_security_rule.a"]["properties"]["securityRules"]
    assert [found["name"] for found in first] == ["a", "c"]


def test_rules_of_azapi_whose_bodies_are_known_later_stand_alone() -> None:
    tree = {"type": "Microsoft.Network/networkSecurityGroups/securityRules@2024-05-01", "parent_id": f"{GROUP}/x/y/nsg"}
    made = read([item(f"azapi_resource.{name}", {**tree, "name": name}, unknown={"body": True}) for name in "ab"])
    rules = [c.after.body["properties"]["securityRules"] for c in of(made, "networkSecurityGroups") if c.after]
    assert [[one["name"] for one in found] for found in rules] == [["a"], ["b"]]
    assert isinstance(rules[0][0]["properties"], Unknown)


@pytest.mark.parametrize(
    ("group", "doubted"),
    [
        ("vault", {"vaults"}),
        ("dfs", {"storageAccounts"}),
        ("Table", {"storageAccounts"}),
        ("sites", set()),
        (None, {"vaults", "storageAccounts"}),
    ],
)
def test_an_endpoint_for_something_unknown_may_be_of_what_has_its_group(group: str | None, doubted: set[str]) -> None:
    connection = {"name": "c", "is_manual_connection": False, "subresource_names": [group] if group else None}
    later: Tree = {"private_connection_resource_id": True} | ({} if group else {"subresource_names": True})
    endpoint = {"name": "pe", "resource_group_name": "rg", "private_service_connection": [connection]}
    store = {"name": "st", "resource_group_name": "rg", "account_tier": "Standard", "account_replication_type": "ZRS"}
    made = read(
        [
            item("azurerm_key_vault.kv", VAULT),
            item("azurerm_storage_account.st", store),
            item("azurerm_private_endpoint.pe", endpoint, unknown={"private_service_connection": [later]}),
        ]
    )
    told = {
        kind: body(made, kind)["properties"].get("privateEndpointConnections") for kind in ("vaults", "storageAccounts")
    }
    assert {kind for kind, found in told.items() if found and isinstance(found[0], Unknown)} == doubted


def test_every_service_with_endpoints_has_a_group() -> None:
    assert {kind for kinds in OWNERS.values() for kind in kinds} >= SERVED


@pytest.mark.parametrize("key", ['"\\U000e0001"', '"\u0001"', "9" * 5000, '"a\\"b"'])
def test_a_module_has_a_key_of_any_kind(key: str) -> None:
    entry = item("module.m.azurerm_key_vault.kv", VAULT) | {"module_address": f"module.m[{key}]"}
    assert body(read([entry], []), "vaults")["name"] == "kv"


def test_a_block_that_is_null_is_passed_over() -> None:
    configurations = [{"name": "a"}, None, {"name": "b"}]
    gateway = {"name": "agw", "resource_group_name": "rg", "gateway_ip_configuration": configurations}
    later = {"gateway_ip_configuration": [{"subnet_id": True}, {}, {"subnet_id": True}]}
    blocks = [{"name": name, "subnet_id": ["azurerm_subnet.s.id", "azurerm_subnet.s"]} for name in "ab"]
    made = read(
        [item("azurerm_application_gateway.g", gateway, unknown=later)],
        [written("azurerm_application_gateway.g", gateway_ip_configuration=blocks)],
    )
    assert len(body(made, "applicationGateways")["properties"]["gatewayIPConfigurations"]) == 3


def test_subnets_are_in_their_network_and_resources_of_their_own() -> None:
    items = [
        item("azurerm_virtual_network.v", {"name": "v", "resource_group_name": "rg"}, unknown={"subnet": True}),
        item(
            "azurerm_subnet.s",
            {"name": "s", "virtual_network_name": "v", "resource_group_name": "rg"},
            unknown={"id": True},
        ),
        item("azurerm_network_security_group.g", NSG, unknown={"id": True}),
        item(
            "azurerm_subnet_network_security_group_association.a",
            {},
            unknown={"subnet_id": True, "network_security_group_id": True},
        ),
    ]
    config = [
        written("azurerm_virtual_network.v", name="v"),
        written("azurerm_subnet.s", name="s"),
        written("azurerm_network_security_group.g", name="nsg"),
        written(
            "azurerm_subnet_network_security_group_association.a",
            subnet_id=["azurerm_subnet.s.id"],
            network_security_group_id=["azurerm_network_security_group.g.id"],
        ),
    ]
    changes = read(items, config)
    (subnet,) = body(changes, "virtualNetworks")["properties"]["subnets"]
    group = f"{GROUP}/Microsoft.Network/networkSecurityGroups/nsg"
    assert subnet["properties"]["networkSecurityGroup"]["id"] == group
    assert body(changes, "subnets")["id"] == f"{GROUP}/Microsoft.Network/virtualNetworks/v/subnets/s"


def test_node_pools_are_listed_in_their_cluster_too() -> None:
    pool = {"name": "user", "host_encryption_enabled": True}
    cluster = {"name": "k", "resource_group_name": "rg", "default_node_pool": [{"name": "sys", "node_count": 3}]}
    items = [
        item("azurerm_kubernetes_cluster.k", cluster, unknown={"id": True}),
        item("azurerm_kubernetes_cluster_node_pool.p", pool, unknown={"kubernetes_cluster_id": True}),
    ]
    config = [
        written("azurerm_kubernetes_cluster.k", name="k"),
        written("azurerm_kubernetes_cluster_node_pool.p", kubernetes_cluster_id=["azurerm_kubernetes_cluster.k.id"]),
    ]
    changes = read(items, config)
    pools = body(changes, "managedClusters")["properties"]["agentPoolProfiles"]
    assert [(found["name"], found["mode"]) for found in pools] == [("sys", "System"), ("user", "User")]
    assert body(changes, "agentPools")["properties"]["enableEncryptionAtHost"] is True


def test_an_application_gateway_refers_to_its_parts_by_id() -> None:
    tree = {
        "name": "agw",
        "resource_group_name": "rg",
        "http_listener": [{"name": "l", "protocol": "Https", "ssl_profile_name": "p"}],
        "ssl_profile": [{"name": "p", "trusted_client_certificate_names": ["ca"]}],
        "request_routing_rule": [{"name": "r", "http_listener_name": "l", "url_path_map_name": "m"}],
        "url_path_map": [{"name": "m", "path_rule": [{"name": "a", "backend_http_settings_name": "s"}]}],
        "backend_http_settings": [{"name": "s", "protocol": "Http", "trusted_root_certificate_names": ["root"]}],
    }
    properties = body(read([item("azurerm_application_gateway.g", tree)]), "applicationGateways")["properties"]
    own = f"{GROUP}/Microsoft.Network/applicationGateways/agw"
    assert properties["httpListeners"][0]["id"] == f"{own}/httpListeners/l"
    assert properties["requestRoutingRules"][0]["properties"]["httpListener"]["id"] == f"{own}/httpListeners/l"
    path = properties["urlPathMaps"][0]["properties"]["pathRules"][0]
    assert path["id"] == f"{own}/urlPathMaps/m/pathRules/a"
    assert path["properties"]["backendHttpSettings"]["id"] == f"{own}/backendHttpSettingsCollection/s"
    root = properties["backendHttpSettingsCollection"][0]["properties"]["trustedRootCertificates"]
    assert root == [{"id": f"{own}/trustedRootCertificates/root"}]


def test_what_nobody_writes_of_a_node_pool_is_absent() -> None:
    pool = "azurerm_kubernetes_cluster_node_pool.user"
    tree = {"name": "user", "kubernetes_cluster_id": f"{GROUP}/Microsoft.ContainerService/managedClusters/aks"}
    items = [item(pool, tree, unknown={"id": True, "max_pods": True, "os_sku": True})]
    properties = body(read(items, [written(pool, name="user", os_sku=["var.sku"])]), "agentPools")["properties"]
    assert "maxPods" not in properties
    assert isinstance(properties["osSKU"], Unknown), "written, and not known yet"


def test_of_what_a_module_is_given_as_one_object_each_attribute_takes_what_fits_it() -> None:
    """`private_endpoints = { this = { subnet = azurerm_subnet.pe.id, zones = [azurerm_private_dns_zone.z.id] } }`: the
    plan says of the whole object what it refers to, not of its parts."""
    zone, subnet = "azurerm_private_dns_zone.z", "azurerm_subnet.pe"
    group = [{"name": "default", "private_dns_zone_ids": [None]}]
    tree = {"name": "pe", "resource_group_name": "rg", "private_dns_zone_group": group}
    later = {"id": True, "subnet_id": True, "private_dns_zone_group": [{"private_dns_zone_ids": [True]}]}
    items = [
        item(zone, {"name": "privatelink.vaultcore.azure.net", "resource_group_name": "rg"}, unknown={"id": True}),
        item(subnet, {"name": "pe", "virtual_network_name": "hub", "resource_group_name": "rg"}, unknown={"id": True}),
        item('module.kv.azurerm_private_endpoint.this["this"]', tree, unknown=later),
    ]
    inside = written(
        "azurerm_private_endpoint.this",
        for_each=["var.private_endpoints"],
        subnet_id=["each.value.subnet", "each.value"],
        private_dns_zone_group=[{"private_dns_zone_ids": ["each.value.zones", "each.value"]}],
    )
    given = {"private_endpoints": refs([f"{subnet}.id", subnet, f"{zone}.id", zone])}
    calls = {"kv": {"expressions": given, "module": {"resources": [inside]}}}
    changes = read(items, [written(zone, name="z"), written(subnet, name="pe")], calls)
    endpoint = body(changes, "Microsoft.Network/privateEndpoints")["properties"]
    assert endpoint["subnet"]["id"] == f"{GROUP}/Microsoft.Network/virtualNetworks/hub/subnets/pe"
    (zones,) = body(changes, "privateDnsZoneGroups")["properties"]["privateDnsZoneConfigs"]
    zone_id = f"{GROUP}/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net"
    assert zones["properties"]["privateDnsZoneId"] == zone_id


@pytest.mark.parametrize(
    ("given", "key", "rest"),
    [("subnet_ids", "pe", ""), ("subnets", "pe", ".id"), ("by_name", "snet-pe", "")],
    ids=["ids by key", "objects by key", "ids by name"],
)
def test_one_of_a_map_that_a_module_gives_out(given: str, key: str, rest: str) -> None:
    """`output "subnet_ids" { value = { for key, one in azurerm_subnet.this : key => one.id } }`"""
    subnet = {"resource_group_name": "rg", "virtual_network_name": "hub"}
    items = [
        item('module.net.azurerm_subnet.this["pe"]', {"name": "snet-pe", **subnet}, unknown={"id": True}),
        item('module.net.azurerm_subnet.this["aks"]', {"name": "snet-aks", **subnet}, unknown={"id": True}),
        endpoint("azurerm_private_endpoint.pe", subnet_id=True),
    ]
    named = f'module.net.{given}["{key}"]'
    here = written("azurerm_private_endpoint.pe", subnet_id=[f"{named}{rest}", named, f"module.net.{given}"])
    outputs = {given: {"expression": refs(["azurerm_subnet.this"])}}
    inside = [written("azurerm_subnet.this", for_each=["var.subnets"])]
    changes = read(items, [here], {"net": {"module": {"resources": inside, "outputs": outputs}}})
    found = body(changes, "Microsoft.Network/privateEndpoints")["properties"]["subnet"]["id"]
    assert found == f"{GROUP}/Microsoft.Network/virtualNetworks/hub/subnets/snet-pe"


AZAPI = {
    "vault": "Microsoft.KeyVault/vaults",
    "subnet": "Microsoft.Network/virtualNetworks/subnets",
    "zone": "Microsoft.Network/privateDnsZones",
}


def azapi(name: str, kind: str, unknown: Tree, **content: Any) -> Tree:
    parent = f"{GROUP}/Microsoft.Network/virtualNetworks/v" if kind.endswith("subnets") else GROUP[: -len("/providers")]
    tree = {"type": f"{kind}@2024-05-01", "name": name, "parent_id": parent, "body": {"properties": content}}
    return item(f"azapi_resource.{name}", tree, unknown={"id": True, "body": {"properties": unknown}})


def test_ids_in_a_body_of_azapi_are_those_that_their_keys_say() -> None:
    """The configuration names a subnet and a vault for the body as a whole."""
    later = {"subnet": {"id": True}, "privateLinkServiceConnections": [{"properties": {"privateLinkServiceId": True}}]}
    connection = {"name": "c", "properties": {"groupIds": ["vault"]}}
    content = {"subnet": {}, "privateLinkServiceConnections": [connection]}
    config = {"name": "g", "properties": {}}
    group = azapi(
        "group",
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
        {"privateDnsZoneConfigs": [{"properties": {"privateDnsZoneId": True}}]},
        privateDnsZoneConfigs=[config],
    )
    items = [
        *(azapi(name, kind, {}) for name, kind in AZAPI.items()),
        azapi("pe", "Microsoft.Network/privateEndpoints", later, **content),
        group,
    ]
    written_here = [
        *(written(f"azapi_resource.{name}", name=name) for name in AZAPI),
        written("azapi_resource.pe", body=["azapi_resource.vault.id", "azapi_resource.subnet.id"]),
        written("azapi_resource.group", body=["azapi_resource.zone.id", "azapi_resource.zone"]),
    ]
    changes = read(items, written_here)
    endpoint = body(changes, "privateEndpoints")["properties"]
    assert endpoint["subnet"]["id"] == f"{GROUP}/Microsoft.Network/virtualNetworks/v/subnets/subnet"
    assert target_of(changes) == f"{GROUP}/Microsoft.KeyVault/vaults/vault"
    (zone,) = body(changes, "privateDnsZoneGroups")["properties"]["privateDnsZoneConfigs"]
    assert zone["properties"]["privateDnsZoneId"] == f"{GROUP}/Microsoft.Network/privateDnsZones/zone"
    (told,) = body(changes, "vaults")["properties"]["privateEndpointConnections"]
    assert told["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"


def test_an_id_in_a_body_of_azapi_is_not_one_that_stands_elsewhere_in_it() -> None:
    known = f"{GROUP}/Microsoft.Network/virtualNetworks/v/subnets/subnet"
    connection = {"name": "c", "properties": {"groupIds": ["vault"]}}
    endpoint = azapi(
        "pe",
        "Microsoft.Network/privateEndpoints",
        {"privateLinkServiceConnections": [{"properties": {"privateLinkServiceId": True}}]},
        subnet={"id": known},
        privateLinkServiceConnections=[connection],
    )
    items = [azapi("subnet", "Microsoft.Network/virtualNetworks/subnets", {}), endpoint]
    config = [
        written("azapi_resource.subnet", name="subnet"),
        written("azapi_resource.pe", body=["azapi_resource.subnet.id", "var.target"]),
    ]
    assert isinstance(target_of(read(items, config)), Unknown)


def test_the_switches_of_api_management_are_off_when_nobody_wrote_them() -> None:
    tree = {"name": "apim", "resource_group_name": "rg", "sku_name": "Premium_2", "security": []}
    made = body(read([item("azurerm_api_management.a", tree)]), "ApiManagement/service")
    assert made["sku"] == {"name": "Premium", "capacity": 2}
    assert set(made["properties"]["customProperties"].values()) == {"False"}


def test_policies_of_apis_hang_below_their_api() -> None:
    names = {"api_management_name": "apim", "resource_group_name": "rg"}
    items = [
        item("azurerm_api_management.a", {"name": "apim", "resource_group_name": "rg"}),
        item("azurerm_api_management_api.orders", {"name": "orders", **names}),
        item("azurerm_api_management_api_policy.p", {"api_name": "orders", "xml_content": "<policies/>", **names}),
    ]
    (change,) = of(read(items), "apis/policies")
    assert change.after is not None
    assert change.after.parent_id == f"{GROUP}/Microsoft.ApiManagement/service/apim/apis/orders"


def test_an_api_says_its_version_and_whose_it_is() -> None:
    names = {"api_management_name": "apim", "resource_group_name": "rg"}
    api, versions = "azurerm_api_management_api.orders", "azurerm_api_management_api_version_set.orders"
    later = {"id": True, "is_online": True, "is_current": True, "version_set_id": True}
    items = [
        item(versions, {"name": "orders", "versioning_scheme": "Segment", **names}, unknown={"id": True}),
        item(api, {"name": "orders-v2", "path": "orders", "version": "v2", **names}, unknown=later),
        item("azurerm_api_management_api.old", {"name": "old", **names}, unknown={**later, "version": True}),
    ]
    changes = read(
        items,
        [
            written(versions, name="orders"),
            written(api, name="orders-v2", version="v2", version_set_id=[f"{versions}.id", versions]),
            written("azurerm_api_management_api.old", name="old"),
        ],
    )
    new, old = (change.after.body["properties"] for change in of(changes, "service/apis") if change.after)
    assert (new["apiVersion"], "isOnline" in new) == ("v2", False)
    assert new["apiVersionSetId"] == f"{GROUP}/Microsoft.ApiManagement/service/apim/apiVersionSets/orders"
    assert body(changes, "apiVersionSets")["properties"]["versioningScheme"] == "Segment"
    assert not {"apiVersion", "apiVersionSetId"} & set(old), "written nowhere, it has none"


def test_a_product_leads_to_the_apis_that_it_is_linked_with() -> None:
    names = {"api_management_name": "apim", "resource_group_name": "rg"}
    link = {"product_id": "partners", "api_name": "orders", **names}
    (change,) = of(read([item("azurerm_api_management_product_api.l", link)]), "products/apis")
    assert change.after is not None
    assert change.after.id == f"{GROUP}/Microsoft.ApiManagement/service/apim/products/partners/apis/orders"


SUBNET = {"name": "app", "resource_group_name": "rg", "virtual_network_name": "hub"}
ASSOCIATION = "azurerm_subnet_network_security_group_association.a"


def lone_subnet(changes: Changes) -> Tree:
    (element,) = body(changes, "subnets")["properties"]["subnets"]
    assert isinstance(element, dict)
    return element


def test_a_subnet_of_somebody_elses_network_lists_itself() -> None:
    """Rules that judge the subnets of a network find it there."""
    element = lone_subnet(read([item("azurerm_subnet.app", SUBNET, unknown={"id": True})], []))
    assert (element["name"], element["id"]) == ("app", f"{GROUP}/Microsoft.Network/virtualNetworks/hub/subnets/app")
    assert "networkSecurityGroup" not in element["properties"]


def test_a_subnet_inside_its_network_is_listed_there_alone() -> None:
    network = {"name": "hub", "resource_group_name": "rg", "address_space": ["10.0.0.0/16"]}
    changes = read([item("azurerm_virtual_network.hub", network), item("azurerm_subnet.app", SUBNET)], [])
    assert "subnets" not in body(changes, "/subnets")["properties"]
    assert [one["name"] for one in body(changes, "virtualNetworks")["properties"]["subnets"]] == ["app"]


def test_what_adds_to_something_unknown_may_add_to_any_of_its_type() -> None:
    """An association whose subnet cannot be followed: no subnet without a group can be said to have none."""
    later = {"subnet_id": True, "network_security_group_id": True}
    items = [item("azurerm_subnet.app", SUBNET, unknown={"id": True}), item(ASSOCIATION, {}, unknown=later)]
    resources = [written(ASSOCIATION, subnet_id=["local.subnets"], network_security_group_id=["local.groups"])]
    found = lone_subnet(read(items, resources))["properties"]["networkSecurityGroup"]["id"]
    assert isinstance(found, Unknown)


def test_an_assessment_belongs_to_the_server_of_its_alert_policy() -> None:
    server, policy = "azurerm_mssql_server.s", "azurerm_mssql_server_security_alert_policy.p"
    assessment = "azurerm_mssql_server_vulnerability_assessment.v"
    items = [
        item(server, {"name": "sql", "resource_group_name": "rg"}, unknown={"id": True}),
        item(policy, {"server_name": "sql", "resource_group_name": "rg", "state": "Enabled"}, unknown={"id": True}),
        item(
            assessment,
            {"storage_container_path": "https://s.blob.core.windows.net/va/", "recurring_scans": [{"enabled": True}]},
            unknown={"server_security_alert_policy_id": True},
        ),
    ]
    changes = read(items, [written(assessment, server_security_alert_policy_id=[f"{policy}.id", policy])])
    found = body(changes, "/vulnerabilityAssessments")
    assert found["id"] == f"{GROUP}/Microsoft.Sql/servers/sql/vulnerabilityAssessments/Default"
    assert found["properties"]["recurringScans"] == {"isEnabled": True}


@pytest.mark.parametrize("kind", ["azurerm_sql_server", "azurerm_mssql_server"])
def test_azurerm_2_writes_auditing_inside_the_server(kind: str) -> None:
    policy = {"storage_endpoint": "https://s.blob.core.windows.net/", "retention_in_days": 90}
    tree = {"name": "sql", "resource_group_name": "rg", "extended_auditing_policy": [policy]}
    found = body(read([item(f"{kind}.s", tree)]), "/extendedAuditingSettings")
    assert found["id"] == f"{GROUP}/Microsoft.Sql/servers/sql/extendedAuditingSettings/default"
    assert found["properties"]["state"] == "Enabled" and found["properties"]["retentionDays"] == 90


def test_auditing_that_nobody_wrote_is_none() -> None:
    """azurerm 2 computes the block: unknown where it is not written, as in any plan that makes a server."""
    server = "azurerm_sql_server.s"
    tree = {"name": "sql", "resource_group_name": "rg"}
    changes = read([item(server, tree, unknown={"extended_auditing_policy": True})], [written(server, name="sql")])
    assert not of(changes, "/extendedAuditingSettings")


def test_azurerm_3_writes_threat_detection_inside_the_server() -> None:
    policy = {"state": "Enabled", "disabled_alerts": ["Sql_Injection"], "email_account_admins": True}
    tree = {"name": "sql", "resource_group_name": "rg", "threat_detection_policy": [policy]}
    found = body(read([item("azurerm_sql_server.s", tree)]), "/securityAlertPolicies")
    assert found["properties"] == {"state": "Enabled", "disabledAlerts": ["Sql_Injection"], "emailAccountAdmins": True}


@pytest.mark.parametrize(
    ("told", "state"), [({}, None), ({"express_vulnerability_assessment_enabled": False}, "Disabled")]
)
def test_assessments_of_a_server_are_known_where_azurerm_knows_them(told: dict[str, Any], state: str | None) -> None:
    """azurerm 3 knows no express assessments: a Defender plan of the subscription may have turned them on."""
    tree = {"name": "sql", "resource_group_name": "rg", **told}
    changes = read([item("azurerm_mssql_server.s", tree)], [])
    found = [one.after.body["properties"]["state"] for one in of(changes, "/sqlVulnerabilityAssessments") if one.after]
    assert found == ([state] if state else [])
    assert "microsoft.sql/servers/sqlvulnerabilityassessments" not in changes.covers


@pytest.mark.parametrize("suffix", ["", "_action"])
def test_a_rule_of_front_door_says_whither_it_sends(suffix: str) -> None:
    actions = {
        f"url_redirect{suffix}": [{"redirect_protocol": "Https", "destination_hostname": "www.contoso.com"}],
        f"route_configuration_override{suffix}": [
            {"cdn_frontdoor_origin_group_id": "/groups/g", "forwarding_protocol": "HttpOnly"}
        ],
        f"url_rewrite{suffix}": [{"source_pattern": "/", "destination": "/api"}],
    }
    scheme = {"match_values": ["HTTP"], "operator": "Equal", "negate_condition": False}
    tree = {
        "name": "r", "order": 1, "behavior_on_match": "Stop", "actions": [actions],
        "conditions": [{"request_scheme_condition": [scheme]}],
    }  # fmt: skip
    made = body(read([item("azurerm_cdn_frontdoor_rule.r", tree)]), "/rules")["properties"]
    assert {one["name"]: one.get("parameters") for one in made["actions"]} == {
        "UrlRedirect": {"destinationProtocol": "Https", "customHostname": "www.contoso.com"},
        "UrlRewrite": None,
        "RouteConfigurationOverride": {
            "originGroupOverride": {"originGroup": {"id": "/groups/g"}, "forwardingProtocol": "HttpOnly"}
        },
    }
    asked = {"matchValues": ["HTTP"], "operator": "Equal", "negateCondition": False}
    assert made["conditions"] == [{"name": "RequestScheme", "parameters": asked}]
    assert (made["order"], made["matchProcessingBehavior"]) == (1, "Stop")


def test_rules_of_front_door_that_are_written_inside_their_set() -> None:
    group = {"cdn_frontdoor_origin_group_id": "/groups/g", "forwarding_protocol": "HttpsOnly"}
    scheme = {"operator": "NotEqual", "values": ["HTTPS"]}
    rules = [
        {"name": "a", "order": 1, "behaviour_on_match": "Continue", "conditions": [{"request_scheme": [scheme]}],
         "actions": [{"url_redirect": [{"redirect_protocol": "Https", "destination_host_name": "www.contoso.com"}]}]},
        {"name": "b", "order": 2, "actions": [{"route_configuration_override": [{"origin_group": [group]}]}]},
    ]  # fmt: skip
    profile = {"cdn_frontdoor_profile_id": f"{GROUP}/Microsoft.Cdn/profiles/p"}
    changes = read([item("azurerm_cdn_frontdoor_batch_rule_set.s", {"name": "s", "rule": rules, **profile})])
    first, second = (one.after.body for one in of(changes, "/rules") if one.after)
    assert first["id"].endswith("/rules/a")
    assert first["properties"]["actions"] == [
        {"name": "UrlRedirect", "parameters": {"destinationProtocol": "Https", "customHostname": "www.contoso.com"}}
    ]
    (condition,) = first["properties"]["conditions"]
    assert (condition["name"], condition["parameters"]["operator"]) == ("RequestScheme", "NotEqual")
    assert second["properties"]["actions"][0]["parameters"] == {
        "originGroupOverride": {"originGroup": {"id": "/groups/g"}, "forwardingProtocol": "HttpsOnly"}
    }


def test_an_endpoint_for_each_module_of_a_module_call() -> None:
    """`for_each = module.vault` and `each.value.id` name the modules as a whole."""
    keys = ("x", "y")
    items = []
    for key in keys:
        items.append(item(f'module.vault["{key}"].azurerm_key_vault.kv', {**VAULT, "name": f"kv{key}"}))
        items.append(endpoint(f'azurerm_private_endpoint.pe["{key}"]'))
    calls = {
        "vault": {
            "module": {
                "resources": [written("azurerm_key_vault.kv")],
                "outputs": {"id": {"expression": refs(["azurerm_key_vault.kv.id", "azurerm_key_vault.kv"])}},
            }
        }
    }
    config = written(
        "azurerm_private_endpoint.pe",
        for_each=["module.vault"],
        private_service_connection=connected(to=["each.value.id", "each.value"]),
    )
    changes = read(items, [config], calls)
    for change in of(changes, "vaults"):
        assert change.after is not None
        (connection,) = change.after.body["properties"]["privateEndpointConnections"]
        assert connection["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"


def test_a_name_in_another_resource_group_is_not_meant() -> None:
    group = {"name": "nsg", "resource_group_name": "other"}
    rule = {"name": "in", "network_security_group_name": "nsg", "resource_group_name": "rg", "access": "Allow"}
    changes = read([item("azurerm_network_security_group.g", group), item("azurerm_network_security_rule.r", rule)])
    found = {change.after.origin.address: change.after.body for change in of(changes, "Groups") if change.after}
    assert "properties" not in found["azurerm_network_security_group.g"]
    assert len(found["azurerm_network_security_rule.r"]["properties"]["securityRules"]) == 1


def subnets_of(changes: Changes) -> dict[str, Any]:
    return {
        change.after.origin.address: change.after.body["properties"]
        for change in of(changes, "subnets")
        if change.after is not None
    }


def test_names_made_of_one_random_part_are_not_one_name() -> None:
    """A plan tells `a-${random_pet.p.id}` and `b-${random_pet.p.id}` apart by nothing."""
    network = {"resource_group_name": "rg", "virtual_network_name": "vnet", "address_prefixes": ["10.0.0.0/24"]}
    items = [item("random_pet.p", {"length": 2}, unknown={"id": True})]
    items += [item(f"azurerm_subnet.{n}", network, unknown={"id": True, "name": True}) for n in "ab"]
    items += [item("azurerm_network_security_group.nsg", {"name": "nsg", "resource_group_name": "rg"})]
    later = {"id": True, "subnet_id": True, "network_security_group_id": True}
    items += [item("azurerm_subnet_network_security_group_association.b", {}, unknown=later)]
    config = [
        written(f"azurerm_subnet.{n}", name=["random_pet.p.id", "random_pet.p"], virtual_network_name="vnet")
        for n in "ab"
    ]
    config += [
        written(
            "azurerm_subnet_network_security_group_association.b",
            subnet_id=["azurerm_subnet.b.id", "azurerm_subnet.b"],
            network_security_group_id=["azurerm_network_security_group.nsg.id", "azurerm_network_security_group.nsg"],
        )
    ]
    found = subnets_of(read(items, config))
    assert "networkSecurityGroup" not in found["azurerm_subnet.a"]
    assert found["azurerm_subnet.b"]["networkSecurityGroup"]["id"].endswith("/networkSecurityGroups/nsg")


def test_a_parent_is_found_by_its_name_that_is_not_known() -> None:
    pet = ["random_pet.p.id", "random_pet.p"]
    vnet = {"resource_group_name": "rg", "address_space": ["10.0.0.0/16"]}
    items = [item(f"azurerm_virtual_network.{n}", vnet, unknown={"id": True, "name": True}) for n in "ab"]
    items += [
        item(f"azurerm_subnet.{n}", {"name": "s", "resource_group_name": "rg"}, unknown={"virtual_network_name": True})
        for n in "ab"
    ]
    config = [written(f"azurerm_virtual_network.{n}", name=pet) for n in "ab"]
    config += [
        written(
            f"azurerm_subnet.{n}",
            virtual_network_name=[f"azurerm_virtual_network.{n}.name", f"azurerm_virtual_network.{n}"],
        )
        for n in "ab"
    ]
    changes = read(items, config)
    networks = {c.after.origin.address: c.after for c in of(changes, "virtualNetworks") if c.after}
    ids = set()
    for name in "ab":
        network = networks[f"azurerm_virtual_network.{name}"]
        assert [subnet["name"] for subnet in network.body["properties"]["subnets"]] == ["s"]
        ids.add(network.id)
    assert len(ids) == 2


def test_groups_named_by_one_random_part_are_two() -> None:
    pet = ["random_pet.p.id", "random_pet.p"]
    items = [item(f"azurerm_resource_group.{n}", {}, unknown={"id": True, "name": True}) for n in "ab"]
    items += [item(f"azurerm_key_vault.{n}", {"name": "kv"}, unknown={"resource_group_name": True}) for n in "ab"]
    config = [written(f"azurerm_resource_group.{n}", name=pet) for n in "ab"]
    config += [
        written(
            f"azurerm_key_vault.{n}",
            resource_group_name=[f"azurerm_resource_group.{n}.name", f"azurerm_resource_group.{n}"],
        )
        for n in "ab"
    ]
    assert len({change.after.id for change in of(read(items, config), "vaults") if change.after}) == 2


def test_a_parent_is_found_by_its_name_that_is_known() -> None:
    items = [
        item("azurerm_virtual_network.v", {"name": "vnet", "resource_group_name": "rg", "address_space": []}),
        item("azurerm_subnet.s", {"name": "s", "resource_group_name": "rg"}, unknown={"virtual_network_name": True}),
    ]
    named = ["azurerm_virtual_network.v.name", "azurerm_virtual_network.v"]
    network = body(read(items, [written("azurerm_subnet.s", virtual_network_name=named)]), "virtualNetworks")
    assert [subnet["name"] for subnet in network["properties"]["subnets"]] == ["s"]


def test_what_is_joined_to_one_of_two_resources_of_one_id_is_not_known() -> None:
    network = {"name": "vnet", "resource_group_name": "rg", "address_space": []}
    subnet = {"name": "s", "resource_group_name": "rg", "virtual_network_name": "vnet"}
    place = f"{GROUP}/Microsoft.Network/virtualNetworks/vnet/subnets/s"
    items = [item(f"azurerm_virtual_network.{n}", network) for n in "ab"]
    items += [item(f"azurerm_subnet.{n}", subnet) for n in "ab"]
    joined = {"subnet_id": place, "network_security_group_id": f"{GROUP}/Microsoft.Network/networkSecurityGroups/n"}
    items.append(item("azurerm_subnet_network_security_group_association.x", joined))
    changes = read(items)
    for change in of(changes, "/subnets"):
        assert change.after is not None
        assert isinstance(change.after.body["properties"]["networkSecurityGroup"]["id"], Unknown)
    for change in of(changes, "virtualNetworks"):
        assert change.after is not None
        assert all(isinstance(one, Unknown) for one in change.after.body["properties"]["subnets"])
    assert {gap.type for gap in changes.gaps} == {
        "Microsoft.Network/virtualNetworks",
        "Microsoft.Network/virtualNetworks/subnets",
    }
