"""What changed between two audits: only what both sides looked at is compared."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import audits
import pytest
import tools
from hypothesis import given
from hypothesis import strategies as st

from auditor.evaluate.finding_writer import fingerprint
from auditor.history.compare import compare, newly_reaches
from auditor.model.audit import Audit, Scope
from auditor.model.finding import Finding, Outcome, ResourceRef, Severity
from auditor.model.finding_store import Findings
from auditor.model.gap import Gap
from auditor.model.resource import Origin
from auditor.render.changes import SHOWN, Change, Changes
from auditor.render.diff import render_diff
from auditor.render.formats import Options, render

PURGE, HTTPS = audits.rule(), audits.rule("azure.key-vault.https", Severity.MEDIUM)
SCOPE = Scope(
    resources=3, resource_types={"microsoft.keyvault/VAULTS": 3}, subscriptions=(audits.SUBSCRIPTION.upper(),)
)
FAIL, PASS, UNKNOWN, ERROR, EXEMPT = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.ERROR, Outcome.EXEMPT


def answer(outcome: Outcome, name: str = "kv-1", rule: Any = PURGE, element: str | None = None, **more: Any) -> Finding:
    resource = audits.vault(name)
    identity = fingerprint(rule.id, resource.id, element)
    return audits.finding(rule, resource, outcome, fingerprint=identity, element=element, **more)


def side(*findings: Finding, rules: Iterable[Any] = (PURGE, HTTPS), **more: Any) -> tuple[Audit, Findings]:
    return audits.audit_of(list(rules), findings, **{"scope": SCOPE, **more})


def became(old: tuple[Audit, Findings], new: tuple[Audit, Findings]) -> tuple[Change, str | None]:
    """The only change of a comparison, and why it was not compared."""
    changes = compare(old, new)
    (change,) = (change for change, number in changes.counts.items() if number)
    return change, changes.unseen[0].reason if changes.unseen else None


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (FAIL, FAIL, Change.UNCHANGED),
        (FAIL, PASS, Change.RESOLVED),
        (FAIL, EXEMPT, Change.BETTER),
        (PASS, FAIL, Change.NEW),
        (PASS, PASS, Change.UNCHANGED),
        (PASS, EXEMPT, Change.WORSE),
        (EXEMPT, FAIL, Change.WORSE),
        (EXEMPT, PASS, Change.BETTER),
        (EXEMPT, EXEMPT, Change.UNCHANGED),
        *((outcome, blind, Change.NOT_COMPARED) for outcome in Outcome for blind in (UNKNOWN, ERROR)),
        *((blind, outcome, Change.NOT_COMPARED) for outcome in Outcome for blind in (UNKNOWN, ERROR)),
    ],
)  # fmt: skip
def test_an_answer_of_both_sides(before: Outcome, after: Outcome, change: Change) -> None:
    assert became(side(answer(before)), side(answer(after)))[0] is change


def test_a_graver_severity_is_worse_and_a_milder_one_better() -> None:
    mild, grave = side(answer(FAIL, severity=Severity.LOW)), side(answer(FAIL, severity=Severity.CRITICAL))
    assert became(mild, grave)[0] is Change.WORSE
    assert became(grave, mild)[0] is Change.BETTER


def test_what_is_gone_from_a_type_that_was_looked_at_is_resolved() -> None:
    old, other = side(answer(FAIL), answer(PASS, "kv-2")), answer(PASS, "kv-2")
    assert compare(old, side(other)).counts[Change.RESOLVED] == 1
    assert compare(side(other), old).counts[Change.NEW] == 1


WHERE = f"/subscriptions/{audits.SUBSCRIPTION}/resourceGroups"


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (side(rules=[HTTPS]), "did not ask the rule"),
        (side(errors={PURGE.id: "no such operator"}), "could not run"),
        (side(scope=Scope(subscriptions=(audits.SUBSCRIPTION,))), "no resource of this type"),
        (side(scope=Scope(resource_types={"Microsoft.KeyVault/vaults": 1})), "did not read the subscription"),
        (side(gaps=[Gap(what="a file", reason="unreadable")]), "a gap"),
        (side(gaps=[Gap(what="x", reason="403", type="microsoft.keyvault/vaults")]), "a gap"),
        (side(gaps=[Gap(what=f"{WHERE}/RG-data", reason="403")]), "a gap"),
        (side(answer(UNKNOWN, gap="403", element=None)), "could not tell"),
        (side(answer(ERROR, element="other")), "could not tell"),
    ],
)
def test_what_was_not_looked_at_is_neither_resolved_nor_new(new: Any, reason: str) -> None:
    failed = side(answer(FAIL, element="settings-1"))
    for old, later in ((failed, new), (new, failed)):
        changes = compare(old, later)
        assert changes.counts[Change.RESOLVED] == changes.counts[Change.NEW] == 0
        (difference,) = changes.of(Change.NOT_COMPARED)
        assert reason in str(difference.reason)
        assert any(reason in each.reason and each.failures == 1 for each in changes.unseen)


@pytest.mark.parametrize(
    "gap",
    [
        Gap(what="x", reason="403", type="Microsoft.Sql/servers"),
        Gap(what=f"{WHERE}/rg-other", reason="403"),
        Gap(what="/clusters/prod", reason="out of reach"),
    ],
)
def test_a_gap_elsewhere_hides_nothing(gap: Gap) -> None:
    assert became(side(answer(FAIL)), side(gaps=[gap]))[0] is Change.RESOLVED


def test_a_resource_that_was_read_hides_nothing_behind_a_gap() -> None:
    gaps = [Gap(what="somewhere", reason="403")]
    old, new = side(answer(FAIL)), side(answer(PASS, rule=HTTPS), gaps=gaps)
    assert compare(old, new).counts[Change.RESOLVED] == 1  # the rule does not apply any more


def test_a_cluster_that_was_not_read() -> None:
    resource = audits.deployment("cart")
    types = {"apps/Deployment": 1}
    failed = audits.finding(PURGE, resource)
    old = side(failed, scope=Scope(resource_types=types, clusters=("prod",)))
    assert became(old, side(scope=Scope(resource_types=types, clusters=("prod",))))[0] is Change.RESOLVED
    change, reason = became(old, side(scope=Scope(resource_types=types, clusters=("test",))))
    assert change is Change.NOT_COMPARED
    assert reason == "the later audit did not read the cluster"


def test_objects_of_an_unnamed_cluster_are_not_gone_from_a_named_one() -> None:
    rule = audits.rule("kubernetes.namespace.x", resource=("core/Namespace",))
    of = ResourceRef(id="/clusters/-/core/Namespace/shop", type="core/Namespace", name="shop")
    types = {"core/Namespace": 1}
    old = audits.audit_of([rule], [audits.finding(rule, of)], scope=Scope(resource_types=types))
    named = audits.audit_of([rule], [], scope=Scope(resource_types=types, clusters=("prod",)))
    assert became(old, named) == (Change.NOT_COMPARED, "the later audit did not read the cluster")
    manifests = audits.audit_of([rule], [], scope=Scope(resource_types=types))
    assert became(old, manifests) == (Change.RESOLVED, None)


@pytest.mark.parametrize("fewer", [{"clusters": ("prod",)}, {"subscriptions": ()}])
def test_what_was_derived_from_more_places_is_not_resolved(fewer: dict[str, tuple[str, ...]]) -> None:
    rule = audits.rule("paths.encrypted", resource=("auditor/trafficPath",))
    of = ResourceRef(id="/trafficPaths/shop~shop/shop.example.org/*/shop~cart", type="auditor/trafficPath", name="shop")
    types = {"networking.k8s.io/Ingress": 2, "microsoft.network/applicationGateways": 1}
    scope = {"resource_types": types, "clusters": ("prod", "test"), "subscriptions": (audits.SUBSCRIPTION,)}
    old = audits.audit_of([rule], [audits.finding(rule, of)], scope=Scope(**scope))
    assert became(old, audits.audit_of([rule], [], scope=Scope(**scope)))[0] is Change.RESOLVED
    change, reason = became(old, audits.audit_of([rule], [], scope=Scope(**{**scope, **fewer})))
    assert (change, reason) == (Change.NOT_COMPARED, "the later audit did not read all that it is derived from")


def test_what_was_derived_from_fewer_places_can_be_resolved() -> None:
    rule = audits.rule("certificates.x", resource=("auditor/certificate",))
    of = ResourceRef(id="/certificates/1f45", type="auditor/certificate", name="shop")
    scope = {"resource_types": {"microsoft.network/applicationGateways": 1}, "subscriptions": (audits.SUBSCRIPTION,)}
    old = audits.audit_of([rule], [audits.finding(rule, of)], scope=Scope(**scope))
    assert became(old, audits.audit_of([rule], [], scope=Scope(**scope, clusters=("prod",))))[0] is Change.RESOLVED


def saved_without(made: tuple[Audit, Findings], *outcomes: Outcome) -> tuple[Audit, Findings]:
    """The same audit, saved without the findings with these outcomes: its counts stay whole."""
    audit, findings = made
    kept = audits.Kept()
    kept.extend(finding for finding in findings if finding.outcome not in outcomes)
    return audit, kept


def test_a_side_without_passes_is_told_and_compared_by_what_was_read() -> None:
    old = side(answer(FAIL))
    new = saved_without(side(answer(PASS)), PASS)
    changes = compare(old, new)
    assert changes.counts[Change.RESOLVED] == 1
    assert "without its passes" in changes.notes[0]
    audit, findings = new
    audit.gaps.append(Gap(what="somewhere", reason="403"))
    assert compare(old, (audit, findings)).counts[Change.NOT_COMPARED] == 1


def test_a_side_without_its_failures_resolves_nothing() -> None:
    both = side(answer(FAIL), answer(PASS, "kv-2"))
    changes = compare(both, saved_without(both, FAIL))
    assert changes.counts[Change.NOT_COMPARED] == 1
    assert changes.counts[Change.RESOLVED] == 0
    assert "outcome fail" in changes.notes[0]


def test_of_two_answers_with_one_fingerprint_the_worst_counts() -> None:
    twice = side(answer(PASS), answer(FAIL))
    assert became(side(answer(PASS)), twice)[0] is Change.NEW
    assert became(twice, twice)[0] is Change.UNCHANGED


ANSWERS = st.dictionaries(st.integers(0, 5), st.sampled_from(list(Outcome)))


@given(ANSWERS, ANSWERS)
def test_every_answer_is_counted_once_and_unknown_never_resolves(
    before: dict[int, Outcome], after: dict[int, Outcome]
) -> None:
    old = side(*(answer(outcome, f"kv-{n}") for n, outcome in before.items()))
    new = side(*(answer(outcome, f"kv-{n}") for n, outcome in after.items()))
    changes, back = compare(old, new), compare(new, old)
    assert sum(changes.counts.values()) == len(before | after)
    assert changes.counts[Change.NEW] == back.counts[Change.RESOLVED]
    assert changes.counts[Change.WORSE] == back.counts[Change.BETTER]
    for difference in changes.of(Change.RESOLVED):
        number = int(difference.finding.resource.name.removeprefix("kv-"))
        assert after.get(number) in (None, PASS)
    assert all(number == 0 for change, number in compare(new, new).counts.items() if change in SHOWN)


def test_a_failure_newly_reaches_a_severity() -> None:
    def reaches(old: Finding | None, new: Finding, threshold: Severity) -> bool:
        changes = compare(side(*([old] if old else [])), side(new))
        return any(newly_reaches(difference, threshold) for difference in changes.differences)

    assert reaches(answer(PASS), answer(FAIL), Severity.HIGH)
    assert reaches(None, answer(FAIL), Severity.LOW)
    assert not reaches(answer(PASS), answer(FAIL), Severity.CRITICAL)
    assert not reaches(answer(FAIL), answer(FAIL), Severity.LOW)
    assert not reaches(answer(UNKNOWN), answer(FAIL), Severity.LOW)
    assert not reaches(answer(PASS), answer(EXEMPT), Severity.LOW)
    assert reaches(answer(EXEMPT), answer(FAIL), Severity.HIGH)
    low, critical = answer(FAIL, severity=Severity.LOW), answer(FAIL, severity=Severity.CRITICAL)
    assert reaches(low, critical, Severity.HIGH)
    assert not reaches(low, critical, Severity.LOW)


def changes() -> Changes:
    """One of everything."""
    old = side(
        answer(PASS), answer(FAIL, "kv-2"), answer(FAIL, "kv-3"), answer(EXEMPT, "kv-4"), answer(FAIL, "kv-5"),
        answer(FAIL, "kv-6", HTTPS), answer(FAIL, audits.HOSTILE), as_of=audits.AS_OF.replace(day=8),
    )  # fmt: skip
    new = side(
        answer(FAIL, message="properties.enablePurgeProtection is false, expected true"), answer(PASS, "kv-2"),
        answer(EXEMPT, "kv-3"), answer(FAIL, "kv-4"), answer(UNKNOWN, "kv-5", gap="403"), rules=[PURGE],
    )  # fmt: skip
    return compare(old, new)


@pytest.mark.parametrize(("form", "suffix"), [("text", "txt"), ("json", "json"), ("markdown", "md")])
def test_golden(form: str, suffix: str) -> None:
    """Set AUDITOR_UPDATE_GOLDEN=1 to accept what is written now."""
    out = io.BytesIO()
    render_diff(changes(), form, out)
    path = Path(__file__).parent / "golden" / f"diff.{suffix}"
    if os.environ.get("AUDITOR_UPDATE_GOLDEN") == "1":
        path.write_bytes(out.getvalue())
    assert path.read_bytes() == out.getvalue()


def test_the_text_report_begins_with_what_changed() -> None:
    out = io.BytesIO()
    render(*audits.small(), "text", out, Options(changes=changes()))
    text = out.getvalue().decode()
    assert text.index("Since 2025-01-08 08:00 UTC: 1 new, 1 worse, 2 resolved, 1 better") < text.index("CRITICAL")
    assert "\x1b" not in text


def sarif(made: tuple[Audit, Findings], **options: Any) -> list[dict[str, Any]]:
    out = io.BytesIO()
    render(*made, "sarif", out, Options(**options))
    return list(json.loads(out.getvalue())["runs"][0]["results"])


def test_sarif_results_have_a_state() -> None:
    old = side(
        answer(FAIL), answer(FAIL, "kv-2"), answer(PASS, "kv-3"), answer(UNKNOWN, "kv-4"), answer(EXEMPT, "kv-5")
    )
    new = side(answer(FAIL), answer(PASS, "kv-2"), answer(FAIL, "kv-3"), answer(FAIL, "kv-4"), answer(FAIL, "kv-5"))
    found = {
        result["locations"][0]["logicalLocations"][0]["name"]: (result["baselineState"], result["kind"])
        for result in sarif(new, changes=compare(old, new))
    }
    assert found == {
        "kv-1": ("unchanged", "fail"),
        "kv-2": ("absent", "fail"),
        "kv-3": ("new", "fail"),
        "kv-4": ("updated", "fail"),
        "kv-5": ("updated", "fail"),
    }
    with_passes = sarif(new, changes=compare(old, new), outcomes=frozenset(Outcome))
    assert [result["kind"] for result in with_passes if result["baselineState"] == "absent"] == []
    assert all("baselineState" not in result for result in sarif(new))
    assert len(sarif(new, changes=compare(old, new), sarif_limit=4)) == 4


@pytest.fixture
def run(tmp_path: Path) -> Any:
    def call(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "auditor", *args]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    return call


def save(made: tuple[Audit, Findings], path: Path, **options: Any) -> str:
    with path.open("wb") as out:
        render(*made, "json", out, Options(**options))
    return path.name


def test_the_command(run: Any, tmp_path: Path) -> None:
    old = save(side(answer(PASS), answer(FAIL, "kv-2")), tmp_path / "old.json")
    new = save(side(answer(FAIL), answer(PASS, "kv-2")), tmp_path / "new.json")
    done = run("diff", old, new)
    assert done.returncode == 0
    assert "1 new, 0 worse, 1 resolved, 0 better." in done.stdout
    assert run("diff", old, new, "--fail-on-new", "high").returncode == 1
    assert run("diff", old, new, "--fail-on-new", "critical").returncode == 0
    assert run("diff", new, new, "--fail-on-new", "info").returncode == 0
    assert run("diff", old, new, "-f", "json", "-o", "diff.json").stdout == ""
    document = json.loads((tmp_path / "diff.json").read_text())
    assert document["counts"] == {"new": 1, "worse": 0, "resolved": 1, "better": 0, "notCompared": 0, "unchanged": 0}
    assert [entry["change"] for entry in document["differences"]] == ["new", "resolved"]
    assert run("diff", old, "absent.json").returncode == 3
    assert run("diff", old).returncode == 2


def test_a_saved_audit_need_not_say_where_a_resource_was_read(run: Any, tmp_path: Path) -> None:
    old = save(side(answer(FAIL)), tmp_path / "old.json")
    text = (tmp_path / "old.json").read_text()
    (tmp_path / "new.json").write_text(re.sub(r'"origin":\{"source":"\w+",', '"origin":{', text))
    assert (tmp_path / "new.json").read_text() != text
    done = run("diff", old, "new.json")
    assert (done.returncode, done.stderr) == (0, "")


def test_failures_that_may_be_new_are_told(run: Any, tmp_path: Path) -> None:
    old = save(side(answer(UNKNOWN), answer(PASS, "kv-2")), tmp_path / "old.json")
    new = save(side(answer(FAIL), answer(PASS, "kv-2")), tmp_path / "new.json")
    done = run("diff", old, new, "--fail-on-new", "high")
    assert done.returncode == 0
    assert done.stderr == "Note: 1 more at or above high may be new: they could not be compared.\n"
    assert run("diff", old, new, "--fail-on-new", "critical").stderr == ""


def test_nothing_to_compare_is_incomplete(run: Any, tmp_path: Path) -> None:
    old = save(side(answer(FAIL)), tmp_path / "old.json")
    new = save(side(rules=[HTTPS]), tmp_path / "new.json")
    done = run("diff", old, new)
    assert done.returncode == 3
    assert "Nothing could be compared" in done.stdout


def test_reports_say_what_changed_since_a_baseline(run: Any, tmp_path: Path) -> None:
    old = save(side(answer(FAIL, "kv-2"), as_of=audits.AS_OF.replace(day=8)), tmp_path / "old.json")
    new = save(side(answer(FAIL), answer(PASS, "kv-2")), tmp_path / "new.json")
    told = "Since 2025-01-08 08:00 UTC: 1 new, 0 worse, 1 resolved, 0 better"
    assert told in run("report", new, "--baseline", old).stdout
    assert told in run("report", new, "--baseline", old, "-f", "markdown").stdout
    assert '"baselineState":"absent"' in run("report", new, "--baseline", old, "-f", "sarif").stdout
    assert "Since" not in run("report", new).stdout
    assert run("report", new, "--baseline", "absent.json").returncode == 3


def test_a_scan_says_what_changed_since_a_baseline(run: Any, tmp_path: Path) -> None:
    vault = {
        "type": "Microsoft.KeyVault/vaults",
        "name": "kv1",
        "id": f"{WHERE}/rg/providers/Microsoft.KeyVault/vaults/kv1",
    }
    scan = ("scan", "--from", "in.json", "--select", PURGE.id, "--as-of", "2026-07-09")
    (tmp_path / "in.json").write_text(json.dumps([{**vault, "properties": {}}]))
    run(*scan, "-o", "old.json")
    (tmp_path / "in.json").write_text(json.dumps([{**vault, "properties": {"enablePurgeProtection": True}}]))
    done = run(*scan, "--baseline", "old.json")
    assert done.returncode == 0
    assert "0 new, 0 worse, 1 resolved, 0 better." in done.stdout


def test_origins_do_not_matter() -> None:
    old, new = side(answer(FAIL)), side(answer(FAIL, origin=Origin(source="plan", file="main.tf", line=3)))
    assert became(old, new)[0] is Change.UNCHANGED
    assert isinstance(compare(old, new).earlier[answer(FAIL).fingerprint], Outcome)


@pytest.mark.slow
def test_microsofts_validator_finds_nothing_in_a_compared_report(tmp_path: Path) -> None:
    old = side(answer(FAIL), answer(FAIL, "kv-2"), answer(PASS, "kv-3"), answer(UNKNOWN, "kv-4"))
    new = side(answer(FAIL), answer(PASS, "kv-2"), answer(FAIL, "kv-3"), answer(FAIL, "kv-4"))
    report, verdict = tmp_path / "audit.sarif", tmp_path / "verdict.sarif"
    with report.open("wb") as out:
        render(*new, "sarif", out, Options(changes=compare(old, new)))
    options = ["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--kind", "Fail", "--log", "ForceOverwrite"]
    subprocess.run(
        [tools.sarif_multitool(), "validate", str(report), "-o", str(verdict), *options],
        check=True,
        capture_output=True,
    )
    (run,) = json.loads(verdict.read_text("utf-8-sig"))["runs"]
    assert [(r["ruleId"], r["message"]) for r in run.get("results", [])] == []
