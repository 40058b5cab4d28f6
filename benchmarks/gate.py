"""The gate against Checkov: `python -m benchmarks.gate --checkov PROGRAM [--resources 2000] [--runs 5]`.

One Terraform plan, twenty rules that ask the same on both sides, whole processes in turns, both telling failures alone
(`--outcomes fail`, `--quiet`) and without excerpts of the resources (`--no-excerpts`, `--compact`). Checkov is
installed by hand into an environment of its own (`pip install checkov`). Before anything is measured, both must find
the same failures. Then the start: a plan of 20 resources and all rules, against `python -c pass`. Ends with 1 when a
ratio misses its goal.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, Final

from auditor.ruleset.loader import load_rules
from benchmarks.measure import Command, in_turns, median, ratio

CHECKS: Final = (
    "CKV_AZURE_3", "CKV_AZURE_44", "CKV_AZURE_59", "CKV_AZURE_190", "CKV_AZURE_110", "CKV_AZURE_109", "CKV_AZURE_115",
    "CKV_AZURE_116", "CKV_AZURE_141", "CKV_AZURE_5", "CKV_AZURE_7", "CKV_AZURE_171", "CKV_AZURE_137", "CKV_AZURE_138",
    "CKV_AZURE_139", "CKV_AZURE_113", "CKV_AZURE_52", "CKV_AZURE_101", "CKV_AZURE_140", "CKV_AZURE_10",
)  # fmt: skip
FASTER, SMALLER, START = 50.0, 8.0, 12.0
Tree = dict[str, Any]


def shapes(good: bool) -> dict[str, Tree]:
    """One resource of each type, as it should be or with every question answered wrongly; names of azurerm 3, which
    both sides know."""
    rule = {
        "name": "in", "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
        "source_port_range": "*", "source_address_prefix": "10.0.0.0/8" if good else "*",
        "destination_port_range": "22", "destination_address_prefix": "*",
    }  # fmt: skip
    return {
        "azurerm_storage_account": {
            "account_tier": "Standard", "account_replication_type": "ZRS", "enable_https_traffic_only": good,
            "min_tls_version": "TLS1_2" if good else "TLS1_0", "public_network_access_enabled": not good,
            "allow_nested_items_to_be_public": not good,
        },
        "azurerm_key_vault": {
            "sku_name": "standard", "tenant_id": "t", "purge_protection_enabled": good,
            "network_acls": [{"bypass": "AzureServices", "default_action": "Deny" if good else "Allow"}],
        },
        "azurerm_kubernetes_cluster": {
            "private_cluster_enabled": good, "azure_policy_enabled": good, "local_account_disabled": good,
            "role_based_access_control_enabled": good, "automatic_channel_upgrade": "stable" if good else "none",
            "network_profile": [{"network_plugin": "azure", "network_policy": "calico" if good else None}],
            "azure_active_directory_role_based_access_control": [{"azure_rbac_enabled": True}],
            "default_node_pool": [{"name": "system", "vm_size": "Standard_D4s_v5", "node_count": 3}],
        },
        "azurerm_container_registry": {
            "sku": "Premium", "admin_enabled": not good, "anonymous_pull_enabled": not good,
            "public_network_access_enabled": not good,
        },
        "azurerm_mssql_server": {
            "version": "12.0", "public_network_access_enabled": not good,
            "minimum_tls_version": "1.2" if good else "1.0",
        },
        "azurerm_cosmosdb_account": {
            "offer_type": "Standard", "kind": "GlobalDocumentDB", "public_network_access_enabled": not good,
            "local_authentication_disabled": good,
        },
        "azurerm_network_security_group": {"security_rule": [rule]},
    }  # fmt: skip


def plan(resources: int) -> Tree:
    """A plan that makes so many resources; one in five is wrong."""
    values: list[Tree] = []
    changes: list[Tree] = []
    for number in range(resources):
        made = shapes(good=number % 5 != 0)
        kind = list(made)[number % len(made)]
        name = f"r{number}"
        after = {"name": f"name{number}", "location": "westeurope", "resource_group_name": "rg", **made[kind]}
        own = {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name}
        own["provider_name"] = "hashicorp/azurerm"
        values.append({**own, "schema_version": 0, "values": after})
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {"id": True}}
        changes.append({**own, "change": change})
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": values}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": [{**v, "expressions": {}} for v in values]}},
    }


def ours() -> list[str]:
    """The rules that ask the same, by their equivalents."""
    asked = {check: rule.id for rule in load_rules() for check in rule.equivalents.get("checkov", ())}
    return [asked[check] for check in CHECKS]


def failures(auditor: Command, checkov: Command, environment: dict[str, str]) -> tuple[Counter[str], Counter[str]]:
    """How often each question fails, by the names of Checkov, on both sides."""

    def output(command: Command) -> Any:
        done = subprocess.run(command, env=environment, capture_output=True, check=True)
        return json.loads(done.stdout)

    name = dict(zip(ours(), CHECKS, strict=True))
    mine = {(f["ruleId"], f["resource"]["id"]) for f in output(auditor)["findings"] if f["outcome"] == "fail"}
    theirs = output(checkov)["results"]["failed_checks"]
    return Counter(name[rule] for rule, _id in mine), Counter(check["check_id"] for check in theirs)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description=__doc__)
    parser.add_argument("--checkov", required=True, help="the program, in an environment of its own")
    parser.add_argument("--resources", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        environment |= {"AUDITOR_CACHE_DIR": folder, "LOG_LEVEL": "ERROR"}
        file, small = Path(folder, "tfplan.json"), Path(folder, "small.json")
        file.write_text(json.dumps(plan(given.resources)))
        small.write_text(json.dumps(plan(20)))
        gate = [sys.executable, "-m", "auditor", "gate", "--quiet", "--fail-on", "never", "-f", "json"]
        chosen = [part for rule in ours() for part in ("--select", rule)]
        auditor = [*gate, "--no-excerpts", "--outcomes", "fail", str(file), *chosen]
        checkov = [given.checkov, "-f", str(file), "--framework", "terraform_plan", "--check", ",".join(CHECKS)]
        checkov += ["--soft-fail", "--quiet", "--compact", "--skip-download", "-o", "json"]
        mine, theirs = failures(auditor, checkov, environment)
        if mine != theirs:
            print(f"they do not find the same: {dict(mine - theirs)} more here, {dict(theirs - mine)} more there")
            return 1
        print(f"{given.resources:,} resources, {len(CHECKS)} rules, {sum(mine.values()):,} failures on both sides")
        runs = in_turns({"auditor": auditor, "checkov": checkov}, given.runs, environment)
        start = {"gate": [*gate, str(small)], "python": [sys.executable, "-c", "pass"]}
        begun = in_turns(start, 3 * given.runs, environment)
    faster = 1 / ratio(runs["auditor"], runs["checkov"])
    memory = {name: median(found, lambda run: run.rss) for name, found in runs.items()}
    smaller = memory["checkov"] / memory["auditor"]
    opening = ratio(begun["gate"], begun["python"])
    seconds = {name: median(found) for name, found in runs.items()}
    print(f"seconds: {seconds['auditor']:.2f} and {seconds['checkov']:.2f}: {faster:.0f} x faster (goal {FASTER:g})")
    print(f"MiB: {memory['auditor']:.0f} and {memory['checkov']:.0f}: {smaller:.1f} x smaller (goal {SMALLER:g})")
    print(f"20 resources, all rules / python -c pass: {opening:.1f} (goal {START:g})")
    return int(faster < FASTER or smaller < SMALLER or opening > START)


if __name__ == "__main__":
    sys.exit(main())
