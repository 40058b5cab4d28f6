"""The demo estate: as designed nothing fails, as found every planted fault is told and no other; and the command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from auditor.demo.estate_inventory import AS_OF, FOLDER, Body, as_designed, inventory
from auditor.demo.faults import Fault, Key, answer_key, as_found, merged, planted
from auditor.evaluate.bound_rule import Bound, bind
from auditor.ingest.inventory import open_inventory
from auditor.model.audit import Audit
from auditor.model.finding import Finding, Outcome
from auditor.pipeline.audit import audit
from auditor.ruleset.loader import load_rules

WITHOUT_FAULT = {
    "kubernetes/control-plane": "Azure runs the control plane of AKS and shows none of its pods",
    "paths": "what becomes of paths follows from all faults together: tests/test_traffic_paths_demo.py",
}
"""Components of which the estate holds nothing, and why."""
FORESEEN = 0.9
"""The share of the rules that the estate as designed exercises, at least."""
DESIGNED = as_designed()
FAULTS = planted()


@pytest.fixture(scope="module")
def rules() -> list[Bound]:
    return [bind(rule, AS_OF) for rule in load_rules()]


def judge(rules: Sequence[Bound], bodies: Sequence[Body]) -> tuple[Audit, list[Finding]]:
    """The audit, and what did not pass."""
    looked_for = {kind for rule in rules for kind in rule.related}
    outcome, findings = audit(rules, inventory(bodies, looked_for), clock=AS_OF)
    with findings:
        return outcome, [finding for finding in findings if finding.outcome is not Outcome.PASS]


def keys(findings: Sequence[Finding]) -> set[Key]:
    """The findings that a fault answers for: those on resources, not those on the paths that lead over them."""
    return {
        (found.rule_id, found.resource.id.casefold(), found.element, found.outcome.value)
        for found in findings
        if not found.rule_id.startswith("paths.")
    }


def test_every_part_of_the_estate_is_read() -> None:
    estate = open_inventory([str(FOLDER / "estate")])
    assert sum(1 for _ in estate.resources()) > 400
    assert estate.gaps == []


def test_as_designed_every_rule_that_applies_passes(rules: list[Bound]) -> None:
    outcome, findings = judge(rules, DESIGNED)
    assert [(found.rule_id, found.resource.id, found.element, found.message) for found in findings] == []
    assert not outcome.gaps


def test_as_found_the_findings_are_the_answer_key(rules: list[Bound]) -> None:
    _, findings = judge(rules, as_found(DESIGNED, FAULTS))
    found, expected = keys(findings), answer_key(DESIGNED, FAULTS)
    assert sorted(expected - found, key=str) == [], "missed"
    assert sorted(found - expected, key=str) == [], "not in the key"
    assert len(found) == sum(not finding.rule_id.startswith("paths.") for finding in findings), "one a question"


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_a_fault_alone_gives_its_findings(fault: Fault, rules: list[Bound]) -> None:
    _, findings = judge(rules, as_found(DESIGNED, [fault]))
    assert keys(findings) == answer_key(DESIGNED, [fault])


def test_faults_have_names_of_their_own_and_do_one_thing() -> None:
    assert len({fault.id for fault in FAULTS}) == len(FAULTS)
    for fault in FAULTS:
        assert fault.findings, f"{fault.id} is noticed by no rule"
        for edit in fault.edits:
            assert [edit.add is not None, edit.change is not None, edit.remove].count(True) == 1, fault.id
            assert (edit.resource is None) == (edit.add is not None), fault.id


def test_the_design_exercises_the_rules(rules: list[Bound]) -> None:
    outcome, _ = judge(rules, DESIGNED)
    assert sum(run.exercised for run in outcome.rules) >= FORESEEN * len(outcome.rules)


def test_every_component_has_a_fault(rules: list[Bound]) -> None:
    broken = {finding.rule for fault in FAULTS for finding in fault.findings}
    components = {bound.rule.component for bound in rules}
    touched = {bound.rule.component for bound in rules if bound.rule.id in broken}
    assert components - touched == set(WITHOUT_FAULT)


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "auditor", "demo", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_command_summarises_and_leaves_reports(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Application Gateway must send traffic to its backends over HTTPS" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["auditor-demo.html", "auditor-demo.sarif"]
    assert "auditor-demo.html" in done.stderr and "auditor-demo.sarif" in done.stderr
    assert "auditor rules show " in done.stdout and "auditor scan --from " in done.stderr
    results = json.loads((tmp_path / "auditor-demo.sarif").read_text())["runs"][0]["results"]
    failed = [result for result in results if result["kind"] == "fail" and not result["ruleId"].startswith("paths.")]
    assert len(failed) == len(answer_key(DESIGNED, FAULTS))


@pytest.mark.slow
def test_the_command_gates_when_asked_to(tmp_path: Path) -> None:
    assert run(tmp_path, "--fail-on", "high", "--folder", "made").returncode == 1
    assert (tmp_path / "made" / "auditor-demo.html").is_file()
    assert run(tmp_path, "--designed", "--fail-on", "info", "--format", "json", "--output", "a.json").returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "made"]


@pytest.mark.slow
def test_the_estate_can_be_written_and_scanned(tmp_path: Path) -> None:
    assert run(tmp_path, "--write-estate", "estate").returncode == 0
    command = [sys.executable, "-m", "auditor", "scan", "--from", "estate", "--as-of", AS_OF.isoformat(), "-f", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    scope = json.loads(done.stdout)["scope"]
    assert scope["resources"] == len(as_found(DESIGNED, FAULTS))
    assert not json.loads(done.stdout)["gaps"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path, "--folder", "file/below")
    assert done.returncode == 3
    assert "file/below" in done.stderr and "Traceback" not in done.stderr


def test_settings_of_the_folder_it_is_shown_in_are_not_its_own(tmp_path: Path) -> None:
    """Somebody shows it in the folder of a real estate, whose settings choose rules and name files."""
    (tmp_path / "auditor.yaml").write_text("select: [azure.sql.*]\nexemptions: {files: [nowhere.yaml]}\nfailOn: low\n")
    (tmp_path / "exemptions.yaml").write_text("exemptions: [{}]\n")
    done = run(tmp_path, "--select", "azure.public-ip.*", "-f", "json")
    assert done.returncode == 0, done.stderr
    assert {rule["id"].split(".")[1] for rule in json.loads(done.stdout)["rules"]} == {"public-ip"}
    assert run(tmp_path, "--config", "auditor.yaml", "-f", "line").stdout.startswith("tool=auditor"), "when it is named"


@pytest.mark.parametrize(
    ("value", "patch", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": None, "c": 3}, {"b": 2, "c": 3}),
        ([{"name": "x", "v": 1}, {"name": "y"}], [{"name": "x", "v": 2}], [{"name": "x", "v": 2}, {"name": "y"}]),
        ([{"name": "x"}], [{"name": "z"}], [{"name": "x"}, {"name": "z"}]),
        ([{"name": "x"}, {"name": "y"}], [{"name": "x", "$patch": "delete"}], [{"name": "y"}]),
        (["a", "b"], ["c"], ["c"]),
        ([{"name": "x"}], [], []),
        ("a", {"b": {"c": 1}}, {"b": {"c": 1}}),
    ],
)
def test_patches(value: Any, patch: Any, expected: Any) -> None:
    assert merged(value, patch) == expected
