"""JUnit: what the schema (junit.xsd) allows, what each outcome becomes, and names that try to be XML."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import audits
import hostile
import pytest
import xmlschema

from auditor.model.audit import Audit
from auditor.model.finding import Evidence, Outcome
from auditor.model.finding_store import Findings
from auditor.render import junit as module
from auditor.render.formats import Options, render

SCHEMA = xmlschema.XMLSchema(Path(__file__).parent / "junit.xsd")


def written(audit: Audit, findings: Findings, **options: Any) -> bytes:
    out = io.BytesIO()
    render(audit, findings, "junit", out, Options(**options))
    return out.getvalue()


def valid(document: bytes) -> ET.Element:
    root = ET.fromstring(document)
    SCHEMA.validate(root)
    for suite in root:
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(name) == str(sum(case.find(tag) is not None for case in cases))
    return root


@pytest.mark.parametrize("make", [audits.small, audits.clean, audits.nothing, hostile.audit])
def test_documents_are_valid(make: Any) -> None:
    valid(written(*make()))


def test_each_outcome_becomes_what_ci_knows() -> None:
    root = valid(written(*audits.small()))
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == [
        "azure.application-gateway.backend-https", "azure.key-vault.purge-protection", "kubernetes.run-as-non-root",
        "azure.storage.tls", "not-looked-at",
    ]  # fmt: skip
    vaults = suites["azure.key-vault.purge-protection"]
    assert [case[0].tag if len(case) else "pass" for case in vaults] == [
        "pass", "failure", "failure", "skipped", "skipped",
    ]  # fmt: skip
    exempt, unknown = vaults.findall("testcase/skipped")
    assert exempt.get("message") == "waiver until 2025-04-01, data@example.org: Migrated in March"
    assert unknown.get("message") == "reading it was forbidden (403)"
    error = suites["azure.storage.tls"].find("testcase/error")
    assert error is not None and "an operator that does not exist" in error.get("message", "")
    failure = suites["kubernetes.run-as-non-root"].find("testcase/failure")
    assert failure is not None and failure.get("type") == "medium"
    assert "File: deploy/shop app.yaml:12" in str(failure.text)
    assert "Mend: Set runAsNonRoot." in str(failure.text)


def test_evidence_is_told_in_the_words_of_the_other_formats() -> None:
    rule = audits.rule()
    evidence = (
        Evidence(path="properties.enablePurgeProtection", actual=None, expected="true"),
        Evidence(path="properties.rules[*]", actual="found 0", expected="to find at least 1"),
    )
    root = valid(written(*audits.audit_of([rule], [audits.finding(rule, audits.vault("kv"), evidence=evidence)])))
    assert (root.findtext("testsuite/testcase/failure") or "").splitlines()[:2] == [
        "properties.enablePurgeProtection is absent, expected true",
        "properties.rules[*]: found 0, expected to find at least 1",
    ]


def test_nothing_evaluated_is_an_error_not_an_empty_report() -> None:
    (suite,) = valid(written(*audits.nothing()))
    assert suite.get("errors") == "1"


def test_names_stay_text() -> None:
    root = valid(written(*hostile.audit()))
    number = len(hostile.NAMES)
    assert len(root.findall(".//failure")) == number
    assert len(root.findall(".//skipped")) == 3 * number  # unknown, exempt and the gaps
    assert not root.findall(".//system-out")
    names = [case.get("name", "") for case in root.iter("testcase")]
    assert any("]]></failure><testcase name='x'/><!--" in name for name in names)
    assert not any(ord(character) < 32 for name in names for character in name)


def test_many_findings_are_gathered_in_several_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = written(*audits.many(500, rules=10))
    monkeypatch.setattr(module, "_AT_ONCE", 60)
    assert written(*audits.many(500, rules=10)) == whole
    assert len(valid(whole).findall("testsuite")) == 10


def test_outcomes_can_be_chosen() -> None:
    root = valid(written(*audits.small(), outcomes=frozenset({Outcome.FAIL})))
    assert len(root.findall(".//testcase/failure")) == 4
    assert not root.findall("testsuite[@name='azure.key-vault.purge-protection']/testcase/skipped")
