"""What a template will leave in the history of deployments, where everybody who reads the group can read it."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.plans.arm.secrets import WILL_STAND, left_behind
from auditor.plans.arm.template import read_arm_template

SECURE = {"type": "securestring"}


def parameter(name: str, **entry: Any) -> dict[str, Any]:
    return left_behind({"parameters": {name: {"type": "string", **entry}}})


def output(expression: str, kind: str = "string") -> dict[str, Any]:
    return left_behind({"parameters": {"pw": SECURE}, "outputs": {"o": {"type": kind, "value": expression}}})


@pytest.mark.parametrize("name", ["adminPassword", "sql_admin_pwd", "clientSecret", "sasToken"])
def test_a_password_that_is_no_secure_string(name: str) -> None:
    assert parameter(name) == {"parameters": {name: {"type": "string", "value": WILL_STAND}}}
    assert parameter(name, defaultValue="[newGuid()]")
    assert parameter(name, type="securestring") == parameter(name, type="SecureString") == {}


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("adminPasswordSecretName", {}),
        ("adminPassword", {"type": "bool"}),
        ("adminPassword", {"defaultValue": "sql-admin-password"}),
        ("authenticationPassword", {"allowedValues": ["on", "off"]}),
        ("sshPublicKey", {}),
    ],
)
def test_what_is_no_password(name: str, entry: dict[str, Any]) -> None:
    assert parameter(name, **entry) == {}


@pytest.mark.parametrize(
    "expression",
    [
        "[listKeys(resourceId('Microsoft.Storage/storageAccounts', 's'), '2023-05-01').keys[0].value]",
        "[format('AccountKey={0}', listKeys('s', '2023-05-01').keys[0].value)]",
        "[reference('x').listConnectionStrings()]",
        "[parameters('pw')]",
        "[format('Server=s;Password={0}', parameters('PW'))]",
    ],
)
def test_an_output_that_hands_a_secret_out(expression: str) -> None:
    assert output(expression) == {"outputs": {"o": {"type": "string", "value": WILL_STAND}}}
    assert output(expression, "secureString") == {}


@pytest.mark.parametrize(
    "expression",
    [
        "[empty(parameters('pw'))]",
        "[if(equals(parameters('pw'), ''), 'off', 'on')]",
        "[reference('kv').vaultUri]",
        "[parameters('other')]",
        "listKeys() is not called here",
    ],
)
def test_an_output_that_hands_nothing_out(expression: str) -> None:
    assert output(expression) == {}


def test_each_template_is_a_deployment_of_its_own() -> None:
    inner = {"parameters": {"dbPassword": {"type": "string"}}, "resources": []}
    module = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "[format('db-{0}', copyIndex())]",
        "copy": {"name": "each", "count": 3},
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {"dbPassword": {"value": "[parameters('pw')]"}},
            "template": inner,
        },
    }
    changes = read_arm_template({"parameters": {"pw": SECURE}, "resources": [module]}, "main.json").changes
    found = [change.after for change in changes if change.after is not None]
    assert [one.id.rpartition("/providers/")[2] for one in found] == ["Microsoft.Resources/deployments/db-0"]
    assert found[0].body["properties"] == {"parameters": {"dbPassword": {"type": "string", "value": WILL_STAND}}}


def test_a_template_that_leaves_nothing_is_no_deployment() -> None:
    raw = {"parameters": {"adminPassword": SECURE}, "resources": []}
    assert read_arm_template(raw, "main.json").changes == ()
