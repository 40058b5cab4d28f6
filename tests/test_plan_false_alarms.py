"""False alarms that users of other tools report, each a case here: all quiet, or at worst unknown with the reason.

The numbers are those of the public reports: `checkov#4638` is issue 4638 of bridgecrewio/checkov.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from auditor.evaluate.bound_rule import bind
from auditor.ingest.inventory import CollectedSource, Inventory
from auditor.model.kubernetes_types import kubernetes_type
from auditor.model.resource import Origin, Resource
from auditor.pipeline.audit import audit
from auditor.pipeline.change_overlay import after_change
from auditor.plans.arm.template import read_arm_template
from auditor.plans.change import Changes
from auditor.ruleset.loader import load_rules, select
from tests.terraform_plans import item, read, written

Tree = dict[str, Any]
CLOCK = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
PLACE = {"resource_group_name": "rg", "location": "westeurope"}
STORAGE = {**PLACE, "name": "st", "account_tier": "Standard", "account_replication_type": "ZRS"}


def judged(rule: str, inventory: Inventory) -> list[tuple[str, str | None]]:
    """Outcome and gap of every answer of a rule."""
    (found,) = select(load_rules(), [rule], [])
    _audit, findings = audit([bind(found, CLOCK)], inventory, clock=CLOCK)
    with findings:
        return [(one.outcome.value, one.gap) for one in findings]


def answers(rule: str, changes: Changes) -> list[str]:
    return [outcome for outcome, _gap in judged(rule, after_change(["tfplan.json"], [changes]))]


def of_manifest(rule: str, body: Tree) -> list[str]:
    resource = Resource(kubernetes_type(body), body, Origin(source="manifest", file="app.yaml"))
    source = CollectedSource([resource])
    return [outcome for outcome, _gap in judged(rule, Inventory(["app.yaml"], [source]))]


SERVICES = {
    "azure.key-vault.private-endpoint-approved": ("azurerm_key_vault", "vault", {"sku_name": "standard"}),
    "azure.storage.private-endpoint-approved": (
        "azurerm_storage_account",
        "blob",
        {"account_tier": "Standard", "account_replication_type": "ZRS"},
    ),
    "azure.sql.private-endpoint-approved": ("azurerm_mssql_server", "sqlServer", {"version": "12.0"}),
    "azure.cosmos-db.private-endpoint-approved": ("azurerm_cosmosdb_account", "Sql", {"kind": "GlobalDocumentDB"}),
    "azure.container-registry.private-endpoint": ("azurerm_container_registry", "registry", {"sku": "Premium"}),
}


@pytest.mark.parametrize("rule", SERVICES)
def test_a_private_endpoint_in_another_module(rule: str) -> None:
    """checkov#4638, #4882, #5358, #5399: the endpoint stands in one module, its target in another."""
    kind, group, attributes = SERVICES[rule]
    connection = {"name": "c", "is_manual_connection": False, "subresource_names": [group]}
    unknown = {"id": True, "private_service_connection": [{"private_connection_resource_id": True}]}
    changes = read(
        [
            item(f"module.data.{kind}.this", {**PLACE, "name": "target", **attributes}, unknown={"id": True}),
            item(
                "module.network.module.endpoint.azurerm_private_endpoint.this",
                {**PLACE, "name": "pe", "private_service_connection": [connection]},
                unknown=unknown,
            ),
        ],
        [],
        {
            "data": {
                "module": {
                    "resources": [written(f"{kind}.this")],
                    "outputs": {"id": {"expression": {"references": [f"{kind}.this.id", f"{kind}.this"]}}},
                }
            },
            "network": {
                "expressions": {"target": {"references": ["module.data.id", "module.data"]}},
                "module": {
                    "module_calls": {
                        "endpoint": {
                            "expressions": {"target": {"references": ["var.target"]}},
                            "module": {
                                "resources": [
                                    written(
                                        "azurerm_private_endpoint.this",
                                        private_service_connection=[{"private_connection_resource_id": ["var.target"]}],
                                    )
                                ]
                            },
                        }
                    }
                },
            },
        },
    )
    assert answers(rule, changes) == ["pass"]


CLOSED = {"public_network_access_enabled": False}
ELSEWHERE = "properties.privateEndpointConnections: this change makes no private endpoint for it; another one may"


@pytest.mark.parametrize("rule", SERVICES)
def test_a_private_endpoint_in_another_plan(rule: str) -> None:
    """A service that is shut to the public is reached through somebody's endpoint, or not at all: not known which."""
    kind, _group, attributes = SERVICES[rule]
    shut = read([item(f"{kind}.this", {**PLACE, "name": "target", **attributes, **CLOSED}, unknown={"id": True})], [])
    assert judged(rule, after_change(["tfplan.json"], [shut])) == [("unknown", ELSEWHERE)]
    opened = read([item(f"{kind}.this", {**PLACE, "name": "target", **attributes}, unknown={"id": True})], [])
    assert answers(rule, opened) == ["fail"]


VAULT, COSMOS, CLUSTER = ({**PLACE, "name": name} for name in ("kv", "cosmos", "aks"))
ANONYMOUS = "azure.storage.anonymous-access-off"
RENAMED = [
    ("azure.storage.secure-transfer", "azurerm_storage_account", STORAGE, "enable_https_traffic_only", True),
    ("azure.storage.secure-transfer", "azurerm_storage_account", STORAGE, "https_traffic_only_enabled", True),
    (ANONYMOUS, "azurerm_storage_account", STORAGE, "allow_blob_public_access", False),
    (ANONYMOUS, "azurerm_storage_account", STORAGE, "allow_nested_items_to_be_public", False),
    ("azure.key-vault.rbac", "azurerm_key_vault", VAULT, "enable_rbac_authorization", True),
    ("azure.key-vault.rbac", "azurerm_key_vault", VAULT, "rbac_authorization_enabled", True),
    ("azure.cosmos-db.local-auth-off", "azurerm_cosmosdb_account", COSMOS, "local_authentication_disabled", True),
    ("azure.cosmos-db.local-auth-off", "azurerm_cosmosdb_account", COSMOS, "local_authentication_enabled", False),
    (
        "azure.kubernetes-service.auto-upgrade-channel",
        "azurerm_kubernetes_cluster",
        CLUSTER,
        "automatic_channel_upgrade",
        "stable",
    ),
    (
        "azure.kubernetes-service.auto-upgrade-channel",
        "azurerm_kubernetes_cluster",
        CLUSTER,
        "automatic_upgrade_channel",
        "stable",
    ),
]


@pytest.mark.parametrize(("rule", "kind", "rest", "name", "value"), RENAMED)
def test_attributes_that_were_renamed(rule: str, kind: str, rest: Tree, name: str, value: Any) -> None:
    """checkov#6681, #6712, #7683, #4389: the old name and the new one say the same."""
    assert answers(rule, read([item(f"{kind}.this", {**rest, name: value})])) == ["pass"]


def apim(**attributes: Any) -> Tree:
    return {**PLACE, "name": "apim", "sku_name": "Premium_2", "publisher_name": "x", **attributes}


def test_a_dynamic_block() -> None:
    """checkov#5398: what a dynamic block writes is in the plan; when its number is not known yet, that is said."""
    subnet = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/apim"
    inside = apim(virtual_network_type="Internal", virtual_network_configuration=[{"subnet_id": subnet}])
    assert answers("azure.api-management.vnet-internal", read([item("azurerm_api_management.a", inside)])) == ["pass"]
    closed = {**STORAGE, "public_network_access_enabled": True}
    later = item("azurerm_storage_account.a", closed, unknown={"id": True, "network_rules": True})
    dynamic = read([later], [{**written("azurerm_storage_account.a"), "expressions": {"network_rules": {}}}])
    assert answers("azure.storage.network-closed", dynamic) == ["unknown"]


@pytest.mark.parametrize(
    ("rule", "kind", "rest", "unknown"),
    [
        ("azure.storage.min-tls", "azurerm_storage_account", STORAGE, "min_tls_version"),
        ("azure.key-vault.purge-protection", "azurerm_key_vault", {**PLACE, "name": "kv"}, "purge_protection_enabled"),
        (
            "azure.sql.public-access-off",
            "azurerm_mssql_server",
            {**PLACE, "name": "s"},
            "public_network_access_enabled",
        ),
    ],
)
def test_what_is_known_after_apply_is_unknown(rule: str, kind: str, rest: Tree, unknown: str) -> None:
    """What a variable of a later step decides fails nobody, and passes nobody."""
    changes = read([item(f"{kind}.this", rest, unknown={unknown: True})])
    (found,) = judged(rule, after_change(["tfplan.json"], [changes]))
    assert found[0] == "unknown" and "known after apply" in str(found[1])


def test_tls_of_an_ingress_of_application_gateway_by_annotation() -> None:
    """azure-policy#719: the certificate is named by an annotation, not by `spec.tls`."""
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "orders",
            "namespace": "orders",
            "annotations": {
                "appgw.ingress.kubernetes.io/appgw-ssl-certificate": "orders",
                "appgw.ingress.kubernetes.io/ssl-redirect": "true",
            },
        },
        "spec": {"ingressClassName": "azure-application-gateway", "rules": [{"host": "orders.contoso.com"}]},
    }
    assert of_manifest("kubernetes.ingress.tls", ingress) == ["pass"]


def test_cilium_is_a_network_policy() -> None:
    """A list of allowed values that is older than the value (checkov#4612 and others like it)."""
    profile = {"network_plugin": "azure", "network_policy": "cilium", "network_data_plane": "cilium"}
    cluster = {**PLACE, "name": "aks", "network_profile": [profile]}
    assert answers(
        "azure.kubernetes-service.network-policy", read([item("azurerm_kubernetes_cluster.a", cluster)])
    ) == ["pass"]


def test_an_api_management_inside_a_network_needs_no_private_endpoint() -> None:
    """AI-Landing-Zones#65: injected into the network as Internal, it has no public gateway to close."""
    inside = apim(virtual_network_type="Internal", public_network_access_enabled=True)
    assert "fail" not in answers(
        "azure.api-management.public-access-off", read([item("azurerm_api_management.a", inside)])
    )


def test_a_service_on_the_current_platform() -> None:
    """APRL#668: what a plan does not tell of the platform version fails nobody."""
    assert "fail" not in answers(
        "azure.api-management.platform-version", read([item("azurerm_api_management.a", apim())])
    )


def gateway(**policy: Any) -> Tree:
    return {**PLACE, "name": "agw", "sku": [{"name": "WAF_v2", "tier": "WAF_v2"}], "ssl_policy": [policy]}


@pytest.mark.parametrize(
    "policy",
    [
        {"policy_type": "Predefined", "policy_name": "AppGwSslPolicy20170401S"},
        {"policy_type": "Predefined", "policy_name": "AppGwSslPolicy20220101"},
        {"policy_type": "Predefined", "policy_name": "AppGwSslPolicy20220101S"},
        {"policy_type": "CustomV2", "min_protocol_version": "TLSv1_3"},
        {"policy_type": "Custom", "min_protocol_version": "TLSv1_2"},
    ],
)
def test_tls_policies_that_are_good_enough(policy: Tree) -> None:
    """checkov#5396: a newer policy than the one the check was written for."""
    changes = read([item("azurerm_application_gateway.a", gateway(**policy))])
    assert answers("azure.application-gateway.tls-version", changes) == ["pass"]


def test_either_kind_of_managed_identity() -> None:
    """azqr#211: a user-assigned identity is one as well."""
    identity = {"type": "UserAssigned", "identity_ids": ["/subscriptions/s/resourceGroups/rg/providers/x/y/z"]}
    changes = read([item("azurerm_api_management.a", apim(identity=[identity]))])
    assert answers("azure.api-management.managed-identity", changes) == ["pass"]


def test_what_could_not_be_read_fails_nobody() -> None:
    """prowler#12651, #12654: a body that is no data is unknown, not wrong."""
    kind, parent = "Microsoft.KeyVault/vaults@2023-07-01", "/subscriptions/s/resourceGroups/rg"
    opaque = item("azapi_resource.kv", {"name": "kv", "parent_id": parent, "type": kind}, unknown={"body": True})
    assert answers("azure.key-vault.purge-protection", read([opaque])) == ["unknown"]


OUTBOUND = "azure.virtual-network.subnet-default-outbound"


def test_the_subnet_of_a_gateway_in_a_plan() -> None:
    """Azure shows in the subnet that a gateway fills it; a plan says so in the gateway."""
    subnets = [("gateway", "agw"), ("app", "app")]
    gateway = {**PLACE, "name": "agw", "gateway_ip_configuration": [{"name": "c"}]}
    items = [
        item(f"azurerm_subnet.{label}", {"name": name, "resource_group_name": "rg", "virtual_network_name": "v"})
        for label, name in subnets
    ]
    items.append(
        item("azurerm_application_gateway.g", gateway, unknown={"gateway_ip_configuration": [{"subnet_id": True}]})
    )
    config = {"gateway_ip_configuration": [{"name": "c", "subnet_id": ["azurerm_subnet.gateway.id"]}]}
    resources = [written(f"azurerm_subnet.{label}") for label, _ in subnets]
    changes = read(items, [*resources, written("azurerm_application_gateway.g", **config)])
    assert answers(OUTBOUND, changes) == ["fail"], "of the other subnet"
    later = read(items, [*resources, written("azurerm_application_gateway.g")])
    assert answers(OUTBOUND, later) == ["unknown", "unknown"], "it may be in either"


def test_the_subnet_of_a_gateway_in_a_template() -> None:
    subnets = [{"name": name, "properties": {}} for name in ("agw", "app")]
    configuration = {"subnet": {"id": "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 'agw')]"}}
    network = {"name": "v", "type": "Microsoft.Network/virtualNetworks", "properties": {"subnets": subnets}}
    gateway = {
        "name": "agw",
        "type": "Microsoft.Network/applicationGateways",
        "properties": {"gatewayIPConfigurations": [{"name": "c", "properties": configuration}]},
    }
    resources = [{**body, "apiVersion": "2024-01-01"} for body in (network, gateway)]
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    template = {"$schema": schema, "contentVersion": "1.0.0.0", "resources": resources}
    assert answers(OUTBOUND, read_arm_template(template, "main.json")) == ["fail"]


@pytest.mark.parametrize(
    ("rule", "containers", "expected"),
    [
        ("kubernetes.workload.cpu-limit", [{}, {}], "fail"),
        ("kubernetes.workload.image-pull-policy", [{}, {}], "fail"),
        ("kubernetes.workload.own-service-account", [{}, {}], "fail"),
        ("kubernetes.workload.cpu-limit", [{"resources": [{}]}, {"resources": [{}]}], "unknown"),
        ("kubernetes.workload.cpu-limit", [{}], "unknown"),  # one of the two is dynamic: which one is not told
    ],
)
def test_what_nobody_writes_of_a_pod_is_absent(rule: str, containers: list[Tree], expected: str) -> None:
    """The provider computes what is not written: unknown in the plan, and the API server's default in truth."""
    later = {"resources": True, "image_pull_policy": True}
    pod = {"container": [{"name": "a", "image": "web:1"}, {"name": "b", "image": "log:1"}]}
    tree = {"metadata": [{"name": "web", "namespace": "shop"}], "spec": [pod]}
    unknown = {"spec": [{"container": [later, later], "service_account_name": True}]}
    config = {**written("kubernetes_pod_v1.web"), "expressions": {"spec": [{"container": containers}]}}
    assert answers(rule, read([item("kubernetes_pod_v1.web", tree, unknown=unknown)], [config])) == [expected]


OWNER = {
    "name": "r",
    "scope": f"/subscriptions/{'0' * 8}-0000-0000-0000-{'0' * 12}",
    "permissions": [{"actions": ["*"]}],
}


@pytest.mark.parametrize("scopes", [{}, {"assignable_scopes": None}, {"assignable_scopes": []}])
def test_a_role_can_be_assigned_where_it_is_defined(scopes: Tree) -> None:
    """azurerm takes the scope of the definition where no assignable ones are written."""
    rule, role = "azure.identity.custom-role-owner", "azurerm_role_definition.r"
    assert answers(rule, read([item(role, {**OWNER, **scopes})])) == ["fail"]
    later = read([item(role, OWNER, unknown={"assignable_scopes": True})], [written(role, scope=["data.x.y.id"])])
    assert answers(rule, later) == ["fail"]
    group = {**OWNER, "scope": f"{OWNER['scope']}/resourceGroups/rg"}
    assert answers(rule, read([item(role, {**group, **scopes})])) == ["pass"]


@pytest.mark.parametrize("rule", ["azure.sql.ledger", "azure.sql.zone-redundant"])
def test_what_nobody_writes_of_a_database_is_off(rule: str) -> None:
    tree = {"name": "d", "server_id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Sql/servers/q"}
    unknown = {"zone_redundant": True, "ledger_enabled": True, "sku_name": True}
    database = "azurerm_mssql_database.d"
    assert answers(rule, read([item(database, tree, unknown=unknown)], [written(database, name="d")])) == ["fail"]


ACCOUNT: Tree = {
    "type": "Microsoft.Storage/storageAccounts",
    "apiVersion": "2023-05-01",
    "name": "[parameters('name')]",
    "properties": {"allowBlobPublicAccess": False, "minimumTlsVersion": "TLS1_2"},
}
KEY: Tree = {"encryption": {"keySource": "Microsoft.Keyvault", "keyvaultproperties": {"keyname": "key"}}}


def account_again(properties: Tree, given: Tree | None = None, **more: Any) -> Changes:
    """An account, and the same in a nested template that sets what needs the identity of the account."""
    inner = {
        "parameters": {"it": {"type": "string"}},
        "resources": [{**ACCOUNT, "name": "[parameters('it')]"} | {"properties": properties}],
    }
    outer = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "key",
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {"it": {"value": "[parameters('name')]"}},
            "template": inner,
        },
        **more,
    }
    template = {"parameters": {"name": {"type": "string"}, "key": {"type": "bool"}}, "resources": [ACCOUNT, outer]}
    return read_arm_template(template, "main.json", given)


@pytest.mark.parametrize("given", [None, {"name": "st"}])
def test_an_account_that_is_declared_again_for_its_key(given: Tree | None) -> None:
    """PSRule#1575: what the second declaration leaves out stays; what it adds is there, with a condition perhaps."""
    changes = account_again(KEY, given)
    assert answers("azure.storage.anonymous-access-off", changes) == ["pass"]
    assert answers("azure.storage.min-tls", changes) == ["pass"]
    assert answers("azure.storage.customer-managed-key", changes) == ["pass"]
    perhaps = account_again(KEY, given, condition="[parameters('key')]")
    assert answers("azure.storage.min-tls", perhaps) == ["pass"]
    assert answers("azure.storage.customer-managed-key", perhaps) == ["unknown"]


def test_accounts_that_contradict_each_other_are_judged_each() -> None:
    changes = account_again({**KEY, "minimumTlsVersion": "TLS1_0"}, {"name": "st"})
    assert sorted(answers("azure.storage.min-tls", changes)) == ["fail", "pass"]


def test_accounts_of_a_loop_are_several() -> None:
    """Without the parameter their names look the same."""
    account = {**ACCOUNT, "name": "[concat(parameters('name'), copyIndex())]", "copy": {"name": "c", "count": 2}}
    changes = read_arm_template({"parameters": {"name": {"type": "string"}}, "resources": [account]}, "main.json")
    assert answers("azure.storage.min-tls", changes) == ["pass", "pass"]


def test_key_of_a_service_bus_that_is_written_apart() -> None:
    """checkov#3512: what a resource of its own says about another one, here the key of a namespace."""
    namespace, key = "azurerm_servicebus_namespace.it", "azurerm_servicebus_namespace_customer_managed_key.it"
    made = item(namespace, {**PLACE, "name": "it", "sku": "Premium"})
    apart = item(key, {"key_vault_key_id": "https://v.vault.azure.net/keys/k/1"}, unknown={"namespace_id": True})
    plan = read([made, apart], [written(namespace), written(key, namespace_id=[f"{namespace}.id"])])
    assert answers("azure.service-bus.customer-managed-key", plan) == ["pass"]
    assert answers("azure.service-bus.customer-managed-key", read([made])) == ["fail"]


@pytest.mark.parametrize(("public", "expected"), [(False, "pass"), (True, "fail")])
def test_network_rules_of_a_service_bus_that_are_written_apart(public: bool, expected: str) -> None:
    """checkov#3512: azurerm 3 could close a namespace by a resource of its own."""
    namespace, rules = "azurerm_servicebus_namespace.it", "azurerm_servicebus_namespace_network_rule_set.it"
    made = item(namespace, {**PLACE, "name": "it", "sku": "Premium", "public_network_access_enabled": True})
    apart = item(rules, {"public_network_access_enabled": public}, unknown={"namespace_id": True})
    plan = read([made, apart], [written(namespace), written(rules, namespace_id=[f"{namespace}.id"])])
    assert answers("azure.service-bus.public-access-off", plan) == [expected]
