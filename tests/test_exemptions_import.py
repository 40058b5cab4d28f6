"""What other tools accept, taken over: drafts that are refused until they are filled in, nothing dropped in silence."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

PURGE = "azure.key-vault.purge-protection"
SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
VAULT = f"{SCOPE}/providers/Microsoft.KeyVault/vaults/kv1"


@pytest.fixture
def take(command: Any, tmp_path: Path) -> Any:
    """Takes over a file: the exemptions, and what is told on standard error."""

    def call(tool: str, text: str, file: str) -> tuple[list[dict[str, Any]], str]:
        (tmp_path / file).write_text(text)
        done = command("exemptions", "import", "--from", tool, file)
        assert done.returncode == 0, done.stderr
        again = command("exemptions", "import", "--from", tool, file, "-o", "exemptions.yaml")
        assert (again.stdout, (tmp_path / "exemptions.yaml").read_text()) == ("", done.stdout)
        return yaml.safe_load(done.stdout)["exemptions"], done.stderr

    return call


def filled(tmp_path: Path) -> None:
    """Fill in every TODO, as a person would."""
    file = tmp_path / "exemptions.yaml"
    text = re.sub(r"'TODO: the day[^']*'", "2026-12-01", file.read_text())
    file.write_text(text.replace("TODO: which", "*/which").replace("TODO: w", "w"))


CHECKOV = """
resource "azurerm_key_vault" "kv" {
  # checkov:skip=CKV_AZURE_110: Deleted in autumn
  # checkov:skip=CKV_AZURE_9999
  name = "kv"
}
# checkov:skip=CKV_AZURE_110:nowhere
"""


def test_skips_of_checkov_in_terraform(take: Any, command: Any, tmp_path: Path) -> None:
    entries, told = take("checkov", CHECKOV, "main.tf")
    assert [(entry["rule"], entry["reason"], entry["category"]) for entry in entries] == [
        (PURGE, "Deleted in autumn", "waiver")
    ]
    assert told.splitlines() == [
        "1 exemption taken over, 2 not. 1 has a TODO to fill in.",
        "not taken over: CKV_AZURE_9999 (main.tf:4): no rule asks the same",
        "not taken over: CKV_AZURE_110 (main.tf:7): it stands in no resource",
    ]
    assert "# CKV_AZURE_110 (main.tf:3)" in (tmp_path / "exemptions.yaml").read_text()
    assert "#   CKV_AZURE_9999 (main.tf:4): no rule asks the same" in (tmp_path / "exemptions.yaml").read_text()
    after = {"name": "kv", "resource_group_name": "rg", "location": "x", "purge_protection_enabled": False}
    changes = [
        {
            "address": address, "mode": "managed", "type": "azurerm_key_vault", "name": "kv",
            "change": {"actions": ["create"], "before": None, "after": {**after, "name": name}, "after_unknown": {}},
        }
        for address, name in (
            ("azurerm_key_vault.kv", "a"),
            ('module.m["x"].azurerm_key_vault.kv[0]', "b"),
            ("azurerm_key_vault.kv2", "c"),
        )
    ]  # fmt: skip
    plan = {"format_version": "1.2", "resource_changes": changes}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    gate = ("gate", "plan.json", "--select", PURGE, "--as-of", "2026-07-09", "-f", "line")
    refused = command(*gate)
    assert refused.returncode == 2 and "still to be filled in" in refused.stderr
    filled(tmp_path)
    assert " fail=1 " in command(*gate).stdout and " exempt=2 " in command(*gate).stdout


@pytest.mark.parametrize("tool", ["checkov", "bridgecrew", "cortex"])
def test_skips_under_every_name_of_checkov(take: Any, tool: str) -> None:
    text = f'resource "azurerm_key_vault" "kv" {{\n  #{tool}:skip=CKV_AZURE_110:known\n}}\n'
    entries, _ = take("checkov", text, "main.tf")
    assert [(entry["rule"], entry["reason"]) for entry in entries] == [(PURGE, "known")]


def test_skips_of_checkov_in_settings_and_manifests(take: Any) -> None:
    entries, _ = take("checkov", "skip-check:\n  - CKV_AZURE_110\n  - CKV_AZURE_42*\n", ".checkov.yaml")
    assert {"rule": PURGE, "resource": "*"}.items() <= entries[0].items()
    pod = """# checkov:skip=CKV_K8S_9999:too early
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: web
  annotations:
    checkov.io/skip1: CKV_K8S_20=It must.
spec: {}  # checkov:skip=CKV_K8S_23:And this.
"""
    entries, told = take("checkov", pod, "shop.yaml")
    assert {entry["resource"] for entry in entries} == {"/clusters/*/namespaces/web/apps/Deployment/shop"}
    assert {entry["reason"] for entry in entries} == {"It must.", "And this."}
    assert "CKV_K8S_9999 (shop.yaml:1): it stands in no object" in told


def test_suppressions_of_psrule(take: Any, command: Any, tmp_path: Path) -> None:
    settings = """
execution: {}
rule:
  exclude: ['PSRule.Rules.Azure\\Azure.KeyVault.RBAC', Azure.Nothing.Excluded]
suppression:
  Azure.KeyVault.PurgeProtect: [kv1, kv2]
  Azure.KeyVault.SoftDelete:
    targetName: [kv1]
  Azure.Nothing.AtAll: [kv1]
"""
    entries, told = take("psrule", settings, "ps-rule.yaml")
    assert [entry["resource"] for entry in entries if entry["rule"] == PURGE] == ["*/kv1", "*/kv2"]
    assert {"rule": "azure.key-vault.rbac", "resource": "*"}.items() <= entries[-1].items()
    assert "not taken over: Azure.Nothing.AtAll (ps-rule.yaml): no rule asks the same" in told
    assert "not taken over: Azure.Nothing.Excluded (ps-rule.yaml, rule.exclude): no rule asks the same" in told
    groups = """---
# Synopsis: Sandboxes may lose their keys.
apiVersion: github.com/microsoft/PSRule/v1
kind: SuppressionGroup
metadata: {name: One}
spec:
  expiresOn: '2026-10-01T00:00:00Z'
  rule: [Azure.KeyVault.PurgeProtect]
  if: {field: tags.env, equals: sandbox}
---
apiVersion: github.com/microsoft/PSRule/v1
kind: SuppressionGroup
metadata: {name: Two}
spec: {rule: [Azure.KeyVault.PurgeProtect], if: {name: '.', in: [kv3]}}
---
apiVersion: github.com/microsoft/PSRule/v1
kind: SuppressionGroup
metadata: {name: Three}
spec: {rule: [Azure.KeyVault.PurgeProtect], if: {anyOf: []}}
---
apiVersion: github.com/microsoft/PSRule/v1
kind: SuppressionGroup
metadata: {name: Four}
spec: {if: {name: '.', in: [kv3]}}
---
apiVersion: github.com/microsoft/PSRule/2025-01-01
kind: SuppressionGroup
metadata: {name: Five}
spec: {rule: Azure.KeyVault.PurgeProtect, type: [Microsoft.KeyVault/vaults]}
---
apiVersion: github.com/microsoft/PSRule/2025-01-01
kind: SuppressionGroup
metadata: {name: Six}
spec: {rule: [Azure.KeyVault.PurgeProtect], if: {name: '.', startsWith: [dev-, test-]}}
---
apiVersion: github.com/microsoft/PSRule/2025-01-01
kind: SuppressionGroup
metadata: {name: Seven}
spec: {rule: [Azure.KeyVault.PurgeProtect], if: {name: '.', in: [kv3], type: Microsoft.Sql/servers}}
"""
    entries, told = take("psrule", groups, "Groups.Rule.yaml")
    first, second, third, fifth, sixth, seventh = entries
    assert fifth["resource"] == "*/providers/Microsoft.KeyVault/vaults/*"
    assert sixth["resource"] == ["*/dev-*", "*/test-*"]
    assert seventh["resource"].startswith("TODO: which resources")
    assert first["tags"] == {"env": "sandbox"} and first["reason"] == "Sandboxes may lose their keys."
    assert first["expiresOn"] == "2026-10-01T00:00:00Z"
    assert second["resource"] == "*/kv3" and second["expiresOn"].startswith("TODO")
    assert third["resource"].startswith("TODO: which resources")
    assert "Four (Groups.Rule.yaml:21): it is about every rule" in told
    filled(tmp_path)
    assert "exemptions[2].resource" not in command("exemptions", "check").stderr


def test_ignored_findings_of_trivy(take: Any) -> None:
    entries, _ = take(
        "trivyignore", "# Accepted by the board\nAVD-AZU-0016 exp:2026-12-01\n\nCVE-2020-1\nAZU-0013\n", "i"
    )
    assert entries[0]["rule"] == PURGE
    assert (entries[0]["reason"], entries[0]["expiresOn"]) == ("Accepted by the board", "2026-12-01")
    assert len({entry["rule"] for entry in entries}) > 1 and entries[-1]["reason"].startswith("TODO")
    ignored = """
vulnerabilities: [{id: CVE-2020-1}]
misconfigurations:
  - {id: AVD-AZU-0016, expired_at: 2026-12-01, statement: Moves away}
  - {id: AZU-0016, paths: [infra/kv.tf]}
"""
    entries, _ = take("trivyignore", ignored, ".trivyignore.yaml")
    assert (entries[0]["resource"], entries[0]["expiresOn"], entries[0]["reason"]) == ("*", "2026-12-01", "Moves away")
    assert entries[1]["resource"] == "TODO: which resources of infra/kv.tf"


def test_ids_of_trivy_in_their_older_form(take: Any) -> None:
    entries, _ = take("trivyignore", "KSV014\nAVD-KSV-0014\n", ".trivyignore")
    assert [entry["rule"] for entry in entries] == ["kubernetes.workload.read-only-root-filesystem"]
    entries, _ = take("trivyignore", "KCV0043\nAVD-KCV-0043\n", ".trivyignore")
    assert [entry["rule"] for entry in entries] == ["kubernetes.control-plane.etcd-client-certificates"]


def policy(kind: str, name: str, scope: str = SCOPE, **properties: Any) -> dict[str, Any]:
    kind = f"Microsoft.Authorization/{kind}"
    return {"type": kind, "name": name, "id": f"{scope}/providers/{kind}/{name}", "properties": properties}


def test_exemptions_of_azure_policy(take: Any, command: Any, tmp_path: Path) -> None:
    rules = json.loads(command("rules", "list", PURGE, "--format", "json").stdout)
    definition = "/providers/Microsoft.Authorization/policyDefinitions/" + rules[0]["equivalents"]["azure-policy"][0]
    other = "/providers/Microsoft.Authorization/policyDefinitions/11111111-1111-1111-1111-111111111111"
    members = [
        {"policyDefinitionReferenceId": "purge", "policyDefinitionId": definition},
        {"policyDefinitionReferenceId": "other", "policyDefinitionId": other},
    ]
    initiative = policy("policySetDefinitions", "set", policyDefinitions=members)
    assignments = [
        policy("policyAssignments", "one", policyDefinitionId=definition),
        policy("policyAssignments", "many", policyDefinitionId=initiative["id"].upper()),
    ]
    said: dict[str, Any] = {
        "exemptionCategory": "Mitigated",
        "description": "Backed up elsewhere.",
        "expiresOn": "2026-10-01T00:00:00Z",
    }
    one, many = assignments[0]["id"], assignments[1]["id"]
    said["metadata"] = {"approvedBy": "CISO"}
    exemptions = [
        policy("policyExemptions", "a", VAULT, policyAssignmentId=one, **said),
        policy("policyExemptions", "b", policyAssignmentId=many, policyDefinitionReferenceIds=["purge"]),
        policy("policyExemptions", "c", policyAssignmentId=many, policyDefinitionReferenceIds=["Other"]),
        policy("policyExemptions", "d", policyAssignmentId="/gone"),
    ]  # fmt: skip
    export = json.dumps([*exemptions, *assignments, initiative])
    (second, first), told = take("azure-policy", export, "policy.json")
    assert first == {
        "rule": PURGE, "resource": [VAULT, f"{VAULT}/*"], "category": "mitigated", "owner": "CISO",
        "reason": "Backed up elsewhere.", "expiresOn": "2026-10-01T00:00:00Z",
    }  # fmt: skip
    assert second["resource"] == [SCOPE, f"{SCOPE}/*"] and second["owner"].startswith("TODO")
    assert "d: its assignment" not in told and "its assignment is not among the resources" in told
    assert (
        f"not taken over: 11111111-1111-1111-1111-111111111111 ({exemptions[2]['id']}): no rule asks the same" in told
    )
    filled(tmp_path)
    vault = {"type": "Microsoft.KeyVault/vaults", "name": "kv1", "id": VAULT, "properties": {}}
    (tmp_path / "in.json").write_text(json.dumps([vault]))
    assert command("scan", "--from", "in.json", "--select", PURGE, "--as-of", "2026-07-09").returncode == 0


@pytest.mark.parametrize("tool", ["checkov", "psrule", "trivyignore"])
def test_nothing_to_take_over_and_hostile_files(command: Any, tmp_path: Path, tool: str) -> None:
    (tmp_path / "x.yaml").write_text("a: [1, {b: 2}]\n")
    done = command("exemptions", "import", "--from", tool, "x.yaml")
    assert (done.returncode, done.stdout) == (0, "exemptions: []\n")
    assert command("exemptions", "import", "--from", tool, "missing.yaml").returncode == 2
    (tmp_path / "x.yaml").write_text("suppression: {'Azure.X\\nexemptions': ['a\\nb']}\nskip-check: ['x\\ny: [']\n")
    again = command("exemptions", "import", "--from", tool, "x.yaml")
    assert yaml.safe_load(again.stdout) == {"exemptions": []}


def test_folders_are_searched(command: Any, tmp_path: Path) -> None:
    (tmp_path / "a" / ".terraform").mkdir(parents=True)
    for place in ("a/main.tf", "a/.terraform/main.tf"):
        (tmp_path / place).write_text(CHECKOV)
    assert command("exemptions", "import", "--from", "checkov", ".").stdout.count("rule:") == 1
