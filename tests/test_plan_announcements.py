"""What a Terraform plan says about itself and in other words than Terraform: reported or named, never silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PURGE = "azure.key-vault.purge-protection"
PRIVILEGED = "kubernetes.workload.no-privileged-containers"
VAULT = {"name": "kv", "resource_group_name": "rg", "location": "x", "purge_protection_enabled": True}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "namespace": "d"},
    "spec": {"containers": [{"name": "c", "image": "x", "securityContext": {"privileged": True}}]},
}


def entry(address: str, after: Any, actions: tuple[str, ...] = ("create",), **more: Any) -> dict[str, Any]:
    kind, _dot, name = address.removeprefix("data.").partition(".")
    change = {"actions": list(actions), "before": None, "after": after, "after_unknown": {"id": True}}
    return {"address": address, "mode": "managed", "type": kind, "name": name, "change": change, **more}


GOOD = entry("azurerm_key_vault.a", VAULT)


def gate(command: Any, tmp_path: Path, *changes: Any, select: str = PURGE, **plan: Any) -> tuple[int, dict[str, Any]]:
    whole = {"format_version": "1.2", "terraform_version": "1.14.0", "resource_changes": list(changes), **plan}
    (tmp_path / "plan.json").write_text(json.dumps(whole))
    done = command("gate", "plan.json", "--select", select, "-f", "json", "-o", "out.json")
    return done.returncode, json.loads((tmp_path / "out.json").read_text())


def failing(audit: dict[str, Any]) -> list[str]:
    return [one["ruleId"] for one in audit["findings"] if one["outcome"] == "fail"]


INVOCATION = {"address": "action.azurerm_virtual_machine_power.off", "type": "azurerm_virtual_machine_power"}


@pytest.mark.parametrize(
    ("plan", "code", "what"),
    [
        ({"deferred_action_invocations": [{"reason": "x", "action_invocation": INVOCATION}]}, 0, INVOCATION["address"]),
        ({"action_invocations": [INVOCATION]}, 0, INVOCATION["address"]),
        ({"action_invocations": INVOCATION}, 3, "plan.json"),
        ({"deferred_action_invocations": "x"}, 3, "plan.json"),
        ({"deferred_changes": {"reason": "x", "resource_change": GOOD}}, 3, "plan.json"),
        ({"errored": "true"}, 3, "plan.json"),
        ({"complete": "false"}, 3, "plan.json"),
        ({"applyable": 0}, 3, "plan.json"),
        ({"Errored": True}, 3, "plan.json"),
        ({"Action_Invocations": [INVOCATION]}, 3, "plan.json"),
        ({"deferredChanges": []}, 3, "plan.json"),
    ],
    ids=str,
)
def test_what_a_plan_announces_is_a_gap(
    command: Any, tmp_path: Path, plan: dict[str, Any], code: int, what: str
) -> None:
    found, audit = gate(command, tmp_path, GOOD, **plan)
    assert found == code
    assert what in [gap["what"] for gap in audit["gaps"]]


def planned(address: str, **more: Any) -> dict[str, Any]:
    kind, _dot, name = address.partition(".")
    return {"address": address, "mode": "managed", "type": kind, "name": name, "values": VAULT, **more}


@pytest.mark.parametrize(
    "module",
    [
        {"resources": [planned("azurerm_key_vault.a"), planned("azurerm_key_vault.b")]},
        {"child_modules": [{"resources": [planned("azurerm_key_vault.b")]}]},
    ],
    ids=["root", "child"],
)
def test_a_planned_resource_without_a_change_is_a_gap(command: Any, tmp_path: Path, module: dict[str, Any]) -> None:
    code, audit = gate(command, tmp_path, GOOD, planned_values={"root_module": module})
    assert (code, [gap["what"] for gap in audit["gaps"]]) == (3, ["azurerm_key_vault.b"])
    assert audit["summary"]["elements"]["gaps"] == 1


def test_planned_values_may_repeat_the_changes_and_hold_data(command: Any, tmp_path: Path) -> None:
    data = {**planned("azurerm_key_vault.x"), "address": "data.azurerm_key_vault.x", "mode": "data"}
    module = {"resources": [planned("azurerm_key_vault.a"), data]}
    code, audit = gate(command, tmp_path, GOOD, planned_values={"root_module": module})
    assert (code, audit["gaps"]) == (0, [])


def check(status: str) -> dict[str, Any]:
    address = {"kind": "check", "name": "c", "to_display": "check.c"}
    return {"address": address, "status": status, "instances": [{"address": address, "status": status}]}


@pytest.mark.parametrize("status", ["fail", "error", "unknown"])
def test_a_check_that_does_not_pass_is_named(command: Any, tmp_path: Path, status: str) -> None:
    code, audit = gate(command, tmp_path, GOOD, checks=[check("pass"), check(status)])
    assert code == 0, "Terraform itself decides whether a check stops a run"
    ((reason, left_out),) = audit["summary"]["elements"]["notEvaluated"].items()
    assert "check" in reason
    assert (left_out["count"], left_out["examples"]) == (1, ["check.c"])


def test_what_changed_outside_of_terraform_is_named(command: Any, tmp_path: Path) -> None:
    drift = entry("azurerm_key_vault.b", {**VAULT, "purge_protection_enabled": False}, ("update",))
    _code, audit = gate(command, tmp_path, GOOD, resource_drift=[drift])
    ((reason, left_out),) = audit["summary"]["elements"]["notEvaluated"].items()
    assert "outside of Terraform" in reason
    assert left_out["examples"] == ["azurerm_key_vault.b"]


@pytest.mark.parametrize(
    "change",
    [
        {**entry("azurerm_key_vault.a", VAULT), "mode": "data"},
        {**entry("azurerm_key_vault.a", VAULT), "mode": "MANAGED"},
        {**entry("azurerm_key_vault.a", VAULT), "deposed": "abc"},
        entry("AZURERM_KEY_VAULT.a", VAULT),
        entry("azurerm_key_vault.a", {**VAULT, "Purge_Protection_Enabled": False}),
        entry("azurerm_key_vault.a", {**VAULT, " purge_protection_enabled": False}),
        entry("azurerm_key_vault.a", {**VAULT, "network_acls": [{"Bypass": "None"}]}),
        entry("kubernetes_pod_v1.a", {"metadata": [{"name": "x"}], "spec": [{"Container": [{"name": "c"}]}]}),
    ],
    ids=lambda change: json.dumps({key: change[key] for key in ("type", "mode")} | change["change"]["after"])[:90],
)
def test_an_entry_in_words_that_terraform_does_not_use_is_a_gap(
    command: Any, tmp_path: Path, change: dict[str, Any]
) -> None:
    code, audit = gate(command, tmp_path, change)
    assert (code, [gap["what"] for gap in audit["gaps"]]) == (3, [change["address"]])


def test_keys_that_the_author_chooses_are_no_gap(command: Any, tmp_path: Path) -> None:
    tags = entry("azurerm_key_vault.a", {**VAULT, "tags": {"Cost Center": "1", "Owner": "x"}})
    assert gate(command, tmp_path, tags)[1]["gaps"] == []


LIST = {"apiVersion": "v1", "kind": "List", "items": [POD]}


@pytest.mark.parametrize(
    "change",
    [
        entry("kubectl_manifest.p", {"yaml_body": json.dumps(LIST)}),
        entry("kubernetes_manifest.p", {"manifest": LIST}),
        entry("helm_release.p", {"manifest": json.dumps({"a": LIST})}),
        entry("helm_release.p", {"manifest": json.dumps([POD])}),
        entry("helm_release.p", {"manifest": json.dumps({"a": POD, "b": "x"})}),
    ],
    ids=lambda change: str(change["type"]),
)
def test_objects_in_a_list_are_evaluated(command: Any, tmp_path: Path, change: dict[str, Any]) -> None:
    _code, audit = gate(command, tmp_path, change, select=PRIVILEGED)
    assert failing(audit) == [PRIVILEGED]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in POD.items() if key != name}


@pytest.mark.parametrize(
    "change",
    [
        entry("kubernetes_manifest.p", {"manifest": without("kind")}),
        entry("kubernetes_manifest.p", {"manifest": without("apiVersion")}),
        entry("kubernetes_manifest.p", {"manifest": {"ApiVersion": "v1", "Kind": "Pod", "spec": POD["spec"]}}),
        entry("kubernetes_manifest.p", {"manifest": json.dumps(POD)}),
        entry("kubernetes_manifest.p", {"manifest": {"apiVersion": "v1", "kind": "List", "items": "x"}}),
        entry("kubectl_manifest.p", {"yaml_body": json.dumps(without("kind"))}),
        entry("kubectl_manifest.p", {"yaml_body": ""}),
        entry("helm_release.p", {"manifest": "{x"}),
        entry("helm_release.p", {"manifest": '"x"'}),
        entry("helm_release.p", {"manifest": "apiVersion: v1\nkind: Pod\n"}),
        entry("helm_release.p", {"manifest": json.dumps({"a": POD, "b": without("kind")})}),
    ],
    ids=lambda change: json.dumps(change["change"]["after"])[:80],
)
def test_what_is_no_object_of_kubernetes_is_a_gap(command: Any, tmp_path: Path, change: dict[str, Any]) -> None:
    _code, audit = gate(command, tmp_path, change, select=PRIVILEGED)
    assert change["address"] in [gap["what"] for gap in audit["gaps"]]


def test_a_secret_is_read_and_is_no_gap(command: Any, tmp_path: Path) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "eA=="}}
    for change in (
        entry("kubernetes_manifest.p", {"manifest": secret}),
        entry("helm_release.p", {"manifest": json.dumps({"a": secret})}),
        entry("helm_release.p", {"manifest": "{}"}),
    ):
        assert gate(command, tmp_path, change, select=PRIVILEGED)[1]["gaps"] == []


VM = {"type": "Microsoft.Compute/virtualMachines@2023-03-01", "resource_id": "/subscriptions/s/resourceGroups/r/v"}


def test_an_action_of_azapi_on_a_resource_is_named(command: Any, tmp_path: Path) -> None:
    start = entry("azapi_resource_action.start", {**VM, "action": "start"})
    code, audit = gate(command, tmp_path, GOOD, start)
    assert (code, audit["gaps"]) == (0, [])
    left_out = audit["summary"]["elements"]["notEvaluated"]
    assert {key: value["examples"] for key, value in left_out.items()} == {"action on a resource": [start["address"]]}


@pytest.mark.parametrize("kind", [None, "", "x", 7, {"a": 1}], ids=str)
@pytest.mark.parametrize("name", ["azapi_resource", "azapi_update_resource"])
def test_a_resource_of_azapi_without_a_type_is_a_gap(command: Any, tmp_path: Path, name: str, kind: Any) -> None:
    after = {"type": kind, "name": "x", "parent_id": "/subscriptions/s/resourceGroups/r", "body": {}}
    code, audit = gate(command, tmp_path, GOOD, entry(f"{name}.x", after))
    assert (code, {gap["what"] for gap in audit["gaps"]}) == (3, {f"{name}.x"})


WEAK = {**VAULT, "purge_protection_enabled": False}
GONE = entry("azurerm_key_vault.a", None, ("delete",))


@pytest.mark.parametrize(
    ("change", "values"),
    [
        (GOOD, WEAK),
        (entry("azurerm_key_vault.a", WEAK), VAULT),
        (GOOD, {key: value for key, value in VAULT.items() if key != "purge_protection_enabled"}),
        (GONE, WEAK),
        (entry("azurerm_key_vault.a", VAULT, ("no-op",)), WEAK),
    ],
)
def test_planned_values_that_differ_from_the_change_are_a_gap(
    command: Any, tmp_path: Path, change: dict[str, Any], values: dict[str, Any]
) -> None:
    root = {"child_modules": [{"resources": [planned("azurerm_key_vault.a", values=values)]}]}
    code, audit = gate(command, tmp_path, change, planned_values={"root_module": root})
    assert code in (1, 3) and [gap["what"] for gap in audit["gaps"]] == ["azurerm_key_vault.a"]
    assert "`planned_values` differ" in audit["gaps"][0]["reason"]


def test_planned_values_as_terraform_writes_them_are_no_gap(command: Any, tmp_path: Path) -> None:
    left_over = entry("azurerm_key_vault.a", None, ("delete",), deposed="8b1d3c")
    root = {"resources": [planned("azurerm_key_vault.a"), planned("data.azurerm_key_vault.b", mode="data")]}
    _code, audit = gate(command, tmp_path, GOOD, left_over, planned_values={"root_module": root})
    assert audit["gaps"] == []
