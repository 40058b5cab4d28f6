"""Templates in other spellings, and what a template deploys that no template of it shows: read, or a gap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PURGE = "azure.key-vault.purge-protection"
RDP = "azure.network-security-group.rdp-from-internet"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
VAULT = {"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "kv", "location": "x"}
BAD = {**VAULT, "properties": {"tenantId": "t"}}
GOOD = {**VAULT, "properties": {"enablePurgeProtection": True}}
RULE = {
    "access": "Allow", "direction": "Inbound", "protocol": "*", "priority": 100, "sourceAddressPrefix": "*",
    "sourcePortRange": "*", "destinationAddressPrefix": "*", "destinationPortRange": "3389",
}  # fmt: skip


def template(*resources: Any, **more: Any) -> dict[str, Any]:
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources), **more}


def deployment(**properties: Any) -> dict[str, Any]:
    kind = "Microsoft.Resources/deployments"
    return {"type": kind, "apiVersion": "2022-09-01", "name": "n", "properties": {"mode": "Incremental", **properties}}


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in names}


def group(**properties: Any) -> dict[str, Any]:
    kind = "Microsoft.Network/networkSecurityGroups"
    return {"type": kind, "apiVersion": "2023-09-01", "name": "n", "location": "x", "properties": properties}


def gate(
    command: Any, tmp_path: Path, document: Any, select: str = PURGE, parameters: Any = None
) -> tuple[int, dict[str, Any]]:
    (tmp_path / "main.json").write_text(json.dumps(document))
    given = []
    if parameters is not None:
        (tmp_path / "parameters.json").write_text(json.dumps(parameters))
        given = ["--parameters", "parameters.json"]
    done = command("gate", "main.json", *given, "--select", select, "-f", "json", "-o", "out.json")
    report = tmp_path / "out.json"
    return done.returncode, json.loads(report.read_text()) if report.exists() else {}


def failing(audit: dict[str, Any]) -> set[str]:
    return {one["ruleId"] for one in audit["findings"] if one["outcome"] == "fail"}


def named(audit: dict[str, Any]) -> str:
    return json.dumps(audit["gaps"])


ELEMENT = {"name": "r", "properties": RULE}
LOOP = {"name": "securityRules", "count": 1, "input": ELEMENT}


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        (without(template(), "resources") | {"Resources": [BAD]}, PURGE),
        (without(template(BAD), "$schema") | {"$Schema": SCHEMA}, PURGE),
        (without(template(BAD), "$schema"), PURGE),
        (template(without(BAD, "type") | {"Type": BAD["type"]}), PURGE),
        (template(without(BAD, "name") | {"Name": "[concat('k', 'v')]"}), PURGE),
        (template({**BAD, "name": "[concat('kv', copyIndex())]", "Copy": {"Name": "c", "Count": 2}}), PURGE),
        (template(deployment(template=without(template(), "resources") | {"Resources": [BAD]})), PURGE),
        (template(without(deployment(), "properties") | {"Properties": {"Template": template(BAD)}}), PURGE),
        (template({**group(), "Resources": [{"type": "securityRules", **ELEMENT}]}), RDP),
        (template(group(Copy=[{"Name": "securityRules", "Count": 1, "Input": ELEMENT}])), RDP),
        (template(group(securityRules="[variables('r')]"), Variables={"Copy": [{**LOOP, "name": "r"}]}), RDP),
    ],
    ids=lambda value: json.dumps(value)[-110:],
)
def test_a_template_is_read_in_every_casing(command: Any, tmp_path: Path, document: Any, rule: str) -> None:
    assert failing(gate(command, tmp_path, document, rule)[1]) == {rule}


def test_a_condition_counts_in_every_casing(command: Any, tmp_path: Path) -> None:
    code, audit = gate(command, tmp_path, template({**BAD, "Condition": "[equals(1, 2)]"}))
    assert (code, audit["findings"]) == (0, [])


@pytest.mark.parametrize(
    "document",
    [
        {**template(GOOD), "Resources": [BAD]},
        template({**GOOD, "condition": True, "Condition": False}),
        template({**GOOD, "copy": {"name": "c", "count": 1}, "Copy": {"name": "c", "count": 0}}),
        template({**GOOD, "type": " Microsoft.KeyVault/vaults"}),
        template({**GOOD, "type": "Microsoft.KeyVault"}),
        template({**GOOD, "copy": {"name": "c", "count": -1}}),
        template({**GOOD, "existing": True}),
        template(deployment(template=template(GOOD), templateLink={"uri": "https://example.com/t.json"})),
        {**template(), "resources": {"p": {"Extension": "graph", "type": "Microsoft.Graph/applications@v1.0"}}},
    ],
    ids=lambda document: json.dumps(document)[80:190],
)
def test_a_template_that_contradicts_itself_is_a_gap(command: Any, tmp_path: Path, document: Any) -> None:
    _code, audit = gate(command, tmp_path, document)
    assert audit["gaps"]


def test_only_a_template_with_symbolic_names_refers_to_existing_resources(command: Any, tmp_path: Path) -> None:
    symbolic = {**template(), "languageVersion": "2.0", "resources": {"v": {**BAD, "existing": True}}}
    code, audit = gate(command, tmp_path, symbolic)
    assert (code, audit["findings"], audit["gaps"]) == (0, [], [])
    assert failing(gate(command, tmp_path, template({**BAD, "existing": True}))[1]) == {PURGE}


def test_a_loop_of_a_property_that_is_no_list_makes_it_unknown(command: Any, tmp_path: Path) -> None:
    _code, audit = gate(command, tmp_path, template(group(copy=LOOP)), RDP)
    assert {one["outcome"] for one in audit["findings"]} == {"unknown"}


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("Microsoft.Resources/deploymentStacks", {"template": template(BAD)}),
        ("Microsoft.Resources/deploymentStacks", {"templateLink": {"uri": "https://example.com/t.json"}}),
        ("Microsoft.Resources/templateSpecs/versions", {"mainTemplate": template(BAD)}),
        ("Microsoft.Solutions/applicationDefinitions", {"mainTemplate": template(BAD)}),
        ("Microsoft.Solutions/applications", {"applicationDefinitionId": "/x"}),
        ("Microsoft.Resources/deploymentScripts", {"scriptContent": "az keyvault create"}),
        ("Microsoft.Blueprint/blueprints/artifacts", {"template": template(BAD)}),
    ],
)
def test_what_a_resource_deploys_in_its_turn_is_a_gap(
    command: Any, tmp_path: Path, kind: str, properties: dict[str, Any]
) -> None:
    name = "a/b" if kind.count("/") > 1 else "a"
    resource = {"type": kind, "apiVersion": "2024-03-01", "name": name, "properties": properties}
    code, audit = gate(command, tmp_path, template(resource, GOOD))
    assert code == 0, "what is there already has been deployed this way; the gap says where to look"
    assert kind in named(audit)


def test_a_deployment_that_azapi_makes_is_a_gap(command: Any, tmp_path: Path) -> None:
    after = {
        "type": "Microsoft.Resources/deployments@2022-09-01",
        "name": "d",
        "parent_id": "/subscriptions/s/resourceGroups/rg",
        "body": {"properties": {"mode": "Incremental", "template": template(BAD)}},
    }
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
    entry = {"address": "azapi_resource.d", "type": "azapi_resource", "name": "d", "mode": "managed", "change": change}
    _code, audit = gate(command, tmp_path, {"format_version": "1.2", "resource_changes": [entry]})
    assert "azapi_resource.d" in named(audit)


SWITCH = template(
    {**VAULT, "properties": {"enablePurgeProtection": "[parameters('p')]"}},
    parameters={"p": {"type": "bool", "defaultValue": True}},
)


@pytest.mark.parametrize(
    "parameters",
    [
        {"parameters": {"p": {"value": False}}},
        {"Parameters": {"P": {"Value": False}}},
        {"p": {"value": False}},
        {"p": False},
        {"parametersJson": json.dumps({"parameters": {"p": {"value": False}}}), "templateJson": json.dumps(SWITCH)},
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_parameters_are_read_in_every_form(command: Any, tmp_path: Path, parameters: Any) -> None:
    assert failing(gate(command, tmp_path, SWITCH, parameters=parameters)[1]) == {PURGE}


@pytest.mark.parametrize(
    "entry",
    [
        {"expression": "[externalInput('x')]"},
        {"reference": {"keyVault": {"id": "x"}, "secretName": "s"}},
        {"Reference": {}},
        {},
        False,
    ],
    ids=str,
)
def test_a_parameter_in_a_form_that_is_not_known_is_unknown(command: Any, tmp_path: Path, entry: Any) -> None:
    _code, audit = gate(command, tmp_path, SWITCH, parameters={"parameters": {"p": entry}})
    assert {one["outcome"] for one in audit["findings"]} == {"unknown"}


DECLARED = {"P": {"type": "bool"}}
TWO_CASINGS = {
    "names of a parameter file": (DECLARED, {"parameters": {"P": {"value": False}, "p": {"value": True}}}),
    "members of an entry": (DECLARED, {"parameters": {"P": {"value": True, "Value": False}}}),
    "names of a template": ({"P": {"type": "bool", "defaultValue": False}, "p": {"defaultValue": True}}, None),
    "defaults of a template": ({"P": {"type": "bool", "defaultValue": True, "DefaultValue": False}}, None),
}


@pytest.mark.parametrize(("declared", "parameters"), TWO_CASINGS.values(), ids=TWO_CASINGS)
def test_a_parameter_that_is_given_in_two_casings_is_unknown(
    command: Any, tmp_path: Path, declared: Any, parameters: Any
) -> None:
    vault = {**VAULT, "properties": {"enablePurgeProtection": "[parameters('P')]"}}
    _code, audit = gate(command, tmp_path, template(vault, parameters=declared), parameters=parameters)
    [found] = audit["findings"]
    assert found["outcome"] == "unknown"


@pytest.mark.parametrize("parameters", [[1], "x", 3, {"parametersJson": "{x"}, {"parameters": [1]}], ids=str)
def test_a_parameter_file_that_holds_none_is_refused(command: Any, tmp_path: Path, parameters: Any) -> None:
    code, audit = gate(command, tmp_path, SWITCH, parameters=parameters)
    assert (code, audit) == (3, {})


def test_a_parameter_that_the_template_does_not_have_is_a_gap(command: Any, tmp_path: Path) -> None:
    code, audit = gate(command, tmp_path, SWITCH, parameters={"parameters": {"q": {"value": False}}})
    assert code == 0
    assert "parameter q" in named(audit)
