"""What a plan does not know, or must not show, turns no answer around: what fails or passes stays so, or is unknown.

Every rule's own cases, as plans, with one attribute or block after another known only after apply, or sensitive. A
sample runs here; `LESS_KNOWN=1 pytest tests/test_plan_less_known.py` runs all of it (some 60,000 plans).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from auditor.evaluate.engine import Bound
from auditor.pipeline.audit import audit
from auditor.pipeline.change_overlay import after_change
from auditor.plans.terraform.plan import read_terraform_plan
from auditor.ruleset.rule_schema_model import CLOCK, CaseForm, RuleSource
from auditor.ruleset.rule_testing import _others, given_resource, prepare
from tests.bundled import SOURCES
from tests.terraform.case_plans import (
    Tree,
    Way,
    known_later,
    manifest_known_later,
    manifest_places,
    manifests_of,
    plan_of,
    sensitive,
    written_places,
)

EVERY = int(os.environ.get("LESS_KNOWN", "60"))
AZURE = [one for one in SOURCES if "plan" in one.rule.sources and one.rule.resource[0].startswith("M")]
CLUSTER = [one for one in SOURCES if "manifest" in one.rule.sources and one.rule.resource[0][0] != "M"]
ORDER = ("error", "fail", "unknown", "pass")
KEPT = {"error": {"error"}, "fail": {"fail", "unknown"}, "unknown": {"unknown"}, "pass": {"pass", "unknown"}}
KEPT["none"] = {"none", "unknown", "pass"}  # a rule that may apply, and would be content


def answer(bound: Bound, plan: dict[str, Any]) -> str:
    """The worst answer, `none` where the rule does not apply."""
    _audit, findings = audit([bound], after_change(["p"], [read_terraform_plan(plan, "p")]), clock=CLOCK)
    with findings:
        given = {one.outcome.value for one in findings}
    return next((outcome for outcome in ORDER if outcome in given), "none")


def plan_of_case(source: RuleSource, case: CaseForm) -> dict[str, Any] | None:
    """The plan of a case; None where azurerm cannot say it, or something in it is unknown already."""
    resource = given_resource(source, case)
    given = [resource, *_others(case, resource)]
    if case.unread or any(one.partial or one.is_kubernetes for one in given):
        return None
    return plan_of([one.body for one in given])


def manifests_of_case(source: RuleSource, case: CaseForm) -> dict[str, Any] | None:
    """The plan of a case of objects of a cluster; None where it holds anything else, or unknowns already."""
    resource = given_resource(source, case)
    given = [resource, *_others(case, resource)]
    if case.unread or any(one.partial or not one.is_kubernetes for one in given):
        return None
    return manifests_of([one.body for one in given])


def check(
    source: RuleSource,
    plan_of_case: Callable[[RuleSource, CaseForm], Tree | None],
    places_of: Callable[[Tree], Iterable[tuple[int, Way]]],
    hidden: Callable[[Tree, int, Way], Tree],
) -> None:
    """That no place which is hidden turns the answer of a case around."""
    drawn = random.Random(source.rule.id)
    for case in source.cases:
        plan = plan_of_case(source, case)
        places = [place for place in places_of(plan) if drawn.randrange(EVERY) == 0] if plan else []
        if not plan or not places:
            continue
        bound, _resource, _relations = prepare(source, case)
        known = answer(bound, plan)
        for number, way in places:
            assert answer(bound, hidden(plan, number, way)) in KEPT[known], (case.name, number, way, known)


@pytest.mark.parametrize("hidden", [known_later, sensitive])
@pytest.mark.parametrize("source", AZURE, ids=lambda source: source.rule.id)
def test_what_is_not_told_of_azure_turns_no_answer_around(
    source: RuleSource, hidden: Callable[[Tree, int, Way], Tree]
) -> None:
    check(source, plan_of_case, written_places, hidden)


@pytest.mark.parametrize("hidden", [manifest_known_later, sensitive])
@pytest.mark.parametrize("source", CLUSTER, ids=lambda source: source.rule.id)
def test_what_is_not_told_of_a_cluster_turns_no_answer_around(
    source: RuleSource, hidden: Callable[[Tree, int, Way], Tree]
) -> None:
    check(source, manifests_of_case, manifest_places, hidden)
