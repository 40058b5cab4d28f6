"""SARIF: what code scanning needs, and what it must not be given."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import audits
import pytest
import tools
from hypothesis import given
from hypothesis import strategies as st

from auditor.history.compare import compare
from auditor.model.audit import Audit, Scope
from auditor.model.finding import Outcome, ResourceRef, Severity
from auditor.model.finding_store import Findings
from auditor.model.gap import Gap
from auditor.model.resource import Origin
from auditor.render.formats import Options, render
from auditor.render.load import load_baseline
from auditor.render.sarif.locations import category_of, location_of, made_address

LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
KINDS = {"fail": "fail", "exempt": "fail", "unknown": "open", "error": "review", "pass": "pass"}


def run_of(audit: Audit, findings: Findings, **options: Any) -> dict[str, Any]:
    out = io.BytesIO()
    render(audit, findings, "sarif", out, Options(**options))
    (run,) = json.loads(out.getvalue())["runs"]
    return dict(run)


def test_every_result_has_what_code_scanning_needs() -> None:
    run = run_of(*audits.small(), outcomes=frozenset(Outcome))
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == 8
    for result in run["results"]:
        physical = result["locations"][0]["physicalLocation"]
        assert physical["region"]["startLine"] >= 1
        assert set(physical["artifactLocation"]["uri"]) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%/"
        )
        assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
        assert result["partialFingerprints"]["primaryLocationLineHash"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        said = result["properties"]
        assert result["kind"] == KINDS[said["outcome"]]
        assert result["level"] == (LEVELS[said["severity"]] if result["kind"] == "fail" else "none")
        assert ("suppressions" in result) == (said["outcome"] == "exempt")


def test_rules_are_described_for_people_and_for_code_scanning() -> None:
    rules = {rule["id"]: rule for rule in run_of(*audits.small())["tool"]["driver"]["rules"]}
    rule = rules["azure.key-vault.purge-protection"]
    assert rule["name"] == "AzureKeyVaultPurgeProtection"
    assert rule["properties"]["security-severity"] == "8.0"
    assert rule["properties"]["tags"] == ["security", "azure", "key-vault", "cis-azure-6.0/8.3.5", "mcsb/DP-8"]
    assert "```bicep\nproperties: {\n  enablePurgeProtection: true\n}\n```" in rule["help"]["markdown"]
    assert rule["helpUri"].startswith("https://learn.microsoft.com/")
    # A script address is no help page, and a fence within the code does not end its block.
    assert rules["azure.application-gateway.backend-https"]["helpUri"].startswith("https://")
    assert "javascript:" not in rules["azure.application-gateway.backend-https"]["help"]["markdown"]
    assert "````yaml" in rules["kubernetes.run-as-non-root"]["help"]["markdown"]
    assert "helpUri" not in rules["kubernetes.run-as-non-root"]


def test_an_exemption_is_a_suppression() -> None:
    (result,) = run_of(*audits.small(), outcomes=frozenset({Outcome.EXEMPT}))["results"]
    assert result["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "Migrated in March",
            "properties": {"category": "waiver", "owner": "data@example.org", "expiryDateUtc": "2025-04-01"},
        }
    ]


def test_the_worst_are_kept_and_the_rest_is_counted() -> None:
    audit, findings = audits.many(1000, rules=10)
    everything = run_of(audit, findings)["results"]
    run = run_of(audit, findings, sarif_limit=150)
    assert run["results"] == everything[:150]
    assert {result["properties"]["severity"] for result in run["results"]} == {"critical"}
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["level"] == "note"
    assert "850 more results" in note["message"]["text"]
    assert run_of(audit, findings, sarif_limit=0)["results"] == []


@given(st.lists(st.tuples(st.sampled_from(list(Outcome)), st.sampled_from(list(Severity)))), st.integers(0, 12))
def test_a_limit_keeps_the_head_of_what_there_is_without_it(
    answers: list[tuple[Outcome, Severity]], limit: int
) -> None:
    rules = {severity: audits.rule(f"azure.area.{severity.value}", severity) for severity in Severity}
    made = [
        audits.finding(rules[severity], audits.vault(f"kv-{number}"), outcome)
        for number, (outcome, severity) in enumerate(answers)
    ]
    audit, findings = audits.audit_of(list(rules.values()), made)
    whole = run_of(audit, findings)["results"]
    assert run_of(audit, findings, sarif_limit=limit)["results"] == whole[:limit]
    ranks = [Severity(r["properties"]["severity"]).rank for r in whole if r["properties"]["outcome"] != "exempt"]
    assert ranks == sorted(ranks)


def test_gaps_broken_rules_and_emptiness_are_notifications() -> None:
    invocation = run_of(*audits.small())["invocations"][0]
    assert [note["level"] for note in invocation["toolExecutionNotifications"]] == ["error", "warning", "warning"]
    assert invocation["executionSuccessful"] is False
    assert invocation["startTimeUtc"] == "2025-01-15T08:00:00Z"
    empty = run_of(*audits.nothing())["invocations"][0]
    assert empty["executionSuccessful"] is False
    assert empty["toolExecutionNotifications"][0]["descriptor"]["id"] == "nothing-evaluated"
    assert run_of(*audits.clean())["invocations"][0]["executionSuccessful"] is True
    gaps = [Gap(what=f"call {n}", reason="throttled") for n in range(1200)]
    notes = run_of(*audits.audit_of([], [], gaps=gaps))["invocations"][0]["toolExecutionNotifications"]
    assert len(notes) == 1002
    assert "200 more gaps" in notes[-1]["message"]["text"]


def test_a_message_holds_no_link_from_a_name() -> None:
    results = run_of(*audits.small())["results"]
    hostile = next(result for result in results if "onerror" in result["message"]["text"])
    assert "[x](" not in hostile["message"]["text"]


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (Origin(file="main.tf", line=12), ("main.tf", 12)),
        (Origin(source="plan", file="./a b/plän.json"), ("a%20b/pl%C3%A4n.json", 1)),
        (Origin(source="manifest", file="a\\b.yaml", line=0), ("a/b.yaml", 1)),
        (Origin(source="template", file="/ci/main.bicep", line=3), ("file:///ci/main.bicep", 3)),
        (Origin(source="template", file="C:\\ci\\main.bicep", line=3), ("file:///C:/ci/main.bicep", 3)),
        (Origin(source="file", file="x:y/a?b#c.json", line=3), ("x%3Ay/a%3Fb%23c.json", 3)),
    ],
)
def test_a_file_is_shown_where_it_is(origin: Origin, expected: tuple[str, int]) -> None:
    assert location_of(audits.vault("kv"), origin) == expected


def test_what_is_no_file_gets_a_made_address() -> None:
    scope = f"azure/{audits.SUBSCRIPTION}/rg-data"
    snapshot = Origin(source="snapshot", file="day.snapshot/resources.ndjson", line=7)
    assert location_of(audits.vault("kv 1"), snapshot) == (f"{scope}/Microsoft.KeyVault/vaults/kv%201.json", 1)
    assert made_address(audits.deployment("cart")) == "kubernetes/prod/shop/Deployment/cart.yaml"
    child = ResourceRef(
        id=f"/subscriptions/{audits.SUBSCRIPTION}/resourceGroups/rg-data/PROVIDERS/Microsoft.Sql/servers/s1/databases/d1",
        type="Microsoft.Sql/servers/databases",
        name="d1",
        subscription_id=audits.SUBSCRIPTION,
        resource_group="rg-data",
    )
    assert made_address(child) == f"{scope}/Microsoft.Sql/servers/databases/s1/d1.json"
    derived = ResourceRef(id="/-/auditor/certificate/a/../b", type="auditor/certificate", name="..")
    assert made_address(derived) == "resources/auditor/certificate/...json"


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.sampled_from(["a", "/clusters/../x", "/clusters/"]),
)
def test_made_addresses_never_climb(name: str, id: str) -> None:
    resource = ResourceRef(id=id, type="x/../..", name=name, namespace=name, subscription_id="..", resource_group=name)
    address = made_address(resource)
    assert address.isascii() and ".." not in unquote(address).split("/")[:-1]
    assert not address.startswith("/") and "//" not in address


def test_categories_are_stable_and_end_with_a_slash() -> None:
    assert category_of(("s1",), ()) == "auditor/s1/"
    assert category_of((), ("prod 1",)) == "auditor/cluster/prod%201/"
    assert category_of(("s1", "s2"), ()) == category_of((), ()) == "auditor/"
    audit, findings = audits.audit_of([], [], scope=Scope(subscriptions=("s1",)))
    assert run_of(audit, findings)["automationDetails"]["id"] == "auditor/s1/"


@pytest.mark.slow
@pytest.mark.parametrize("make", [audits.small, audits.nothing, audits.clean])
def test_microsofts_validator_finds_nothing(make: Any, tmp_path: Path) -> None:
    """The program ends with 0 whatever it finds, so its own report is read."""
    sarif, verdict = tmp_path / "audit.sarif", tmp_path / "verdict.sarif"
    audit, findings = make()
    with sarif.open("wb") as out:
        render(audit, findings, "sarif", out, Options(outcomes=frozenset(Outcome)))
    options = ["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--kind", "Fail", "--log", "ForceOverwrite"]
    tool = tools.sarif_multitool()
    subprocess.run([tool, "validate", str(sarif), "-o", str(verdict), *options], check=True, capture_output=True)
    (run,) = json.loads(verdict.read_text("utf-8-sig"))["runs"]
    assert [(r["ruleId"], r["message"]) for r in run.get("results", [])] == []


@pytest.mark.parametrize(
    ("name", "element", "message", "expected"),
    [
        ('a"b\\', None, "It is so.", 'a"b\\: It is so.'),
        ("kv", "", "It is so", "kv: It is so."),
        ("kv", "x](y", "Is it?", "kv, x\\](y: Is it?"),
        ("kv", None, 'It says "stop."', 'kv: It says "stop.".'),
        ("naïve", None, "It ends with \\", "naïve: It ends with \\."),
    ],
)
def test_a_message_is_a_sentence(name: str, element: str | None, message: str, expected: str) -> None:
    rule = audits.rule()
    found = audits.finding(rule, audits.vault(name), element=element, message=message)
    (result,) = run_of(*audits.audit_of([rule], [found]))["results"]
    assert result["message"]["text"] == expected


@pytest.mark.parametrize("made", [audits.small(), audits.many(300, rules=7)], ids=["small", "many"])
def test_a_report_can_be_compared_with_like_the_audit_itself(made: tuple[Audit, Findings], tmp_path: Path) -> None:
    audit, findings = made
    for form in ("sarif", "json"):
        with (tmp_path / form).open("wb") as out:
            render(audit, findings, form, out, Options(outcomes=frozenset(Outcome)))
    later = audits.many(300, rules=7)
    told = []
    for form in ("sarif", "json"):
        earlier = load_baseline(tmp_path / form)
        with earlier[1]:
            told.append(compare(earlier, later))
    assert told[0].counts == told[1].counts
    assert told[0].unseen == told[1].unseen
    of_report, of_audit = ([(d.change, d.before, d.after) for d in each.differences] for each in told)
    assert of_report == of_audit
