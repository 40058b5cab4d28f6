"""What must not matter to a verdict: every case of every rule, written another way, has the same answers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from auditor.evaluate.bound_rule import bind
from auditor.evaluate.conditions.grammar import EACH, Count, Field, Node, Related, parts_of
from auditor.ruleset.rule_schema_model import CLOCK, CaseForm, RuleSource
from auditor.ruleset.rule_testing import fixture, merge, run_case, strip
from tests.bundled import SOURCES

Change = Callable[[Any, str], Any]


def outcomes(source: RuleSource, case: CaseForm) -> list[str]:
    """The outcomes of a case, without the names of elements, which say where in a list they are."""
    found = run_case(source, case).found
    return sorted(found.values() if isinstance(found, dict) else [str(found)])


def whole(case: CaseForm) -> CaseForm:
    """The case with its fixture filled in."""
    given = merge(fixture(case.base), case.given) if case.base else strip(case.given)
    return case.model_copy(update={"base": None, "given": given})


def rewritten(case: CaseForm, change: Change) -> CaseForm:
    """The case with every value changed; `parent: true` is part of the form and no value."""
    given = walked(case.given, change, "")
    others = [{**walked(other, change, ""), "parent": other.get("parent", False)} for other in case.with_]
    return case.model_copy(update={"given": given, "with_": others})


def walked(value: Any, change: Change, key: str) -> Any:
    if isinstance(value, dict):
        return change({name: walked(item, change, str(name)) for name, item in value.items()}, key)
    if isinstance(value, list):
        return change([walked(item, change, key) for item in value], key)
    return change(value, key)


def reversed_lists(value: Any, _key: str) -> Any:
    return value[::-1] if isinstance(value, list) else value


def capital_ids(value: Any, key: str) -> Any:
    return value.upper() if isinstance(value, str) and value.startswith("/") and key.endswith(("id", "Id")) else value


def booleans_as_texts(value: Any, _key: str) -> Any:
    return str(value) if isinstance(value, bool) else value


@pytest.mark.slow
@pytest.mark.parametrize("change", [reversed_lists, capital_ids, booleans_as_texts])
def test_another_spelling_has_the_same_outcomes(change: Change) -> None:
    different = []
    for source in SOURCES:
        if change is booleans_as_texts and not source.rule.id.startswith("azure."):
            continue  # Kubernetes refuses a text for a boolean
        for case in map(whole, source.cases):
            if outcomes(source, rewritten(case, change)) != outcomes(source, case):
                different.append((source.rule.id, case.name))
    assert not different


def test_null_is_absent() -> None:
    different = []
    for source in SOURCES:
        paths = {path for path in paths_of(source) if path[0] not in COMPUTED}
        for case in map(whole, source.cases):
            given = copy.deepcopy(case.given)
            if sum(set_null(given, path) for path in paths):
                expected = outcomes(source, case)
                if outcomes(source, case.model_copy(update={"given": given})) != expected:
                    different.append((source.rule.id, case.name))
    assert not different


COMPUTED = frozenset({"id", "name", "type", "namespace", "cluster", "parentId", "subscriptionId", "resourceGroup"})
"""Names that a resource has whatever its body holds."""


def paths_of(source: RuleSource) -> Iterator[tuple[str, ...]]:
    """The paths that the conditions test of the resource itself, outside of lists."""
    bound = bind(source.rule, CLOCK)
    stack: list[Node] = [node for node in (bound.when, bound.condition) if node is not None]
    while stack:
        node = stack.pop()
        stack += () if isinstance(node, Count | Related) else parts_of(node)
        if isinstance(node, Field) and not bound.each and node.path.segments and EACH not in node.path.segments:
            yield node.path.segments


def set_null(value: Any, path: tuple[str, ...]) -> int:
    """Sets the first key that is missing on the way of a path to null; the number of changes."""
    first, *rest = path
    if not isinstance(value, dict):
        return 0
    for key in value:
        if str(key).casefold() == first.casefold():
            return set_null(value[key], tuple(rest)) if rest else 0
    value[first] = None
    return 1


def test_what_was_not_read_silences_no_failure() -> None:
    silent = []
    for source in SOURCES:
        bound = bind(source.rule, CLOCK)
        types = sorted(bound.related)
        for case in map(whole, source.cases) if types else ():
            if "fail" not in outcomes(source, case):
                continue
            others = [other for other in case.with_ if str(other.get("type", "")).casefold() not in types]
            unread = case.model_copy(update={"with_": others, "unread": [*case.unread, *types]})
            if set(outcomes(source, unread)) <= {"pass", "not-applicable"}:
                silent.append((source.rule.id, case.name))
    assert not silent
