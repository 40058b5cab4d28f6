"""Log evidence, by whole commands against the local Azure: what arrives, what does not, and what nobody can tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.azure.estate import Estate, demo_estate
from tests.azure.fault_plan import Fault
from tests.azure.local import LocalAzure, local_azure
from tests.azure.product import AS_OF, run, scan
from tests.azure.resource_graph import Quota

pytestmark = pytest.mark.slow

ONLY = ("--select", "azure.log-evidence.*", "--quiet")
EXPECTED = {
    ("application-gateway-access-logs", "agw-apiplatform-prod-weu"): "pass",
    ("application-gateway-firewall-logs", "agw-apiplatform-prod-weu"): "pass",
    ("application-gateway-client-tls", "agw-apiplatform-prod-weu TLSv1.2"): "pass",
    ("application-gateway-client-tls", "agw-apiplatform-prod-weu TLSv1.3"): "pass",
    ("api-management-gateway-logs", "apim-apiplatform-prod-weu"): "pass",
    ("api-management-client-tls", "apim-apiplatform-prod-weu 1.2"): "pass",
    ("kubernetes-audit-logs", "aks-apiplatform-prod-weu"): "pass",
    ("kubernetes-defender-sensor", "aks-apiplatform-prod-weu"): "pass",
    ("key-vault-audit-logs", "kv-apiplatform-prod-weu"): "pass",
    ("key-vault-audit-logs", "kv-edge-prod-weu"): "pass",
}


def told(folder: Path, change: Callable[[LocalAzure], object] = lambda azure: None) -> tuple[dict[Any, str], Any]:
    """Rule and element → outcome, and the audit."""
    with local_azure(demo_estate(designed=True), quota=Quota(window=0.2)) as azure:
        change(azure)
        done = scan(azure, folder, *ONLY)
        assert not azure.violations
    assert done.audit is not None and not done.escaped, done.err
    findings = done.audit["findings"]
    return {(f["ruleId"].rpartition(".")[2], f.get("element")): f["outcome"] for f in findings}, done.audit


def rows(azure: LocalAzure) -> dict[str, list[dict[str, Any]]]:
    (tables,) = azure.estate.logs.values()
    return tables


def test_logs_that_arrive_are_told_from_logs_that_should(tmp_path: Path) -> None:
    outcomes, audit = told(tmp_path)
    assert outcomes == EXPECTED
    assert audit["gaps"] == []


def test_a_silent_log_fails(tmp_path: Path) -> None:
    def silence(azure: LocalAzure) -> None:
        for row in rows(azure)["AKSAudit"]:
            row["TimeGenerated"] = "2026-10-20T00:00:00Z"
        rows(azure)["AZKVAuditLogs"][:] = rows(azure)["AZKVAuditLogs"][:1]

    outcomes, _ = told(tmp_path, silence)
    failed = {element for (rule, element), outcome in outcomes.items() if outcome == "fail"}
    assert "aks-apiplatform-prod-weu" in failed and len(failed) == 2


def test_old_settings_store_in_azure_diagnostics(tmp_path: Path) -> None:
    def older(azure: LocalAzure) -> None:
        row = rows(azure).pop("AGWAccessLogs")[0]
        rows(azure)["AzureDiagnostics"] = [
            {**row, "Category": "ApplicationGatewayAccessLog", "sslProtocol_s": "TLSv1.1"},
        ]

    outcomes, _ = told(tmp_path, older)
    assert outcomes["application-gateway-access-logs", "agw-apiplatform-prod-weu"] == "pass"
    assert outcomes["application-gateway-client-tls", "agw-apiplatform-prod-weu TLSv1.1"] == "fail"


def _partial(azure: LocalAzure) -> None:
    azure.logs.partial.update(azure.estate.logs)


def _no_right(azure: LocalAzure) -> None:
    azure.rights.workspaces.update(azure.estate.logs)


def _no_tables(azure: LocalAzure) -> None:
    rows(azure).clear()


def _broken(azure: LocalAzure) -> None:
    azure.faults.faults.append(Fault("POST api.loganalytics", "truncate"))


@pytest.mark.parametrize("why", [_partial, _no_right, _no_tables])
def test_what_is_not_answered_in_full_is_not_known(tmp_path: Path, why: Callable[[LocalAzure], object]) -> None:
    outcomes, audit = told(tmp_path, why)
    assert outcomes and set(outcomes.values()) == {"unknown"}
    assert {rule for rule, _ in outcomes} == {rule for rule, _ in EXPECTED}
    assert {gap["type"] for gap in audit["gaps"]} == {"auditor/logEvidence"}
    if why is _no_right:
        assert "Log Analytics Reader" in audit["gaps"][0]["reason"]


def test_a_workspace_outside_of_the_scope_is_asked_too(tmp_path: Path) -> None:
    """The settings name it; Resource Graph, asked for one subscription, does not."""
    estate = demo_estate(designed=True)
    (workspace,) = estate.of_type("Microsoft.OperationalInsights/workspaces")
    elsewhere = "11111111-2222-4333-8444-555555555555"
    moved = workspace["id"].replace(estate.subscriptions[0], elsewhere)
    text = re.sub(re.escape(workspace["id"]), moved, orjson.dumps(estate.bodies).decode(), flags=re.IGNORECASE)
    bodies = orjson.loads(text)
    next(body for body in bodies if body["id"] == moved)["subscriptionId"] = elsewhere
    bodies.append({"id": f"/subscriptions/{elsewhere}", "name": "logs", "type": "microsoft.resources/subscriptions"})
    other = Estate(bodies)
    other.logs, other.clock = estate.logs, estate.clock
    with local_azure(other, quota=Quota(window=0.2)) as azure:
        done = scan(azure, tmp_path, "--subscription", estate.subscriptions[0], *ONLY)
        assert done.audit and done.audit["gaps"] == [], done.err
        outcomes = {f["outcome"] for f in done.audit["findings"]}
        assert outcomes == {"pass"} and azure.asked("POST api.loganalytics")
        assert not azure.violations


def test_evidence_is_in_the_snapshot_and_asked_for_only_when_a_rule_wants_it(tmp_path: Path) -> None:
    with local_azure(demo_estate(designed=True), quota=Quota(window=0.2)) as azure:
        done = run(azure, "collect", "--all", "--output", str(tmp_path / "with"), *ONLY)
        assert done.code == 0, done.err
        asked = len(azure.asked("POST api.loganalytics"))
        assert asked == 8  # one workspace, every question once
        done = run(
            azure, "collect", "--all", "-o", str(tmp_path / "without"), "--select", "azure.key-vault.*", "--quiet"
        )
        assert done.code == 0 and len(azure.asked("POST api.loganalytics")) == asked, done.err
        again = run(azure, "scan", "--from", str(tmp_path / "with"), *ONLY, "-f", "json", "--as-of", AS_OF)
        assert orjson.loads(again.out)["summary"]["counts"]["pass"] == len(EXPECTED)
