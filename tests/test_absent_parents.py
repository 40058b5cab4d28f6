"""A change that makes a child alone: rules that ask its parent about it are a gap, and never silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SERVER = {"type": "Microsoft.Sql/servers", "apiVersion": "2023-08-01", "name": "s", "location": "x", "properties": {}}
AUDITING = {
    "type": "Microsoft.Sql/servers/auditingSettings",
    "apiVersion": "2023-08-01",
    "name": "s/default",
    "properties": {"state": "Disabled"},
}
POOL = {
    "type": "Microsoft.ContainerService/managedClusters/agentPools",
    "apiVersion": "2024-02-01",
    "name": "aks/pool",
    "properties": {"type": "AvailabilitySet", "mode": "System", "count": 1},
}
ON = "azure.sql.auditing-on"


def gate(
    command: Any, tmp_path: Path, resources: list[Any], *select: str, estate: Any = None
) -> tuple[int, list[str], str]:
    """The exit code, the rules that fail, and the gaps as a text."""
    (tmp_path / "main.json").write_text(
        json.dumps({"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": resources})
    )
    more = [part for one in select for part in ("--select", one)]
    if estate is not None:
        (tmp_path / "estate.json").write_text(json.dumps(estate))
        more += ["--against", "estate.json", "--deployed-to", SCOPE.removesuffix("/providers")]
    done = command("gate", "main.json", *more, "-f", "json", "-o", "out.json")
    audit = json.loads((tmp_path / "out.json").read_text())
    failing = [one["ruleId"] for one in audit["findings"] if one["outcome"] == "fail"]
    return done.returncode, failing, json.dumps(audit["gaps"])


def test_a_setting_whose_server_is_not_in_the_change_is_a_gap(command: Any, tmp_path: Path) -> None:
    code, failing, gaps = gate(command, tmp_path, [AUDITING], ON)
    assert (code, failing) == (0, [])
    assert "auditingSettings" in gaps
    assert ON in gaps


def test_the_server_beside_it_is_asked(command: Any, tmp_path: Path) -> None:
    assert gate(command, tmp_path, [SERVER, AUDITING], ON) == (1, [ON], "[]")


def test_the_server_in_the_estate_is_asked(command: Any, tmp_path: Path) -> None:
    there = {**SERVER, "id": f"{SCOPE}/Microsoft.Sql/servers/s"}
    on = {**AUDITING, "id": f"{there['id']}/auditingSettings/default", "name": "default",
          "properties": {"state": "Enabled", "isAzureMonitorTargetEnabled": True}}  # fmt: skip
    assert gate(command, tmp_path, [AUDITING], ON, estate=[there, on]) == (1, [ON], "[]")
    assert ON in gate(command, tmp_path, [AUDITING], ON, estate=[{**there, "id": f"{there['id']}2"}])[2]


def test_rules_that_do_not_ask_about_it_are_no_gap(command: Any, tmp_path: Path) -> None:
    assert gate(command, tmp_path, [AUDITING], "azure.sql.auditing-actions") == (0, [], "[]")


def test_a_node_pool_whose_cluster_is_not_in_the_change_is_a_gap(command: Any, tmp_path: Path) -> None:
    scale_sets = "azure.kubernetes-service.scale-sets"
    assert scale_sets in gate(command, tmp_path, [POOL], scale_sets)[2]
    kind = "Microsoft.ContainerService/managedClusters"
    cluster = {"type": kind, "apiVersion": "2024-02-01", "name": "aks", "location": "x", "properties": {}}
    assert gate(command, tmp_path, [cluster, POOL], scale_sets) == (1, [scale_sets], "[]")


def test_a_security_rule_alone_is_evaluated_as_a_group(command: Any, tmp_path: Path) -> None:
    rdp = "azure.network-security-group.rdp-from-internet"
    rule = {
        "type": "Microsoft.Network/networkSecurityGroups/securityRules",
        "apiVersion": "2023-09-01",
        "name": "n/r",
        "properties": {"direction": "Inbound", "access": "Allow", "priority": 100, "protocol": "Tcp",
                       "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "destinationPortRange": "3389"},
    }  # fmt: skip
    assert gate(command, tmp_path, [rule], rdp) == (1, [rdp], "[]")
