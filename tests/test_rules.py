"""Every case of every rule, by the reference and by the compiled form; and each change of a rule must be noticed."""

from __future__ import annotations

import msgspec
import pytest

from auditor.evaluate.engine import Judge
from auditor.evaluate.interpreter import answers
from auditor.model.finding import Finding
from auditor.ruleset.rule_schema_model import CaseForm, RuleSource
from auditor.ruleset.rule_testing import prepare, run_case, survivors
from tests.bundled import SOURCES
from tests.plain_findings import finding_of

DECODER = msgspec.json.Decoder(Finding)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.rule.id)
def test_cases(source: RuleSource) -> None:
    for case in source.cases:
        result = run_case(source, case)
        assert (case.name, result.problem, result.found) == (case.name, "", case.expect)
        bound, resource, relations = prepare(source, case)
        compiled = [DECODER.decode(line) for line in Judge([bound], relations).findings(resource)]
        expected = [finding_of(bound.rule, resource, answer) for answer in answers(bound, resource, relations)]
        assert (case.name, _in_order(compiled)) == (case.name, _in_order(expected))


def _in_order(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.fingerprint)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.rule.id)
def test_cases_notice_every_change_of_the_rule(source: RuleSource) -> None:
    assert survivors(source) == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.rule.id)
def test_rule_is_complete(source: RuleSource) -> None:
    expected = {outcome for case in source.cases for outcome in _outcomes(case)}
    assert {"pass", "fail", "unknown"} <= expected, "a case for what passes, what fails and what is not known"
    assert not source.rule.title.endswith(".")


def _outcomes(case: CaseForm) -> list[str]:
    return list(case.expect.values()) if isinstance(case.expect, dict) else [case.expect]
