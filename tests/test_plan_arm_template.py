"""ARM templates: which resources they deploy, under which id, with which values."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.model.errors import InputError
from auditor.model.resource import Resource, Unknown
from auditor.plans.arm.lines import lines_of
from auditor.plans.arm.template import read_arm_template
from auditor.plans.change import Changes

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
VAULT = {"type": "Microsoft.KeyVault/vaults", "apiVersion": "2024-11-01", "name": "kv", "properties": {"a": 1}}


def read(*resources: Any, symbols: dict[str, Any] | None = None, given: Any = None, **template: Any) -> Changes:
    raw = {"resources": symbols if symbols is not None else list(resources), **template}
    return read_arm_template(raw, "infra/main.json", given, location="westeurope")


def resources(changes: Changes) -> list[Resource]:
    return [change.after for change in changes.changes if change.after]


def only(changes: Changes) -> Resource:
    (resource,) = resources(changes)
    return resource


def ids(changes: Changes) -> list[str]:
    return [resource.id.removeprefix(GROUP).removeprefix("/providers/") for resource in resources(changes)]


def nested(template: dict[str, Any], **more: Any) -> dict[str, Any]:
    scope = {"expressionEvaluationOptions": {"scope": more.pop("scope", "inner")}}
    properties = {"mode": "Incremental", "template": template, "parameters": more.pop("parameters", {}), **scope}
    return {
        "type": "Microsoft.Resources/deployments",
        "name": more.pop("name", "inner"),
        "properties": properties,
        **more,
    }


def test_a_resource_in_its_live_shape() -> None:
    resource = only(read({**VAULT, "tags": {"a": "b"}, "sku": {"name": "x"}, "dependsOn": ["y"], "comments": "z"}))
    assert resource.body == {
        "type": "Microsoft.KeyVault/vaults",
        "apiVersion": "2024-11-01",
        "name": "kv",
        "id": f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv",
        "properties": {"a": 1},
        "tags": {"a": "b"},
        "sku": {"name": "x"},
    }
    assert (resource.origin.source, resource.origin.address) == ("template", "Microsoft.KeyVault/vaults.kv")
    assert not resource.partial


def test_what_is_no_template() -> None:
    with pytest.raises(InputError):
        read_arm_template({"resources": "x"}, "main.json")


@pytest.mark.parametrize(
    ("schema", "kind", "expected"),
    [
        ("subscriptionDeploymentTemplate", "Microsoft.Resources/resourceGroups", f"{SUBSCRIPTION}/resourceGroups/n"),
        (
            "subscriptionDeploymentTemplate",
            "Microsoft.Authorization/policyAssignments",
            f"{SUBSCRIPTION}/providers/Microsoft.Authorization/policyAssignments/n",
        ),
        ("tenantDeploymentTemplate", "Microsoft.Subscription/aliases", "/providers/Microsoft.Subscription/aliases/n"),
        (
            "deploymentTemplate",
            "Microsoft.Security/pricings",
            f"{SUBSCRIPTION}/providers/Microsoft.Security/pricings/n",
        ),
    ],
)
def test_ids_by_scope(schema: str, kind: str, expected: str) -> None:
    url = f"https://schema.management.azure.com/schemas/2019-08-01/{schema}.json#"
    assert only(read({"type": kind, "name": "n"}, **{"$schema": url})).id == expected


def test_children_nested_and_by_name() -> None:
    server = {
        "type": "Microsoft.Sql/servers",
        "name": "s",
        "resources": [
            {"type": "databases", "name": "d", "resources": [{"type": "transparentDataEncryption", "name": "current"}]},
            {"type": "providers/locks", "name": "Microsoft.Authorization/l"},
        ],
    }
    changes = read(server, {"type": "Microsoft.Sql/servers/firewallRules", "name": "s/all"})
    assert ids(changes) == [
        "Microsoft.Sql/servers/s",
        "Microsoft.Sql/servers/s/databases/d",
        "Microsoft.Sql/servers/s/databases/d/transparentDataEncryption/current",
        "Microsoft.Sql/servers/s/providers/Microsoft.Authorization/locks/l",
        "Microsoft.Sql/servers/s/firewallRules/all",
    ]
    assert resources(changes)[1].parent_id == resources(changes)[0].id
    assert resources(changes)[2].type == "Microsoft.Sql/servers/databases/transparentDataEncryption"


@pytest.mark.parametrize(
    "extension",
    [
        {
            "type": "Microsoft.Insights/diagnosticSettings",
            "name": "d",
            "scope": "[resourceId('Microsoft.KeyVault/vaults', 'kv')]",
        },
        {"type": "Microsoft.Insights/diagnosticSettings", "name": "d", "scope": "Microsoft.KeyVault/vaults/kv"},
        {"type": "Microsoft.KeyVault/vaults/providers/diagnosticSettings", "name": "kv/Microsoft.Insights/d"},
    ],
)
def test_extension_resources_lie_below_their_target(extension: dict[str, Any]) -> None:
    vault, setting = resources(read(VAULT, extension))
    assert setting.type == "Microsoft.Insights/diagnosticSettings"
    assert setting.parent_id == vault.id
    assert setting.name == "d"


def test_a_name_that_does_not_fit_its_type_is_judged_without_id() -> None:
    secret = only(read({"type": "Microsoft.KeyVault/vaults/secrets", "name": "s", "properties": {"x": 1}}))
    assert isinstance(secret.body["id"], Unknown)
    assert secret.body["properties"] == {"x": 1}


def test_parameters_from_a_file_a_mapping_and_their_defaults() -> None:
    declared = {
        "given": {"type": "string"},
        "byDefault": {"type": "string", "defaultValue": "[concat(parameters('given'), '-d')]"},
        "fromVault": {"type": "string"},
        "null": {"type": "string", "nullable": True},
        "nothing": {"type": "string"},
    }
    file = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "parameters": {
            "GIVEN": {"value": "g"},
            "fromVault": {"reference": {"keyVault": {"id": "x"}, "secretName": "s"}},
        },
    }
    value = {name: f"[parameters('{name}')]" for name in declared}
    for given in (file, {"given": "g", "fromVault": Unknown("it is a secret")}):
        properties = only(read({**VAULT, "properties": value}, parameters=declared, given=given)).body["properties"]
        assert properties["given"] == "g"
        assert properties["byDefault"] == "g-d"
        assert properties["null"] is None
        assert "secret" in properties["fromVault"].reason
        assert "parameter nothing is not given" in properties["nothing"].reason


def test_what_is_given_is_no_expression() -> None:
    given = {"p": "[resourceGroup().name]"}
    properties = {"v": "[parameters('p')]"}
    changes = read({**VAULT, "properties": properties}, parameters={"p": {"type": "string"}}, given=given)
    assert only(changes).body["properties"]["v"] == "[resourceGroup().name]"


def test_secrets_never_reach_a_body() -> None:
    declared = {
        "password": {"type": "secureString"},
        "withDefault": {"type": "securestring", "defaultValue": "hunter2"},
        "empty": {"type": "securestring", "defaultValue": ""},
        "login": {"$ref": "#/definitions/login"},
        "logins": {"type": "array", "items": {"$ref": "#/definitions/login"}},
    }
    definitions = {
        "login": {"type": "object", "properties": {"user": {"type": "string"}, "key": {"$ref": "#/definitions/key"}}},
        "key": {"type": "securestring"},
    }
    login = {"user": "u", "key": "hunter2"}
    given = {"password": "hunter2", "login": login, "logins": [login]}
    value = {name: f"[parameters('{name}')]" for name in declared} | {"made": "[base64(parameters('password'))]"}
    changes = read({**VAULT, "properties": value}, parameters=declared, definitions=definitions, given=given)
    properties = only(changes).body["properties"]
    assert "hunter2" not in repr(properties)
    assert properties["login"]["user"] == properties["logins"][0]["user"] == "u"
    assert properties["empty"] == ""
    assert all(isinstance(properties[name], Unknown) for name in ("password", "withDefault", "made"))


def test_variables_and_their_loops() -> None:
    variables = {
        "a": "[variables('b')]",
        "b": {"copy": [{"name": "disks", "count": 2, "input": {"lun": "[copyIndex('disks', 1)]"}}]},
        "copy": [{"name": "names", "count": 3, "input": "[concat('n', copyIndex('names'))]"}],
    }
    value = {"a": "[variables('a')]", "names": "[variables('NAMES')]"}
    properties = only(read({**VAULT, "properties": value}, variables=variables)).body["properties"]
    assert properties == {"a": {"disks": [{"lun": 1}, {"lun": 2}]}, "names": ["n0", "n1", "n2"]}


def test_loops_of_resources_and_properties() -> None:
    looped = {
        **VAULT,
        "name": "[format('kv{0}', copyIndex(1))]",
        "copy": {"name": "vaults", "count": "[length(createArray(1, 2))]"},
        "properties": {
            "copy": [{"name": "rules", "count": 2, "input": "[add(mul(copyIndex('vaults'), 10), copyIndex('rules'))]"}]
        },
    }
    changes = read(looped)
    assert ids(changes) == ["Microsoft.KeyVault/vaults/kv1", "Microsoft.KeyVault/vaults/kv2"]
    assert resources(changes)[1].body["properties"] == {"rules": [10, 11]}
    assert not read({**looped, "copy": {"name": "x", "count": 0}}).changes


def test_keys_may_be_expressions() -> None:
    identity = {"userAssignedIdentities": {"[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'i')]": {}}}
    found = only(read({**VAULT, "identity": identity})).body["identity"]["userAssignedIdentities"]
    assert list(found) == [f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"]


def test_conditions() -> None:
    assert not read({**VAULT, "condition": "[equals(1, 2)]"}).changes
    assert not read({**VAULT, "condition": False}).changes
    assert len(read({**VAULT, "condition": "[true()]"}).changes) == 1


@pytest.mark.parametrize(
    "uncertain",
    [
        {**VAULT, "condition": "[parameters('deploy')]"},
        {**VAULT, "copy": {"name": "x", "count": "[parameters('deploy')]"}},
        nested({"resources": [VAULT]}, condition="[parameters('deploy')]"),
    ],
)
def test_an_unknown_condition_keeps_the_resource_but_not_its_id(uncertain: dict[str, Any]) -> None:
    changes = read(uncertain, parameters={"deploy": {"type": "bool"}})
    resource = only(changes)
    assert resource.body["properties"] == {"a": 1}
    assert isinstance(resource.body["id"], Unknown)
    assert resource.id.endswith("/vaults/kv")  # what findings are told by
    assert resource.partial
    (gap,) = changes.gaps
    assert (gap.kind, gap.type) == ("unknown-until-apply", "Microsoft.KeyVault/vaults")


def test_an_unknown_name_keeps_resources_apart() -> None:
    declared = {"a": {"type": "string"}, "b": {"type": "string"}}
    vaults = [{**VAULT, "name": f"[parameters('{name}')]"} for name in declared]
    first, second = resources(read(*vaults, parameters=declared))
    assert isinstance(first.body["id"], Unknown)
    assert first.id != second.id


def test_nested_template_of_inner_scope() -> None:
    inner = {
        "parameters": {"name": {"type": "string"}, "size": {"type": "int", "defaultValue": 3}},
        "variables": {"v": "inner"},
        "resources": [
            {
                **VAULT,
                "name": "[parameters('name')]",
                "properties": {"v": "[variables('v')]", "s": "[parameters('size')]"},
            }
        ],
        "outputs": {"id": {"type": "string", "value": "[resourceId('Microsoft.KeyVault/vaults', parameters('name'))]"}},
    }
    deployment = nested(
        inner,
        parameters={"name": {"value": "[variables('v')]"}, "size": "[createObject('value', null())]"},
        resourceGroup="other",
    )
    user = {**VAULT, "name": "user", "properties": {"id": "[reference('inner').outputs.id.value]"}}
    vault, after = resources(read(deployment, user, variables={"v": "outer"}))
    assert vault.id == f"{SUBSCRIPTION}/resourceGroups/other/providers/Microsoft.KeyVault/vaults/outer"
    assert vault.body["properties"] == {"v": "inner", "s": 3}
    assert after.body["properties"]["id"] == vault.id


def test_nested_template_of_outer_scope() -> None:
    inner = {"variables": {"v": "inner"}, "resources": [{**VAULT, "name": "[concat(variables('v'), copyIndex())]"}]}
    deployment = nested(inner, scope="outer", copy={"name": "l", "count": 2}, name="[concat('d', copyIndex())]")
    assert ids(read(deployment, variables={"v": "outer"})) == [
        "Microsoft.KeyVault/vaults/outer0",
        "Microsoft.KeyVault/vaults/outer1",
    ]


def test_outputs_across_resource_groups_by_id() -> None:
    network = nested(
        {"resources": [], "outputs": {"id": {"type": "string", "value": "/subnet"}}}, name="net", resourceGroup="a"
    )
    deployment = f"'{SUBSCRIPTION}/resourceGroups/a', 'Microsoft.Resources/deployments', 'net'"
    asked = f"[reference(extensionResourceId({deployment})).outputs.id.value]"
    inner = {
        "parameters": {"subnet": {"type": "string"}},
        "resources": [{**VAULT, "properties": {"s": "[parameters('subnet')]"}}],
    }
    changes = read(network, nested(inner, name="app", resourceGroup="b", parameters={"subnet": {"value": asked}}))
    assert only(changes).body["properties"] == {"s": "/subnet"}


def test_a_linked_template_is_a_gap() -> None:
    linked = nested({})
    linked["properties"] = {"templateLink": {"uri": "https://example.org/t.json"}}
    changes = read(linked)
    assert not changes.changes
    assert "linked" in changes.gaps[0].reason


def test_symbolic_names_existing_resources_and_reference() -> None:
    symbols = {
        "vault": {
            **VAULT,
            "location": "[resourceGroup().location]",
            "properties": {"access": "Disabled", "acl": {"a": None}},
        },
        "old": {**VAULT, "existing": True, "name": "old"},
        "setting": {
            "type": "Microsoft.Insights/diagnosticSettings",
            "name": "d",
            "scope": "[resourceInfo('old').id]",
            "properties": {
                "declared": "[reference('vault').access]",
                "full": "[reference('vault', '2024-11-01', 'full').location]",
                "runtime": "[reference('vault').vaultUri]",
                "null": "[reference('vault').acl.a]",
                "whole": "[reference('vault')]",
                "part": "[reference('vault').acl]",
                "existing": "[reference('old').access]",
                "identity": "[reference('vault', '2024-11-01', 'full').identity.principalId]",
            },
        },
    }
    vault, setting = resources(read(symbols=symbols, languageVersion="2.0"))
    properties = setting.body["properties"]
    assert (properties["declared"], properties["full"]) == ("Disabled", "westeurope")
    for name in ("runtime", "null", "whole", "part", "existing", "identity"):
        assert isinstance(properties[name], Unknown), name
    assert setting.parent_id == vault.id.replace("/kv", "/old")


def test_loops_by_symbolic_name() -> None:
    module = nested(
        {
            "resources": [],
            "outputs": {"n": {"type": "int", "value": "[parameters('n')]"}},
            "parameters": {"n": {"type": "int"}},
        }
    )
    module |= {"copy": {"name": "m", "count": 2}, "name": "[format('m{0}', copyIndex())]"}
    module["properties"]["parameters"] = {"n": {"value": "[copyIndex()]"}}
    user = {**VAULT, "copy": {"name": "u", "count": 2}, "name": "[format('u{0}', copyIndex())]"}
    user["properties"] = {"n": "[reference(format('m[{0}]', copyIndex())).outputs.n.value]"}
    found = resources(read(symbols={"m": module, "u": user}))
    assert [resource.body["properties"]["n"] for resource in found] == [0, 1]


def test_conditional_and_looped_outputs() -> None:
    outputs = {
        "off": {"type": "string", "condition": False, "value": "x"},
        "many": {"type": "array", "copy": {"count": 2, "input": "[copyIndex()]"}},
        "secret": {"type": "secureString", "value": "hunter2"},
    }
    value = {name: f"[reference('inner').outputs.{name}.value]" for name in outputs}
    value["none"] = "[tryGet(reference('inner').outputs, 'none')]"
    properties = only(read(nested({"resources": [], "outputs": outputs}), {**VAULT, "properties": value})).body[
        "properties"
    ]
    assert (properties["off"], properties["many"], properties["none"]) == (None, [0, 1], None)
    assert isinstance(properties["secret"], Unknown)


def test_resources_of_extensions_are_gaps() -> None:
    pod = {"import": "kubernetes", "type": "core/Pod@v1", "properties": {}}
    changes = read(symbols={"pod": pod}, languageVersion="2.0")
    assert not changes.changes
    assert "extension" in changes.gaps[0].reason


def test_covers_what_the_templates_declare() -> None:
    off = {"type": "Microsoft.Insights/diagnosticSettings", "name": "d", "condition": False, "scope": "x/y"}
    server = {"type": "Microsoft.Sql/servers", "name": "s", "resources": [{"type": "databases", "name": "d"}]}
    changes = read(nested({"resources": [off]}, condition=False), server, symbols=None)
    assert changes.covers == {
        "microsoft.insights/diagnosticsettings",
        "microsoft.sql/servers",
        "microsoft.sql/servers/databases",
    }


def test_elements_of_a_gateway_get_their_ids() -> None:
    gateway = {
        "type": "Microsoft.Network/applicationGateways",
        "name": "gw",
        "properties": {"httpListeners": [{"name": "l"}, {"name": "m", "id": "own"}], "probes": "[parameters('p')]"},
    }
    properties = only(read(gateway, parameters={"p": {"type": "array"}})).body["properties"]
    base = f"{GROUP}/providers/Microsoft.Network/applicationGateways/gw"
    assert [listener["id"] for listener in properties["httpListeners"]] == [f"{base}/httpListeners/l", "own"]
    assert isinstance(properties["probes"], Unknown)


def test_children_stand_in_their_parent_too() -> None:
    shared = {"subnets": [{"name": "one", "properties": {"a": 1}}]}
    network = {"type": "Microsoft.Network/virtualNetworks", "properties": "[variables('shared')]"}
    subnet = {"type": "Microsoft.Network/virtualNetworks/subnets", "properties": {"a": 2}}
    changes = read(
        {**network, "name": "a"},
        {**network, "name": "b"},
        {**subnet, "name": "a/ONE"},
        {**subnet, "name": "a/two", "condition": "[parameters('maybe')]"},
        {**subnet, "name": "b/three"},
        variables={"shared": shared},
        parameters={"maybe": {"type": "bool"}},
    )
    first, second, *_children = resources(changes)
    one, two = first.body["properties"]["subnets"]
    assert (one["name"], one["properties"], isinstance(two, Unknown)) == ("ONE", {"a": 2}, True)
    assert [item["name"] for item in second.body["properties"]["subnets"]] == ["one", "three"]
    assert len(changes.changes) == 5


def test_security_rules_without_their_group() -> None:
    rule = {"type": "Microsoft.Network/networkSecurityGroups/securityRules"}
    allow = {**rule, "name": "nsg/allow", "properties": {"access": "Allow"}}
    deny = {**rule, "name": "nsg/deny", "properties": {"access": "Deny"}}
    group = {"type": "Microsoft.Network/networkSecurityGroups", "name": "nsg", "properties": {}}
    alone = [resource for resource in resources(read(allow, deny)) if resource.type == group["type"]]
    assert [[item["name"] for item in one.body["properties"]["securityRules"]] for one in alone] == [
        ["allow", "deny"],
        ["deny"],
    ]
    whole, *_rules = resources(read(group, allow, deny))
    assert [item["name"] for item in whole.body["properties"]["securityRules"]] == ["allow", "deny"]


@pytest.mark.parametrize(
    ("key", "target", "status"),
    [
        ("privateLinkServiceConnections", "[resourceId('Microsoft.KeyVault/vaults', 'kv')]", "Approved"),
        ("manualPrivateLinkServiceConnections", "[resourceId('Microsoft.KeyVault/vaults', 'kv')]", "Pending"),
        ("PrivateLinkServiceConnections", "[resourceId('Microsoft.KeyVault/vaults', 'kv')]", "Approved"),
        ("privateLinkServiceConnections", "[concat(resourceId('Microsoft.KeyVault/vaults', 'kv'), '/')]", "Approved"),
        ("privateLinkServiceConnections", "[parameters('target')]", None),
    ],
)
def test_services_know_their_private_endpoints(key: str, target: str, status: str | None) -> None:
    connection = {"name": "c", "properties": {"privateLinkServiceId": target, "groupIds": ["vault"]}}
    endpoint = {"type": "Microsoft.Network/privateEndpoints", "name": "pe", "properties": {key: [connection]}}
    vault, _endpoint = resources(
        read(VAULT, nested({"resources": [endpoint], "parameters": {"target": {"type": "string"}}}))
    )
    (found,) = vault.body["properties"]["privateEndpointConnections"]
    if status is None:
        assert isinstance(found, Unknown)
    else:
        assert found["properties"]["privateLinkServiceConnectionState"] == {"status": status}


def test_role_assignments_know_their_scope() -> None:
    assignment = {"type": "Microsoft.Authorization/roleAssignments", "name": "[guid('a')]", "properties": {}}
    assert only(read(assignment)).body["properties"]["scope"] == GROUP


def test_lines() -> None:
    text = """{
  // a comment with { and "
  "resources": [ /* another
    one { */ {"name": "a\\"}",
      "properties": {"template":
        {"resources": {"symbol":
          {"x": [1, {"y": 2}]}}}}},
    {}
  ]
}"""
    lines = lines_of(text)
    assert lines[()] == 1
    assert lines[("resources", 0)] == 4
    assert lines[("resources", 0, "properties", "template", "resources", "symbol")] == 7
    assert lines[("resources", 0, "properties", "template", "resources", "symbol", "x", 1)] == 7
    assert lines[("resources", 1)] == 8
    raw = {"resources": [nested({"resources": {"kv": VAULT}})]}
    where = {("resources", 0, "properties", "template", "resources", "kv"): 12}
    assert only(read_arm_template(raw, "main.json", lines=where)).origin.line == 12
    assert lines_of("]}{[") == {}


def test_a_child_of_an_unknown_parent_may_stand_in_each() -> None:
    subnet = {"type": "Microsoft.Network/virtualNetworks/subnets", "name": "[concat(parameters('n'), '/s')]"}
    network = {"type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": {"subnets": [{"name": "one"}]}}
    first, *_rest = resources(read(network, subnet, subnet, parameters={"n": {"type": "string"}}))
    one, unknown = first.body["properties"]["subnets"]
    assert one == {"name": "one"}
    assert isinstance(unknown, Unknown)


def test_endpoints_in_an_unknown_number_may_be_those_of_any_service() -> None:
    connection = {"properties": {"privateLinkServiceId": "[resourceId('Microsoft.KeyVault/vaults', copyIndex())]"}}
    endpoint = {
        "type": "Microsoft.Network/privateEndpoints",
        "name": "[format('pe{0}', copyIndex())]",
        "copy": {"name": "l", "count": "[length(parameters('endpoints'))]"},
        "properties": {"privateLinkServiceConnections": [connection]},
    }
    vault, _endpoint = resources(read(VAULT, endpoint, parameters={"endpoints": {"type": "array"}}))
    (found,) = vault.body["properties"]["privateEndpointConnections"]
    assert isinstance(found, Unknown)
