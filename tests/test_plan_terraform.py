"""Terraform plans: what they declare, as the resources that will be there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from terraform_plans import GROUP, VAULT, Tree, body, item, of, read, refs, written

from auditor.model.errors import InputError
from auditor.model.resource import Unknown
from auditor.plans.terraform.plan import read_terraform_plan


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.2", "1.99"])
def test_formats_that_are_known(version: str) -> None:
    assert read_terraform_plan({"format_version": version, "resource_changes": []}, "p").changes == ()


@pytest.mark.parametrize("plan", [{"format_version": "2.0", "resource_changes": []}, {"resource_changes": []}, {}])
def test_other_formats_are_refused(plan: Tree) -> None:
    with pytest.raises(InputError):
        read_terraform_plan(plan, "p")


def test_a_new_resource_has_the_id_that_it_will_have() -> None:
    (change,) = of(read([item("azurerm_key_vault.kv", VAULT, unknown={"id": True})]), "vaults")
    assert change.action == "create"
    assert change.before is None
    assert change.after is not None
    assert change.after.id == f"{GROUP}/Microsoft.KeyVault/vaults/kv"
    assert (change.after.origin.source, change.after.origin.address) == ("plan", "azurerm_key_vault.kv")
    assert not change.after.partial


def test_what_is_known_after_apply_is_unknown_at_its_place() -> None:
    unknown = {"id": True, "public_network_access_enabled": True, "network_acls": [{"default_action": True}]}
    tree = {**VAULT, "network_acls": [{"bypass": "None"}]}
    (change,) = of(read([item("azurerm_key_vault.kv", tree, unknown=unknown)]), "vaults")
    assert change.after is not None and change.after.partial
    properties = change.after.body["properties"]
    assert isinstance(properties["publicNetworkAccess"], Unknown)
    assert isinstance(properties["networkAcls"]["defaultAction"], Unknown)
    assert properties["networkAcls"]["bypass"] == "None"


def test_what_is_sensitive_never_appears() -> None:
    tree = {**VAULT, "tenant_id": "very secret", "soft_delete_retention_days": 7, "tags": {"a": "hidden"}}
    sensitive = {"tenant_id": True, "soft_delete_retention_days": True, "tags": {"a": True}}
    properties = body(read([item("azurerm_key_vault.kv", tree, sensitive=sensitive)]), "vaults")["properties"]
    assert isinstance(properties["tenantId"], Unknown)  # a digest would be compared, and be another tenant
    assert isinstance(properties["softDeleteRetentionInDays"], Unknown)


def test_a_sensitive_switch_is_unknown() -> None:
    tree = {**VAULT, "minimum_tls_version": "1.2"}
    made = body(read([item("azurerm_mssql_server.s", tree, sensitive={"minimum_tls_version": True})]), "servers")
    assert isinstance(made["properties"]["minimalTlsVersion"], Unknown)


def test_a_sensitive_name_still_joins_what_has_it() -> None:
    rule = {"name": "in", "network_security_group_name": "hidden", "resource_group_name": "rg", "access": "Deny"}
    items = [
        item(
            "azurerm_network_security_group.g",
            {"name": "hidden", "resource_group_name": "rg"},
            sensitive={"name": True},
        ),
        item("azurerm_network_security_rule.r", rule, sensitive={"network_security_group_name": True}),
    ]
    made = body(read(items), "/networkSecurityGroups")
    assert [one["name"] for one in made["properties"]["securityRules"]] == ["in"]
    assert "hidden" not in str(made)


def test_what_is_sensitive_in_a_body_of_azapi_is_unknown() -> None:
    tree = {"type": "Microsoft.KeyVault/vaults@2024-01-01", "name": "kv", "body": {"properties": {"tenantId": "t"}}}
    marks = {"body": {"properties": {"tenantId": True}}}
    properties = body(read([item("azapi_resource.kv", tree, sensitive=marks)]), "vaults")["properties"]
    assert isinstance(properties["tenantId"], Unknown)


def test_blocks_that_are_not_known_may_make_children() -> None:
    """A dynamic block over what is known later. Whether there is one is not known, unless nobody writes it."""
    account = {"name": "st", "resource_group_name": "rg"}
    later = item("azurerm_storage_account.st", account, unknown={"id": True, "blob_properties": True})
    block = [{"delete_retention_policy": [{}]}]
    for config, made in ((written("azurerm_storage_account.st", blob_properties=block), 1), (None, 1)):
        found = of(read([later], [config] if config else None), "blobServices")
        assert len(found) == made
        assert found[0].after is not None and isinstance(found[0].after.body["properties"], Unknown)
    assert of(read([later], [written("azurerm_storage_account.st")]), "blobServices") == []
    endpoint = {"name": "pe", "resource_group_name": "rg"}
    (change,) = of(
        read([item("azurerm_private_endpoint.pe", endpoint, unknown={"private_dns_zone_group": True})]), "ZoneGroups"
    )
    assert change.after is not None and isinstance(change.after.body["id"], Unknown)


def test_a_list_that_is_partly_unknown_stays_unknown() -> None:
    """Host names of API Management stand in blocks of several names, and are one list in Azure."""
    service = {"name": "apim", "resource_group_name": "rg", "hostname_configuration": [{"management": []}]}
    unknown = {"hostname_configuration": [{"proxy": True}]}
    made = body(read([item("azurerm_api_management.a", service, unknown=unknown)]), "ApiManagement/service")
    assert isinstance(made["properties"]["hostnameConfigurations"], Unknown)


@pytest.mark.parametrize(
    ("actions", "action"),
    [
        (["no-op"], "no-op"),
        (["update"], "update"),
        (["delete", "create"], "replace"),
        (["create", "delete"], "replace"),
    ],
)
def test_actions(actions: list[str], action: str) -> None:
    old = {**VAULT, "sku_name": "premium"} if action != "no-op" else VAULT
    (change,) = read([item("azurerm_key_vault.kv", VAULT, before=old, actions=actions)]).changes
    assert change.action == action
    assert change.before is not None
    assert change.before.body["properties"]["sku"]["name"] == old["sku_name"]


def test_a_deletion_has_no_after() -> None:
    (change,) = read([item("azurerm_key_vault.kv", None, before=VAULT, actions=["delete"])]).changes
    assert (change.action, change.after) == ("delete", None)


def test_what_is_forgotten_lives_on() -> None:
    (change,) = read([item("azurerm_key_vault.kv", None, before=VAULT, actions=["forget"])]).changes
    assert change.action == "no-op"
    assert change.after is not None


def test_a_deposed_object_is_no_resource_of_its_own() -> None:
    gone = {**item("azurerm_key_vault.kv", None, before=VAULT, actions=["delete"]), "deposed": "1a2b3c4d"}
    assert len(read([item("azurerm_key_vault.kv", VAULT), gone]).changes) == 1


@pytest.mark.parametrize(
    ("kind", "tree", "path", "value"),
    [
        ("storage_account", {"enable_https_traffic_only": False}, "supportsHttpsTrafficOnly", False),
        ("storage_account", {"https_traffic_only_enabled": False}, "supportsHttpsTrafficOnly", False),
        ("cosmosdb_account", {"local_authentication_disabled": True}, "disableLocalAuth", True),
        ("cosmosdb_account", {"local_authentication_enabled": False}, "disableLocalAuth", True),
        ("key_vault", {"enable_rbac_authorization": True}, "enableRbacAuthorization", True),
        ("key_vault", {"rbac_authorization_enabled": True}, "enableRbacAuthorization", True),
        ("application_gateway", {"enable_http2": True}, "enableHttp2", True),
        ("application_gateway", {"http2_enabled": True}, "enableHttp2", True),
        ("bastion_host", {"copy_paste_enabled": False}, "disableCopyPaste", True),
        ("log_analytics_workspace", {"internet_query_enabled": False}, "publicNetworkAccessForQuery", "Disabled"),
        (
            "log_analytics_workspace",
            {"internet_query_access_type": "SecuredByPerimeter"},
            "publicNetworkAccessForQuery",
            "SecuredByPerimeter",
        ),
    ],
)
def test_every_spelling_of_an_attribute(kind: str, tree: Tree, path: str, value: Any) -> None:
    (change,) = read([item(f"azurerm_{kind}.x", {"name": "x", "resource_group_name": "rg", **tree})]).changes
    assert change.after is not None
    assert change.after.body["properties"][path] == value


def test_the_upgrade_channel_in_three_majors() -> None:
    for name in ("automatic_channel_upgrade", "automatic_upgrade_channel"):
        made = body(read([item("azurerm_kubernetes_cluster.k", {"name": "k", name: "stable"})]), "managedClusters")
        assert made["properties"]["autoUpgradeProfile"]["upgradeChannel"] == "stable"


def test_of_two_spellings_the_one_that_says_something_counts() -> None:
    tree = {"name": "s", "enable_https_traffic_only": None, "https_traffic_only_enabled": False}
    unknown = {"enable_https_traffic_only": True}
    made = body(read([item("azurerm_storage_account.s", tree, unknown=unknown)]), "storageAccounts")
    assert made["properties"]["supportsHttpsTrafficOnly"] is False


def test_null_is_absent_and_a_missing_attribute_has_its_default() -> None:
    made = body(read([item("azurerm_storage_account.s", {"name": "s", "min_tls_version": None})]), "storageAccounts")
    assert "minimumTlsVersion" not in made["properties"]
    assert made["properties"]["supportsHttpsTrafficOnly"] is True


def test_a_block_that_nobody_wrote_is_not_there_while_one_that_is_written_stays_unknown() -> None:
    entry = item("azurerm_key_vault.kv", VAULT, unknown={"network_acls": True})
    absent = body(read([entry], [written("azurerm_key_vault.kv", name="kv")]), "vaults")
    assert "networkAcls" not in absent["properties"]
    known_to_be_written = [written("azurerm_key_vault.kv", name="kv", network_acls=["var.acls"])]
    assert isinstance(body(read([entry], known_to_be_written), "vaults")["properties"]["networkAcls"], Unknown)
    assert isinstance(body(read([entry]), "vaults")["properties"]["networkAcls"], Unknown)


def test_azapi_in_both_versions() -> None:
    common = {
        "type": "Microsoft.Storage/storageAccounts@2023-01-01",
        "name": "s",
        "parent_id": GROUP[: -len("/providers")],
    }
    for given in ({"properties": {"minimumTlsVersion": "TLS1_0"}}, '{"properties": {"minimumTlsVersion": "TLS1_0"}}'):
        made = body(read([item("azapi_resource.s", {**common, "body": given})]), "storageAccounts")
        assert made["id"] == f"{GROUP}/Microsoft.Storage/storageAccounts/s"
        assert made["apiVersion"] == "2023-01-01"
        assert made["properties"] == {"minimumTlsVersion": "TLS1_0"}
    later = read([item("azapi_resource.s", common, unknown={"body": True})])
    assert isinstance(body(later, "storageAccounts")["properties"], Unknown)


def test_the_age_of_what_azapi_updates_is_not_that_of_its_api_version() -> None:
    """A gateway without a policy has the default of the API version that it was made with."""
    kind, parent = "Microsoft.Network/applicationGateways@2024-05-01", GROUP.removesuffix("/providers")
    tree = {"type": kind, "name": "gw", "parent_id": parent, "body": {"properties": {}}}
    for actions, before, known in (
        (["create"], None, True),
        (["delete", "create"], tree, True),
        (["update"], tree, False),
    ):
        made = body(read([item("azapi_resource.gw", tree, before=before, actions=actions)]), "applicationGateways")
        assert (made["apiVersion"] == "2024-05-01") is known
        assert isinstance(made["apiVersion"], Unknown) is not known


def test_the_sensitive_body_of_azapi_belongs_to_the_body() -> None:
    server = {
        "type": "Microsoft.Sql/servers@2023-08-01", "name": "s", "parent_id": GROUP.removesuffix("/providers"),
        "body": {"properties": {"minimalTlsVersion": "1.2", "version": "12.0"}},
    }  # fmt: skip
    told = {**server, "sensitive_body": {"properties": {"minimalTlsVersion": "1.0", "administratorLoginPassword": "x"}}}
    marks = {"sensitive_body": {"properties": {"administratorLoginPassword": True}}}
    changes = read([item("azapi_resource.s", told, sensitive=marks)])
    properties = body(changes, "servers")["properties"]
    assert (properties["minimalTlsVersion"], properties["version"]) == ("1.0", "12.0")
    assert isinstance(properties["administratorLoginPassword"], Unknown)
    assert not changes.gaps

    config = [written("azapi_resource.s", name="s", sensitive_body=["var.password"])]
    changes = read([item("azapi_resource.s", {**server, "sensitive_body": None})], config)  # write-only since azapi 2.4
    assert [(gap.what, gap.kind) for gap in changes.gaps] == [("azapi_resource.s", "unknown-until-apply")]
    assert "sensitive_body" in changes.gaps[0].reason


def test_a_child_of_azapi_whose_parent_is_to_be_made() -> None:
    parent = GROUP.removesuffix("/providers")
    server = {"type": "Microsoft.Sql/servers@2023-08-01", "name": "s", "parent_id": parent, "body": {}}
    rule = {"type": "Microsoft.Sql/servers/firewallRules@2023-08-01", "name": "r", "body": {}}
    deep = {"type": "Microsoft.Sql/servers/databases/transparentDataEncryption@2023-08-01", "name": "current"}
    later = {"parent_id": True}
    items = [
        item("azapi_resource.s", server, unknown={"id": True}),
        item("azapi_resource.r", rule, unknown=later),
        item("azapi_resource.d", deep, unknown=later),
    ]
    config = [written("azapi_resource.s", name="s")]
    config += [written(f"azapi_resource.{name}", parent_id=["azapi_resource.s.id"]) for name in "rd"]
    changes = read(items, config)
    assert body(changes, "firewallRules")["id"] == f"{GROUP}/Microsoft.Sql/servers/s/firewallRules/r"
    assert isinstance(body(changes, "transparentDataEncryption")["id"], Unknown)


def test_an_update_of_azapi_adds_to_its_resource() -> None:
    update = {"type": "Microsoft.KeyVault/vaults@2023-07-01", "body": {"properties": {"createMode": "default"}}}
    items = [
        item("azurerm_key_vault.kv", VAULT, unknown={"id": True}),
        item("azapi_update_resource.kv", update, unknown={"resource_id": True}),
    ]
    config = [
        written("azurerm_key_vault.kv", name="kv"),
        written("azapi_update_resource.kv", resource_id=["azurerm_key_vault.kv.id"]),
    ]
    properties = body(read(items, config), "vaults")["properties"]
    assert properties["createMode"] == "default"
    assert properties["enablePurgeProtection"] is True


def test_a_typed_kubernetes_resource_in_its_native_shape() -> None:
    container = {
        "name": "c",
        "image": "i",
        "port": [{"container_port": 80}],
        "security_context": [{"run_as_non_root": True}],
    }
    spec = {"host_network": False, "container": [container]}
    tree = {
        "id": None,
        "metadata": [{"name": "web", "namespace": "shop", "labels": {"app_name": "x"}}],
        "spec": [{"replicas": "2", "template": [{"metadata": [{"labels": {"a": "b"}}], "spec": [spec]}]}],
    }
    made = body(read([item("kubernetes_deployment_v1.web", tree)]), "apps/Deployment")
    assert made["metadata"]["labels"] == {"app_name": "x"}
    (found,) = made["spec"]["template"]["spec"]["containers"]
    assert found["securityContext"]["runAsNonRoot"] is True
    assert found["ports"] == [{"containerPort": 80}]


def test_an_ingress_in_its_native_shape() -> None:
    backend = [{"service": [{"name": "web", "port": [{"number": 443}]}]}]
    path = {"path": "/", "path_type": "Prefix", "backend": backend}
    spec = {"rule": [{"host": "a.example", "http": [{"path": [path]}]}], "tls": [{"hosts": ["a.example"]}]}
    tree = {"metadata": [{"name": "web", "namespace": "shop"}], "spec": [spec]}
    made = body(read([item("kubernetes_ingress_v1.web", tree)]), "Ingress")
    assert made["apiVersion"] == "networking.k8s.io/v1"
    (found,) = made["spec"]["rules"][0]["http"]["paths"]
    assert found["backend"] == {"service": {"name": "web", "port": {"number": 443}}}
    assert made["spec"]["tls"] == [{"hosts": ["a.example"]}]


def test_manifests_are_taken_as_they_are_and_secrets_are_left_out() -> None:
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "b"}}
    changes = read(
        [
            item("kubernetes_manifest.n", {"manifest": manifest}),
            item("kubernetes_manifest.s", {"manifest": secret}),
            item("kubernetes_secret_v1.s", {"metadata": [{"name": "s"}], "data": {"a": "b"}}),
        ]
    )
    (change,) = changes.changes
    assert change.after is not None and change.after.body == manifest


def test_covers_what_could_have_been_declared() -> None:
    entry = item("azurerm_key_vault.kv", VAULT)
    covers = read([entry], []).covers
    assert "microsoft.insights/diagnosticsettings" in covers
    assert "microsoft.security/pricings" not in covers
    assert "microsoft.network/ipgroups" not in covers
    assert not any(kind.startswith("apps/") for kind in covers)
    assert read([entry]).covers == frozenset()
    assert read([entry], [], complete=False).covers == frozenset()


@pytest.mark.parametrize(("method", "action", "expected"), [("PATCH", None, False), ("POST", "start", True)])
def test_a_request_of_azapi_that_changes_a_resource(method: str, action: str | None, expected: bool) -> None:
    vault = item("azurerm_key_vault.kv", VAULT, unknown={"id": True})
    properties = {"enablePurgeProtection": False}
    request = {"type": "Microsoft.KeyVault/vaults@2023-07-01", "resource_id": f"{GROUP}/Microsoft.KeyVault/vaults/kv"}
    asked = {**request, "method": method, "action": action, "body": {"properties": properties}}
    made = body(read([vault, item("azapi_resource_action.a", asked)]), "vaults")
    assert made["properties"]["enablePurgeProtection"] is expected


@pytest.mark.parametrize(
    ("address", "after", "unknown"),
    [
        ("helm_release.ingress", {"name": "i", "chart": "nginx", "values": ["a: 1"]}, {"manifest": True}),
        ("kubernetes_manifest.m", {}, {"manifest": True}),
        ("kubectl_manifest.m", {}, {"yaml_body": True, "yaml_body_parsed": True}),
    ],
)
def test_objects_of_a_cluster_that_a_plan_does_not_tell(address: str, after: dict[str, Any], unknown: Any) -> None:
    (gap,) = read([item(address, after, unknown=unknown)]).gaps
    assert gap.what == address and gap.kind == "unknown-until-apply"
    assert read([item(address, after, unknown=unknown, actions=["no-op"], before=after)]).gaps == ()


def test_a_manifest_whose_metadata_is_known_later() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": []}}
    changes = read([item("kubernetes_manifest.p", {"manifest": pod}, unknown={"manifest": {"metadata": True}})])
    assert [change.after.type for change in changes.changes if change.after] == ["core/Pod"]


def test_a_manifest_of_kubectl_is_sensitive_as_it_is_written() -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
    tree = {"yaml_body": pod, "yaml_body_parsed": pod}
    changes = read([item("kubectl_manifest.p", tree, sensitive={"yaml_body": True})])
    assert [change.after.name for change in changes.changes if change.after] == ["p"]
    assert changes.gaps == ()


BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("text", ["spec: &s {containers: [*s]}", "kind: [", BOMB, "a: \x07"])
def test_a_manifest_of_kubectl_that_cannot_be_read_is_a_gap(text: str) -> None:
    (gap,) = read([item("kubectl_manifest.p", {"yaml_body": f"apiVersion: v1\nkind: Pod\n---\n{text}\n"})]).gaps
    assert gap.what == "kubectl_manifest.p" and gap.reason.startswith("its manifest cannot be read: line ")


def test_what_looks_like_a_date_in_a_manifest_of_kubectl_stays_text() -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {a: 2026-13-45, b: 2026-01-05}}\n"
    made = body(read([item("kubectl_manifest.p", {"yaml_body": pod})]), "core/Pod")
    assert made["metadata"]["labels"] == {"a": "2026-13-45", "b": "2026-01-05"}


def test_a_plan_that_is_not_whole_says_so() -> None:
    assert read([], errored=True).gaps
    deferred = {"reason": "resource_config_unknown", "resource_change": {"address": "azurerm_key_vault.kv"}}
    (gap,) = read([], deferred_changes=[deferred]).gaps
    assert gap.what == "azurerm_key_vault.kv"


def test_a_plan_of_values_alone() -> None:
    values = {"address": "azurerm_key_vault.kv", "mode": "managed", "type": "azurerm_key_vault", "values": VAULT}
    plan = {"format_version": "1.2", "planned_values": {"root_module": {"child_modules": [{"resources": [values]}]}}}
    (change,) = read_terraform_plan(plan, "p").changes
    assert change.action == "create"


def test_the_subscription_is_that_of_the_provider() -> None:
    configuration = {
        "provider_config": {"azurerm": {"expressions": {"subscription_id": refs(["var.subscription"])}}},
        "root_module": {},
    }
    changes = read(
        [item("azurerm_key_vault.kv", VAULT)],
        configuration=configuration,
        variables={"subscription": {"value": "11111111-1111-1111-1111-111111111111"}},
    )
    assert body(changes, "vaults")["id"].startswith("/subscriptions/11111111-1111-1111-1111-111111111111/")


TWO = {
    "azurerm": {"expressions": {"subscription_id": refs("11111111-1111-1111-1111-111111111111")}},
    "azurerm.hub": {"expressions": {"subscription_id": refs(["var.hub"])}},
    "azurerm.more": {"expressions": {"features": [{}]}},
}


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("azurerm", "11111111-1111-1111-1111-111111111111"),
        ("azurerm.hub", "22222222-2222-2222-2222-222222222222"),
        ("azurerm.more", "11111111-1111-1111-1111-111111111111"),
    ],
)
def test_each_provider_has_its_subscription(provider: str, expected: str) -> None:
    vault = {**written("azurerm_key_vault.kv"), "provider_config_key": provider}
    changes = read(
        [item("azurerm_key_vault.kv", VAULT)],
        configuration={"provider_config": TWO, "root_module": {"resources": [vault]}},
        variables={"hub": {"value": "22222222-2222-2222-2222-222222222222"}},
    )
    assert body(changes, "vaults")["id"].split("/")[2] == expected


def test_the_same_name_in_two_subscriptions_is_two_things() -> None:
    group = {"name": "nsg", "resource_group_name": "rg"}
    rule = {"name": "in", "network_security_group_name": "nsg", "resource_group_name": "rg", "access": "Allow"}
    items, resources = [], []
    for provider, source in (("azurerm", "*"), ("azurerm.hub", "10.0.0.0/8")):
        for kind, tree in (
            ("azurerm_network_security_group", group),
            ("azurerm_network_security_rule", {**rule, "source_address_prefix": source}),
        ):
            address = f"{kind}.{provider[8:] or 'spoke'}"
            items.append(item(address, tree, unknown={"id": True}))
            resources.append({**written(address), "provider_config_key": provider})
    changes = read(items, configuration={"provider_config": TWO, "root_module": {"resources": resources}})
    found = {change.after.origin.address: change.after for change in of(changes, "/networkSecurityGroups")}
    assert len({one.id for one in found.values()}) == 2  # one is told a variable without a value, and has an id still
    for address, source in (("spoke", "*"), ("hub", "10.0.0.0/8")):
        (one,) = found[f"azurerm_network_security_group.{address}"].body["properties"]["securityRules"]
        assert one["properties"]["sourceAddressPrefix"] == source


SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.mark.parametrize("path", [*SAMPLES.glob("tfplan/*/*.json"), *SAMPLES.glob("checkov/plan_json/*.json")], ids=str)
def test_plans_of_others_are_read(path: Path) -> None:
    for change in read_terraform_plan(json.loads(path.read_text("utf-8-sig")), path.name).changes:
        assert change.after is not None or change.before is not None


def test_add_ons_of_azurerm_2() -> None:
    profile = {
        "azure_policy": [{"enabled": True}],
        "kube_dashboard": [{"enabled": True}],
        "azure_keyvault_secrets_provider": [{"enabled": True, "secret_rotation_enabled": True}],
    }
    cluster = {"name": "aks", "resource_group_name": "rg", "addon_profile": [profile]}
    found = body(read([item("azurerm_kubernetes_cluster.aks", cluster)]), "managedClusters")["properties"]
    assert found["addonProfiles"]["azurepolicy"]["enabled"] is True
    assert found["addonProfiles"]["kubeDashboard"]["enabled"] is True
    assert found["addonProfiles"]["azureKeyvaultSecretsProvider"]["config"]["enableSecretRotation"] == "true"


def test_a_pool_for_system_pods_alone_is_tainted() -> None:
    pool = {"name": "system", "only_critical_addons_enabled": True}
    cluster = {"name": "aks", "resource_group_name": "rg", "default_node_pool": [pool]}
    (found,) = body(read([item("azurerm_kubernetes_cluster.aks", cluster)]), "managedClusters")["properties"][
        "agentPoolProfiles"
    ]
    assert found["nodeTaints"] == ["CriticalAddonsOnly=true:NoSchedule"]


def template(**properties: Any) -> str:
    resource = {
        "type": "Microsoft.KeyVault/vaults",
        "apiVersion": "2023-07-01",
        "name": "[parameters('name')]",
        "properties": properties,
    }
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return json.dumps({"$schema": schema, "parameters": {"name": {"type": "string"}}, "resources": [resource]})


DEPLOYMENT = "azurerm_resource_group_template_deployment.d"


def test_a_template_that_terraform_deploys_is_read() -> None:
    given = {"resource_group_name": "rg", "parameters_content": '{"name": {"value": "kv"}}'}
    values = {**given, "template_content": template(enablePurgeProtection=False)}
    changes = read([item(DEPLOYMENT, values)])
    (made,) = of(changes, "/vaults")
    assert made.after and made.after.id == f"{GROUP}/Microsoft.KeyVault/vaults/kv"
    assert (made.action, made.after.body["properties"]) == ("create", {"enablePurgeProtection": False})
    assert (made.after.origin.source, made.after.origin.address) == ("plan", DEPLOYMENT)


@pytest.mark.parametrize(
    ("values", "unknown", "why"),
    [
        ({}, {"template_content": True}, "its template cannot be read: known after apply"),
        ({"template_content": "{"}, {}, "its template cannot be read: no JSON"),
        ({"template_content": template()}, {"parameters_content": True}, "its parameters cannot be read: known after"),
        ({"template_content": "{}"}, {}, "is no ARM template"),
    ],
    ids=["later", "broken", "parameters later", "no template"],
)
def test_a_template_that_cannot_be_read_is_a_gap(values: Tree, unknown: Tree, why: str) -> None:
    changes = read([item(DEPLOYMENT, values, unknown=unknown)])
    (gap,) = changes.gaps
    assert why in gap.reason
    assert not changes.changes


@pytest.mark.parametrize(
    ("attributes", "unknown", "found"),
    [
        ({"role_definition_name": "Owner"}, {"role_definition_id": True}, "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
        ({"role_definition_name": "contributor"}, {}, "b24988ac-6180-42a0-ab88-20f7382dd24c"),
        ({"role_definition_id": "/x/y"}, {"role_definition_name": True}, "y"),
        ({"role_definition_name": "Ours"}, {"role_definition_id": True}, None),
        ({}, {"role_definition_name": True, "role_definition_id": True}, None),
    ],
)
def test_a_role_by_its_name_has_the_id_of_the_role(attributes: Tree, unknown: Tree, found: str | None) -> None:
    tree = {"scope": "/subscriptions/a", "principal_id": "p", "principal_type": "ServicePrincipal", **attributes}
    made = body(read([item("azurerm_role_assignment.r", tree, unknown=unknown)]), "roleAssignments")
    role = made["properties"]["roleDefinitionId"]
    assert isinstance(role, Unknown) if found is None else role.rpartition("/")[2] == found


def test_the_key_of_a_storage_account_is_taken_apart() -> None:
    address = "https://kv.vault.azure.net/keys/k"
    account = {"name": "st", "resource_group_name": "rg", "customer_managed_key": [{"key_vault_key_id": address}]}
    whole = body(read([item("azurerm_storage_account.st", account)]), "storageAccounts")
    key = {"keyvaulturi": "https://kv.vault.azure.net", "keyname": "k"}
    assert whole["properties"]["encryption"]["keyvaultproperties"] == key
    target = {"storage_account_id": f"{GROUP}/Microsoft.Storage/storageAccounts/st"}
    bare = {"name": "st", "resource_group_name": "rg"}
    for given in (
        {"key_vault_key_id": f"{address}/v1"},
        {"key_vault_uri": key["keyvaulturi"], "key_name": "k", "key_vault_key_id": f"{address}/v1"},
    ):
        apart = item("azurerm_storage_account_customer_managed_key.k", {**target, **given})
        joined = body(read([item("azurerm_storage_account.st", bare), apart]), "storageAccounts")
        assert joined["properties"]["encryption"]["keyvaultproperties"] == {**key, "keyversion": "v1"}


def test_an_endpoint_by_alias_names_a_service_as_arm_does() -> None:
    connection = {"name": "c", "is_manual_connection": True, "private_connection_resource_alias": "a.b.azure.net"}
    tree = {"name": "pe", "resource_group_name": "rg", "private_service_connection": [connection]}
    made = body(read([item("azurerm_private_endpoint.pe", tree)]), "privateEndpoints")
    (written,) = made["properties"]["manualPrivateLinkServiceConnections"]
    assert written["properties"]["privateLinkServiceId"] == "a.b.azure.net"
