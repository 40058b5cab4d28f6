"""What replaces a secret changes no verdict: every rule says the same of a resource with and without its secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from auditor.demo.estate_inventory import AS_OF, FOLDER, Body, inventory
from auditor.demo.faults import as_found, planted
from auditor.evaluate.bound_rule import bind
from auditor.evaluate.interpreter import answers
from auditor.ingest.diagnostics import Broken, Log
from auditor.ingest.envelopes import At, resources_of
from auditor.ingest.yaml_documents import yaml_documents
from auditor.pipeline.audit import audit
from auditor.ruleset.loader import load_rules
from auditor.ruleset.rule_schema_model import RuleSource
from auditor.ruleset.rule_testing import prepare
from auditor.sanitize.resources import searched
from tests.bundled import SOURCES


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.rule.id)
def test_the_cases_of_every_rule(source: RuleSource) -> None:
    for case in source.cases:
        bound, resource, relations = prepare(source, case)
        given, left = (
            [(a.element, a.outcome) for a in answers(bound, one, relations)] for one in (resource, searched(resource))
        )
        assert left == given, case.name


def as_written() -> Iterator[Body]:
    """The bodies of the demo estate before anything is taken out of them."""
    for path in sorted(path for path in (FOLDER / "estate").rglob("*") if path.is_file()):
        if path.suffix == ".json":
            documents = [json.loads(path.read_text(encoding="utf-8"))]
        else:
            with path.open("rb") as stream:
                documents = [one.value for one in yaml_documents(stream) if not isinstance(one, Broken)]
        for document in documents:
            yield from (one.body for one in resources_of(document, At(str(path)), Log()))


@pytest.mark.parametrize("faults", [False, True], ids=["as designed", "as found"])
def test_the_demo_estate(faults: bool) -> None:
    rules = [bind(rule, AS_OF) for rule in load_rules()]
    bodies = list(as_written())
    bodies = as_found(bodies, planted()) if faults else bodies
    clean = [searched(resource).body for resource in inventory(bodies).resources()]
    assert bodies != clean or not faults, "there are secrets among the faults"
    assert _findings(rules, clean) == _findings(rules, bodies)


def _findings(rules: Any, bodies: list[Body]) -> dict[str, str]:
    looked_for = {kind for rule in rules for kind in rule.related}
    _outcome, findings = audit(rules, inventory(bodies, looked_for), clock=AS_OF)
    with findings:
        return {finding.fingerprint: finding.outcome.value for finding in findings}
