"""What a plan does not know, or must not show, turns no answer around: what fails or passes stays so, or is unknown.

Every rule's own cases, as plans, with one attribute or block after another known only after apply, or sensitive. A
sample runs here; `LESS_KNOWN=1 pytest tests/test_plan_less_known.py` runs all of it (12,000 plans).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from auditor.audit import audit
from auditor.cases import _others, given_resource, prepare
from auditor.cli.gate import _after
from auditor.evaluate import Bound
from auditor.plans.terraform import read_terraform_plan
from auditor.rule_file import CLOCK, CaseForm, RuleSource
from auditor.rulebook import sources, unique
from tests.terraform.case_plans import Tree, Way, known_later, plan_of, sensitive, written_places

EVERY = int(os.environ.get("LESS_KNOWN", "30"))
SOURCES = [one for one in unique(sources()) if "plan" in one.rule.sources and one.rule.resource[0].startswith("M")]
ORDER = ("error", "fail", "unknown", "pass")
KEPT = {"error": {"error"}, "fail": {"fail", "unknown"}, "unknown": {"unknown"}, "pass": {"pass", "unknown"}}
KEPT["none"] = {"none", "unknown", "pass"}  # a rule that may apply, and would be content


def answer(bound: Bound, plan: dict[str, Any]) -> str:
    """The worst answer, `none` where the rule does not apply."""
    _audit, findings = audit([bound], _after(["p"], [read_terraform_plan(plan, "p")]), clock=CLOCK)
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


@pytest.mark.parametrize("hidden", [known_later, sensitive])
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.rule.id)
def test_what_is_not_told_turns_no_answer_around(source: RuleSource, hidden: Callable[[Tree, int, Way], Tree]) -> None:
    drawn = random.Random(source.rule.id)
    for case in source.cases:
        plan = plan_of_case(source, case)
        places = [place for place in written_places(plan) if drawn.randrange(EVERY) == 0] if plan else []
        if not plan or not places:
            continue
        bound, _resource, _relations = prepare(source, case)
        known = answer(bound, plan)
        for number, way in places:
            assert answer(bound, hidden(plan, number, way)) in KEPT[known], (case.name, number, way, known)
