"""The gate: only what the change does, against nothing or against the estate as it is."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from auditor.ingest.inventory import CollectedSource, Inventory
from auditor.ingest.snapshot import write_snapshot
from auditor.model.resource import Origin, Resource

PRIVILEGED = "kubernetes.workload.no-privileged-containers"
WILDCARDS = "kubernetes.rbac.no-wildcards"
PURGE = "azure.key-vault.purge-protection"
VAULTS = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/"


def vault(name: str, on: bool | None) -> dict[str, Any]:
    properties = {} if on is None else {"enablePurgeProtection": on}
    return {"id": VAULTS + name, "name": name, "type": "Microsoft.KeyVault/vaults", "properties": properties}


def planned(name: str, before: bool | None, after: bool | None, *actions: str) -> dict[str, Any]:
    def side(on: bool | None) -> dict[str, Any] | None:
        values = {"name": name, "resource_group_name": "rg", "location": "westeurope", "purge_protection_enabled": on}
        return None if on is None else {**values, "id": VAULTS + name}

    return {
        "address": f"azurerm_key_vault.{name}", "mode": "managed", "type": "azurerm_key_vault", "name": name,
        "provider_name": "hashicorp/azurerm",
        "change": {"actions": list(actions), "before": side(before), "after": side(after), "after_unknown": {}},
    }  # fmt: skip


@pytest.fixture
def gate(tmp_path: Path) -> Any:
    def call(*args: str) -> tuple[int, dict[str, str]]:
        done = subprocess.run(
            [sys.executable, "-m", "auditor", "gate", *args, "--select", PURGE, "-f", "json", "-o", "out.json"],
            capture_output=True, text=True, cwd=tmp_path, check=False, env={**os.environ},
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        out = tmp_path / "out.json"
        found = json.loads(out.read_text())["findings"] if out.exists() else []
        return done.returncode, {finding["resource"]["name"]: finding["outcome"] for finding in found}

    return call


def write(tmp_path: Path, name: str, content: Any) -> str:
    (tmp_path / name).write_text(json.dumps(content))
    return name


def plan(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": list(changes)}


def test_what_a_plan_does_not_touch_is_not_reported(gate: Any, tmp_path: Path) -> None:
    touched, idle = planned("new", None, False, "create"), planned("old", False, False, "no-op")
    assert gate(write(tmp_path, "plan.json", plan(touched, idle))) == (1, {"new": "fail"})
    assert gate(write(tmp_path, "plan.json", plan(idle))) == (0, {}), "a change of other things stops nobody"
    assert gate("plan.json", "--require-resources")[0] == 3, "nothing evaluated is no pass"


def test_a_name_in_a_plan_that_is_no_text_is_told(gate: Any, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_bytes(b'{"format_version": "1.2", "variabl\xed\xa0\x80": {}, "planned_values": {}}')
    done = subprocess.run(
        [sys.executable, "-m", "auditor", "gate", "plan.json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 3
    assert "plan.json" in done.stderr and "no valid JSON" in done.stderr


def test_what_is_taken_over_unchanged_is_judged(gate: Any, tmp_path: Path) -> None:
    """`import` of something that lives already: nothing changes in Azure, but the configuration answers for it now."""
    imported = planned("kv", False, False, "no-op")
    imported["change"]["importing"] = {"id": f"{VAULTS}kv"}
    plan = {"format_version": "1.2", "resource_changes": [imported]}
    assert gate(write(tmp_path, "plan.json", plan)) == (1, {"kv": "fail"})


def test_what_only_adds_to_something_unseen_says_so(gate: Any, tmp_path: Path) -> None:
    policy = planned("kv", None, True, "create")
    policy |= {"type": "azurerm_key_vault_access_policy", "address": "azurerm_key_vault_access_policy.p"}
    policy["change"]["after"] = {"key_vault_id": f"{VAULTS}kv", "object_id": "o", "key_permissions": ["Purge"]}
    plan = {"format_version": "1.2", "resource_changes": [policy]}
    assert gate(write(tmp_path, "plan.json", plan)) == (0, {})
    (gap,) = json.loads((tmp_path / "out.json").read_text())["gaps"]
    assert gap["what"] == "azurerm_key_vault_access_policy.p"
    assert "--against" in gap["reason"]
    code, _ = gate("plan.json", "--fail-on-unknown")
    assert code == 3
    gate("plan.json", "--against", write(tmp_path, "live.json", [vault("another", True)]))
    (gap,) = json.loads((tmp_path / "out.json").read_text())["gaps"]
    assert "neither in the change nor in the estate" in gap["reason"]
    policy["change"] |= {"after": {"object_id": "o"}, "after_unknown": {"key_vault_id": True}}
    gate(write(tmp_path, "plan.json", plan))
    (gap,) = json.loads((tmp_path / "out.json").read_text())["gaps"]
    assert gap["reason"] == "it is a part of something that is known after apply"


def test_against_the_estate_only_new_failures_gate(gate: Any, tmp_path: Path) -> None:
    estate = write(tmp_path, "estate.json", [vault("old", False), vault("worse", True), vault("gone", False)])
    change = write(
        tmp_path,
        "plan.json",
        plan(planned("worse", True, False, "update"), planned("gone", False, None, "delete")),
    )
    code, found = gate(change, "--against", estate, "--new-only")
    assert (code, found) == (1, {"old": "fail", "worse": "fail"})
    harmless = write(tmp_path, "plan.json", plan(planned("worse", True, True, "update")))
    assert gate(harmless, "--against", estate, "--new-only")[0] == 0, "an old failure does not stop the change"
    assert gate(harmless, "--against", estate)[0] == 1


def test_a_template_and_a_manifest_are_recognised(gate: Any, tmp_path: Path) -> None:
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [{**vault("t", True), "apiVersion": "2023-07-01"}],
    }
    del template["resources"][0]["id"]
    assert gate(write(tmp_path, "main.json", template)) == (0, {"t": "pass"})
    (tmp_path / "main.json").write_text(json.dumps(template, indent=2))
    gate("main.json")
    origin = json.loads((tmp_path / "out.json").read_text())["findings"][0]["origin"]
    assert (origin["file"], origin["line"]) == ("main.json", 5)
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: []}\n")
    assert gate("pod.yaml", "--require-resources")[0] == 3


@pytest.mark.parametrize(
    ("name", "content", "hint"),
    [
        ("tfplan", b"PK\x03\x04\x14\x00", "terraform show -json"),
        ("plan.json", b'{"@level":"info","type":"version"}\n{"@level":"info"}\n', "terraform show -json"),
        ("main.tf", b'resource "azurerm_key_vault" "kv" {\n}\n', "terraform plan -out"),
        ("main.bicep", b"param name string\n", "az bicep build"),
    ],
)
def test_what_is_given_instead_of_a_plan(name: str, content: bytes, hint: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    command = [sys.executable, "-m", "auditor", "gate", name]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 3 and hint in done.stderr


def test_usage(gate: Any, tmp_path: Path) -> None:
    assert gate(write(tmp_path, "plan.json", plan()), "--new-only")[0] == 2
    assert gate("missing.json")[0] == 3
    assert gate(write(tmp_path, "plan.json", {"format_version": "9.0", "resource_changes": []}))[0] in (2, 3)


def test_a_finding_names_the_block_that_was_planned(gate: Any, tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "main.tf").write_text('# vaults\n\nresource "azurerm_key_vault" "new" {\n}\n')
    file = write(tmp_path, "plan.json", plan(planned("new", None, False, "create")))
    formats = ("-f", "sarif", "-o", "out.sarif", "-f", "text", "-o", "o.txt", "-f", "markdown", "-o", "o.md")
    gate(file, *formats)
    origin = json.loads((tmp_path / "out.json").read_text())["findings"][0]["origin"]
    assert origin == {"source": "plan", "address": "azurerm_key_vault.new", "file": "plan.json", "line": None}
    assert "new (rg)  azurerm_key_vault.new" in (tmp_path / "o.txt").read_text()
    assert "plan.json, azurerm_key_vault.new" in (tmp_path / "o.md").read_text()
    gate(file, "--source", "infra", *formats)
    origin = json.loads((tmp_path / "out.json").read_text())["findings"][0]["origin"]
    assert origin == {"source": "plan", "address": "azurerm_key_vault.new", "file": "infra/main.tf", "line": 3}
    (result,) = json.loads((tmp_path / "out.sarif").read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("infra/main.tf", 3)
    assert "infra/main.tf:3" in (tmp_path / "o.txt").read_text()
    assert "infra/main.tf:3" in (tmp_path / "o.md").read_text()
    assert gate(file, "--source", "elsewhere")[0] == 3


def pod(privileged: bool) -> dict[str, Any]:
    container = {"name": "c", "image": "i", "securityContext": {"privileged": privileged}}
    meta = {"name": "app", "namespace": "orders"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [container]}}


AGENT = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: kube-system}
spec: {template: {spec: {containers: [{name: a, image: example.com/a:1, securityContext: {privileged: true}}]}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-proxy, namespace: kube-system}
spec:
  template:
    spec:
      containers:
        - {name: k, image: mcr.microsoft.com/oss/kubernetes/kube-proxy:v1.30.1, securityContext: {privileged: true}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: azure-devops, labels: {addonmanager.kubernetes.io/mode: Reconcile}}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: built-in, labels: {kubernetes.io/bootstrapping: rbac-defaults}}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: cluster-admin}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: tigera-operator}
rules: [{apiGroups: [operator.tigera.io], resources: ["*"], verbs: ["*"]}]
"""


@pytest.mark.parametrize(
    ("config", "left_out"),
    [("{}", set()), (f"parameters: {{{WILDCARDS}: {{platformNames: ^azure-}}}}", {"azure-devops"})],
)
def test_nothing_in_a_change_is_of_the_platform(config: str, left_out: set[str], tmp_path: Path) -> None:
    """Neither a name, nor a namespace, nor a label that its author writes bypasses the gate; the estate may say so."""
    (tmp_path / "agent.yaml").write_text(AGENT)
    (tmp_path / "auditor.yaml").write_text(config)
    expected = {**dict.fromkeys(("agent", "azure-devops", "built-in", "kube-proxy", "tigera-operator"), "fail")}
    expected["cluster-admin"] = "pass"
    found = {name: outcome for name, outcome in expected.items() if name not in left_out}
    assert platform_outcomes("gate", "agent.yaml", folder=tmp_path) == found


def test_in_a_scan_the_platform_owns_what_has_its_name_and_content(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(AGENT)
    assert platform_outcomes("scan", "--from", "agent.yaml", folder=tmp_path) == {
        "agent": "fail",
        "azure-devops": "fail",
        "built-in": "fail",
        "cluster-admin": "pass",
        "tigera-operator": "pass",
    }


def platform_outcomes(*command: str, folder: Path) -> dict[str, str]:
    """What two rules say, by the name of the resource."""
    options = ["--select", PRIVILEGED, "--select", WILDCARDS, "-f", "json", "-o", "out.json"]
    words = [sys.executable, "-m", "auditor", *command, *options]
    done = subprocess.run(words, capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 1, done.stderr
    found = json.loads((folder / "out.json").read_text())["findings"]
    return {finding["resource"]["name"]: finding["outcome"] for finding in found}


def test_manifests_are_laid_over_their_cluster(tmp_path: Path) -> None:
    """An object of the snapshot and the same one in a manifest are one, though the manifest names no cluster."""

    def keep(name: str, *clusters: str) -> str:
        bad = [Resource("core/Pod", pod(True), Origin(source="live"), cluster) for cluster in clusters]
        estate = Inventory(["aks"], [CollectedSource(bad)], unique=True)
        write_snapshot(estate, str(tmp_path / name), tool_version="1", as_of=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
        return name

    def gate(*args: str) -> list[tuple[str, str]]:
        done = subprocess.run(
            [sys.executable, "-m", "auditor", "gate", "pod.json", *args, "-f", "json", "--select", PRIVILEGED],
            capture_output=True, text=True, cwd=tmp_path, check=False, env={**os.environ},
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        found = json.loads(done.stdout)["findings"]
        return sorted((f["resource"]["id"].split("/")[2], f["outcome"]) for f in found)

    write(tmp_path, "pod.json", pod(False))
    one, two = keep("one", "aks-a"), keep("two", "aks-a", "aks-b")
    assert gate("--against", one) == [("aks-a", "pass")], "the only cluster is meant"
    assert gate("--against", two, "--cluster", "aks-b") == [("aks-a", "fail"), ("aks-b", "pass")]
    assert gate("--against", two) == [("-", "pass"), ("aks-a", "fail"), ("aks-b", "fail")], "which one is not told"
    assert gate("--cluster", "aks-b") == [("aks-b", "pass")]


def test_what_the_estate_did_not_look_at_is_not_known_from_a_plan(tmp_path: Path) -> None:
    """A plan shows only its own diagnostic settings; whether there are others is for the estate to know."""
    place = {"name": "apim", "resource_group_name": "rg", "location": "westeurope", "sku_name": "Premium_1"}
    made = {
        "address": "azurerm_api_management.a", "mode": "managed", "type": "azurerm_api_management", "name": "a",
        "change": {"actions": ["create"], "before": None, "after": place, "after_unknown": {"id": True}},
    }  # fmt: skip
    write(tmp_path, "plan.json", {**plan(made), "configuration": {"root_module": {}}})
    write(tmp_path, "estate.json", [vault("kv", True)])

    def outcomes(*args: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "auditor", "gate", "plan.json", *args, "-f", "json", "--select",
             "azure.api-management.gateway-logs"],
            capture_output=True, text=True, cwd=tmp_path, check=False, env={**os.environ},
        )  # fmt: skip
        return [finding["outcome"] for finding in json.loads(done.stdout)["findings"]]

    assert outcomes() == ["fail"], "the plan as a whole has none"
    assert outcomes("--against", "estate.json") == ["unknown"]


def test_a_plan_that_tells_its_values_alone(gate: Any, tmp_path: Path) -> None:
    """Values are passed over where changes say the same; a plan without any has nothing else."""
    made = planned("new", None, False, "create")
    values = {key: made[key] for key in ("address", "mode", "type", "name")} | {"values": made["change"]["after"]}
    alone = {"format_version": "1.2", "planned_values": {"root_module": {"resources": [values]}}}
    assert gate(write(tmp_path, "plan.json", alone)) == (1, {"new": "fail"})
    assert gate(write(tmp_path, "plan.json", {**alone, "resource_changes": None})) == (1, {"new": "fail"})
    assert gate(write(tmp_path, "plan.json", {**alone, "resource_changes": [made]})) == (1, {"new": "fail"})
    assert gate(write(tmp_path, "plan.json", {**alone, "resource_changes": []}))[1] == {}, "nothing changes"


def test_what_a_change_does_not_speak_of_stays_as_it_was(tmp_path: Path) -> None:
    """An update of tags hides neither the approved endpoint nor the logs of a vault; every rule is asked of it."""
    live = vault("kv", True)
    approved = {"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}
    live["properties"] |= {"privateEndpointConnections": [approved], "publicNetworkAccess": "Disabled"}
    setting = {
        "id": f"{VAULTS}kv/providers/Microsoft.Insights/diagnosticSettings/d",
        "name": "d",
        "type": "Microsoft.Insights/diagnosticSettings",
        "properties": {"logs": [{"categoryGroup": "audit", "enabled": True}]},
    }
    change = planned("kv", True, True, "update")
    for side in ("before", "after"):
        change["change"][side]["public_network_access_enabled"] = False
    change["change"]["after"]["tags"] = {"owner": "data"}
    write(tmp_path, "estate.json", [live, setting])
    write(tmp_path, "plan.json", plan(change))
    asked = ("azure.key-vault.logs-on", "azure.key-vault.private-endpoint-approved", PURGE)
    chosen = [part for rule in asked for part in ("--select", rule)]
    done = subprocess.run(
        [sys.executable, "-m", "auditor", "gate", "plan.json", "--against", "estate.json", *chosen, "-f", "json"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)["findings"]
    assert {one["ruleId"]: one["outcome"] for one in found} == dict.fromkeys(asked, "pass")
    assert {one["origin"]["source"] for one in found} == {"change"}
    assert {one["origin"]["address"] for one in found} == {"azurerm_key_vault.kv"}


NETWORK = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network"
SSH = "azure.network-security-group.ssh-from-internet"


def test_what_only_adds_to_something_is_laid_over_it(tmp_path: Path) -> None:
    """A rule for a group, and network rules for an account, that other configurations have made."""
    group = {
        "id": f"{NETWORK}/networkSecurityGroups/nsg",
        "name": "nsg",
        "type": "Microsoft.Network/networkSecurityGroups",
    }
    account = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st"
    closed = {"networkAcls": {"defaultAction": "Deny", "bypass": "AzureServices"}, "publicNetworkAccess": "Enabled"}
    estate = [
        {**group, "properties": {"securityRules": []}},
        {"id": account, "name": "st", "type": "Microsoft.Storage/storageAccounts", "properties": closed},
    ]
    rule = {
        "name": "ssh", "resource_group_name": "rg", "network_security_group_name": "nsg", "access": "Allow",
        "direction": "Inbound", "priority": 100, "protocol": "Tcp", "source_address_prefix": "*",
        "destination_port_range": "22", "id": f"{NETWORK}/networkSecurityGroups/nsg/securityRules/ssh",
    }  # fmt: skip
    rules = {"storage_account_id": account, "default_action": "Allow", "id": account}
    changes = [
        {"address": f"{kind}.this", "mode": "managed", "type": kind, "name": "this", "change": {
            "actions": ["create"], "before": None, "after": after, "after_unknown": {}}}
        for kind, after in (("azurerm_network_security_rule", rule), ("azurerm_storage_account_network_rules", rules))
    ]  # fmt: skip
    write(tmp_path, "estate.json", estate)
    write(tmp_path, "plan.json", plan(*changes))
    chosen = ("--select", SSH, "--select", "azure.storage.network-closed")
    done = subprocess.run(
        [sys.executable, "-m", "auditor", "gate", "plan.json", "--against", "estate.json", *chosen, "-f", "json"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)["findings"]
    assert {(one["ruleId"], one["resource"]["name"], one["outcome"], one["origin"]["address"]) for one in found} == {
        (SSH, "nsg", "fail", "azurerm_network_security_rule.this"),
        ("azure.storage.network-closed", "st", "fail", "azurerm_storage_account_network_rules.this"),
    }


ENDPOINT = "azure.key-vault.private-endpoint-approved"


def endpoint(*actions: str) -> dict[str, Any]:
    connection = {
        "name": "c", "is_manual_connection": False, "subresource_names": ["vault"],
        "private_connection_resource_id": f"{VAULTS}kv",
    }  # fmt: skip
    own = {"name": "pe", "resource_group_name": "rg", "id": f"{NETWORK}/privateEndpoints/pe"}
    side = {**own, "private_service_connection": [connection]}
    before, after = (None, side) if actions == ("create",) else (side, None)
    change = {"actions": list(actions), "before": before, "after": after, "after_unknown": {}}
    kind = "azurerm_private_endpoint"
    return {"address": f"{kind}.pe", "mode": "managed", "type": kind, "name": "pe", "change": change}


def connected(tmp_path: Path, *args: str) -> list[tuple[str, str | None]]:
    """What is said of the endpoints of the vault, and where it is written."""
    command = [sys.executable, "-m", "auditor", "gate", *args, "--select", ENDPOINT, "-f", "json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return [(one["outcome"], one["origin"]["address"]) for one in json.loads(done.stdout)["findings"]]


def test_an_endpoint_that_a_change_makes_belongs_to_the_service_that_is_there(tmp_path: Path) -> None:
    live = vault("kv", True)
    write(tmp_path, "live.json", [live])
    write(tmp_path, "made.json", plan(endpoint("create")))
    against = ("--against", "live.json")
    assert connected(tmp_path, "made.json", *against) == [("pass", "azurerm_private_endpoint.pe")]

    approved = {"privateLinkServiceConnectionState": {"status": "Approved"}}
    listed = {"properties": {**approved, "privateEndpoint": {"id": f"{NETWORK}/privateEndpoints/PE"}}}
    live["properties"]["privateEndpointConnections"] = [listed]
    write(tmp_path, "live.json", [live])
    write(tmp_path, "gone.json", plan(endpoint("delete")))
    assert connected(tmp_path, "gone.json", *against) == [("fail", "azurerm_private_endpoint.pe")]
    listed["properties"]["privateEndpoint"]["id"] += "2"
    write(tmp_path, "live.json", [live])
    assert connected(tmp_path, "gone.json", *against) == [("pass", None)], "another one is left"


def test_an_endpoint_in_one_plan_and_its_service_in_another(tmp_path: Path) -> None:
    write(tmp_path, "data.json", plan(planned("kv", None, True, "create")))
    write(tmp_path, "network.json", plan(endpoint("create")))
    assert connected(tmp_path, "data.json") == [("fail", "azurerm_key_vault.kv")]
    assert connected(tmp_path, "data.json", "network.json") == [("pass", "azurerm_key_vault.kv")]


SENSOR = "azure.defender.containers-sensor"
NOWHERE = "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Security/pricings/Containers"
"""In the subscription that a template which is not told one is taken to be deployed to."""


def compared(tmp_path: Path, rule: str, *args: str) -> dict[str, int]:
    """How many failures a gate tells as new and as resolved."""
    command = [sys.executable, "-m", "auditor", "gate", *args, "--select", rule, "-f", "line"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert "Traceback" not in done.stderr
    told = dict(part.split("=") for part in done.stdout.split())
    return {name: int(told[name]) for name in ("new", "resolved")}


def test_what_a_change_leaves_open_is_not_resolved(tmp_path: Path) -> None:
    """Some rules are not asked of templates: that a template writes a resource again mends nothing."""
    body = {
        "type": "Microsoft.Security/pricings", "name": "Containers",
        "properties": {"pricingTier": "Standard", "extensions": [{"name": "ContainerSensor", "isEnabled": "False"}]},
    }  # fmt: skip
    write(tmp_path, "live.json", [{**body, "id": NOWHERE}])
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [{**body, "apiVersion": "2024-01-01"}],
    }
    write(tmp_path, "main.json", template)
    assert compared(tmp_path, SENSOR, "main.json", "--against", "live.json")["resolved"] == 0


def test_a_template_meets_what_is_there_when_its_place_is_told(gate: Any, tmp_path: Path) -> None:
    live = vault("kv", True)
    live["properties"] |= {"privateEndpointConnections": [], "enableSoftDelete": True}
    write(tmp_path, "live.json", [live])
    body = {key: live[key] for key in ("type", "name")}
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [{**body, "apiVersion": "2023-07-01", "properties": {"enablePurgeProtection": False}}],
    }
    write(tmp_path, "main.json", template)
    group = VAULTS.partition("/providers")[0]
    against = ("main.json", "--against", "live.json")
    assert compared(tmp_path, PURGE, *against, "--deployed-to", group) == {"new": 1, "resolved": 0}
    gate(*against, "--deployed-to", group)
    audit = json.loads((tmp_path / "out.json").read_text())
    assert [one["outcome"] for one in audit["findings"]] == ["fail"] and audit["gaps"] == []
    gate(*against)
    audit = json.loads((tmp_path / "out.json").read_text())
    assert len(audit["findings"]) == 2 and "--deployed-to" in audit["gaps"][0]["reason"]
    assert gate(*against, "--deployed-to", "rg")[0] == 2


def test_a_plan_is_told_its_subscription(gate: Any, tmp_path: Path) -> None:
    change = planned("kv", None, False, "create")
    del change["change"]["after"]["id"]
    file = write(tmp_path, "plan.json", plan(change))
    gate(file, "--deployed-to", "/subscriptions/mine")
    audit = json.loads((tmp_path / "out.json").read_text())
    assert audit["findings"][0]["resource"]["subscriptionId"] == "mine"


def test_what_a_change_does_not_touch_is_not_resolved(gate: Any, tmp_path: Path) -> None:
    """A gate with an audit of the estate as baseline: the change is a part of it."""
    write(tmp_path, "live.json", [vault("a", False), vault("b", False)])
    scan = [sys.executable, "-m", "auditor", "scan", "--from", "live.json", "-f", "json", "-o", "audit.json"]
    subprocess.run(scan, cwd=tmp_path, check=False, capture_output=True)
    mended = write(tmp_path, "plan.json", plan(planned("a", False, True, "update")))
    assert compared(tmp_path, PURGE, mended, "--baseline", "audit.json")["resolved"] == 1
    both = write(tmp_path, "both.json", plan(planned("a", False, True, "update"), planned("b", False, None, "delete")))
    assert compared(tmp_path, PURGE, both, "--against", "live.json")["resolved"] == 2


CHART = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "values.yaml": "replicas: 2\n",
    "templates/pod.yaml": "kind: Pod\napiVersion: v1\nmetadata:\n  name: {{ .Release.Name }}\n",
}
OVERLAY = {
    "kustomization.yaml": "resources: [pod.yaml]\npatches: [{path: patch.yaml}]\n",
    "patch.yaml": "- {op: replace, path: /spec/hostNetwork, value: false}\n",
    "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n",
}
PLAN_FOR_PEOPLE = """
Terraform used the selected providers to generate the following execution
plan. Resource actions are indicated with the following symbols:
  + create
"""


def command(folder: Path, *args: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "auditor", *args], capture_output=True, text=True, cwd=folder, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, " ".join(done.stdout.split()), done.stderr


def spread(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_what_makes_manifests_is_told_with_how_to_make_them(tmp_path: Path) -> None:
    """A folder of Helm or kustomize is what somebody has; what it makes is what can be judged."""
    spread(tmp_path, CHART)
    code, _, error = command(tmp_path, "gate", ".")
    assert code == 3 and "run `helm template . >rendered.yaml`" in error
    assert "it is a template of Helm" in command(tmp_path, "gate", "templates/pod.yaml")[2]
    spread(tmp_path / "overlay", OVERLAY)
    code, told, _ = command(tmp_path, "gate", "overlay")
    assert code == 3 and "run `kubectl kustomize overlay >rendered.yaml`" in told
    assert "evaluate what `kubectl kustomize FOLDER` prints" in told, "the patch of the overlay"
    spread(tmp_path / "own", {"values.yaml": "a: 1", "pod.yaml": OVERLAY["pod.yaml"]})
    assert "helm" not in command(tmp_path, "gate", "own")[1], "no chart lies there"


def test_terraform_that_is_no_plan_in_json_is_told_with_how_to_write_one(tmp_path: Path) -> None:
    spread(
        tmp_path, {"plan.txt": PLAN_FOR_PEOPLE, "infra/main.tf": "# nothing", "color.txt": "\x1b[0m\x1b[1mazurerm_a.b"}
    )
    with (tmp_path / "color.txt").open("a") as file:
        file.write(": Refreshing state... [id=/x]\x1b[0m" + PLAN_FOR_PEOPLE)
    spread(tmp_path / "bicep", {"main.bicep": "param a string"})
    for given, why in {
        "plan.txt": "it is a plan as Terraform prints it for people",
        "color.txt": "it is a plan as Terraform prints it for people",
        "infra": "infra holds no data; main.tf: it is Terraform source",
        "bicep": "bicep holds no data; main.bicep: it is Bicep",
    }.items():
        code, _, told = command(tmp_path, "gate", given)
        assert code == 3 and why in told, given
        assert ("terraform show -json PLANFILE" in told) or given == "bicep"


def test_the_log_says_what_would_answer_what_is_unknown(tmp_path: Path) -> None:
    storage = {"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-05-01", "name": "[parameters('name')]"}
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0", "parameters": {"name": {"type": "string"}, "tls": {"type": "string"}},
        "resources": [{**storage, "properties": {"minimumTlsVersion": "[parameters('tls')]"}}],
    }  # fmt: skip
    write(tmp_path, "main.json", template)
    told = command(tmp_path, "gate", "main.json")[1]
    assert "--parameters FILE for the parameters that are not given" in told
    account = {
        "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a",
        "properties": {},
    }
    account |= {"type": storage["type"], "name": "a"}
    write(tmp_path, "if.json", {"changes": [{"resourceId": account["id"], "changeType": "Create", "after": account}]})
    told = command(tmp_path, "gate", "if.json")[1]
    assert "--against SNAPSHOT for what is there already and not in the change" in told
    write(tmp_path, "given.json", {"parameters": {"name": {"value": "sa"}, "tls": {"value": "TLS1_2"}}})
    assert "--parameters FILE" not in command(tmp_path, "gate", "main.json", "--parameters", "given.json")[1]
    write(tmp_path, "export.json", [account])
    told = command(tmp_path, "scan", "--from", "export.json", "--save-snapshot", "snap")[1]
    assert "auditor collect --all --output snap/ for what an export leaves out" in told
    assert "--against" not in told


def test_a_what_if_names_each_resource_once(tmp_path: Path) -> None:
    body = vault("kv1", on=False)
    write(tmp_path, "what-if.json", {"changes": [{"resourceId": body["id"], "changeType": "Create", "after": body}]})
    told = command(tmp_path, "gate", "what-if.json", "--select", PURGE)[1]
    assert "kv1 (rg)" in told and VAULTS not in told.split("NOT LOOKED AT")[0]
    assert "--source DIR" not in told


def test_a_plan_without_its_source_is_told_how_to_name_lines(tmp_path: Path) -> None:
    write(tmp_path, "plan.json", plan(planned("a", None, False, "create")))
    hint = "--source DIR for the file and line of each Terraform block"
    assert hint in command(tmp_path, "gate", "plan.json", "--select", PURGE)[1]
    spread(tmp_path, {"infra/main.tf": 'resource "azurerm_key_vault" "a" {\n}\n'})
    told = command(tmp_path, "gate", "plan.json", "--select", PURGE, "--source", "infra")[1]
    assert "infra/main.tf:1" in told and hint not in told
