"""Terraform files → a plan by a real Terraform → the gate → SARIF that names the right file and line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terraform.run import planned
from tests.tools import terraform

SOURCE = Path(__file__).parent / "terraform" / "platform"
PLANTED = {
    ("azure.api-management.vnet-internal", "edge.tf", 'resource "azurerm_api_management" "apis"'),
    ("azure.api-management.weak-ciphers-off", "edge.tf", 'resource "azurerm_api_management" "apis"'),
    ("azure.application-gateway.backend-https", "edge.tf", 'resource "azurerm_application_gateway" "edge"'),
    ("azure.application-gateway.probe-protocol", "edge.tf", 'resource "azurerm_application_gateway" "edge"'),
    ("azure.kubernetes-service.authorized-ip-ranges", "data.tf", 'resource "azurerm_kubernetes_cluster" "apis"'),
    ("azure.kubernetes-service.private-cluster", "data.tf", 'resource "azurerm_kubernetes_cluster" "apis"'),
    ("azure.network-security-group.any-source", "network.tf", 'resource "azurerm_network_security_group" "each"'),
    (
        "azure.network-security-group.ssh-from-internet",
        "network.tf",
        'resource "azurerm_network_security_group" "each"',
    ),
    (
        "azure.private-endpoint.dns-zone-group",
        "modules/private_endpoint/main.tf",
        'resource "azurerm_private_endpoint" "this"',
    ),
}
"""The rules that the planted faults break, and the block that each must name."""


def results(folder: Path, faulty: bool) -> tuple[set[tuple[str, str, str]], set[str]]:
    """Of the SARIF report: rule, file and header of the block of every failure, and the rules that could not answer."""
    plan = planned(terraform(), SOURCE, folder, "4", faulty=str(faulty).lower())
    report = folder / "gate.sarif"
    done = subprocess.run(
        [sys.executable, "-m", "auditor", "gate", str(plan), "--source", ".", "-f", "sarif", "-o", str(report)],
        cwd=SOURCE, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(SOURCE.parents[2])},
    )  # fmt: skip
    assert done.returncode in (1, 3) and "Traceback" not in done.stderr, done.stderr
    found, unanswered = set(), set()
    for result in json.loads(report.read_bytes())["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        file, line = place["artifactLocation"]["uri"], place["region"]["startLine"]
        header = (SOURCE / file).read_text().splitlines()[line - 1]
        if result["kind"] == "fail":
            found.add((result["ruleId"], file, header.removesuffix(" {")))
        elif result["kind"] == "open":
            unanswered.add(result["ruleId"])
    return found, unanswered


@pytest.mark.slow
def test_planted_faults_are_found_where_they_are_written(tmp_path: Path) -> None:
    (faulty, _open), (mended, unanswered) = results(tmp_path / "faulty", True), results(tmp_path / "mended", False)
    assert faulty - mended == PLANTED
    assert all(header.startswith("resource ") for _rule, _file, header in faulty | mended)
    elsewhere = {"azure.container-registry.private-endpoint", "azure.key-vault.private-endpoint-approved"}
    not_written = {"azure.kubernetes-service.ephemeral-os-disks"}
    assert unanswered == elsewhere | not_written, "closed, without an endpoint here; azurerm itself would say Managed"
