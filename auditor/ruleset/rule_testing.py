"""Runs the test cases that rules carry, and turns conditions around to see whether the cases notice (mutation)."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from msgspec.structs import replace

from auditor.evaluate.bound_rule import WORKLOAD, Bound, bind
from auditor.evaluate.conditions.grammar import All, AnyOf, Count, Field, Node, Not, NotKnown, Related, Test, Value
from auditor.evaluate.conditions.relations import Relations
from auditor.evaluate.conditions.scalars import parse_time
from auditor.evaluate.finding_writer import Answer
from auditor.evaluate.interpreter import answers
from auditor.model import positioned_yaml
from auditor.model.errors import RuleError
from auditor.model.gap import Gap
from auditor.model.kubernetes_types import kubernetes_type
from auditor.model.package_data import rules_folder
from auditor.model.positioned_yaml import ABSENT
from auditor.model.resource import Origin, Resource, holds_unknown
from auditor.ruleset.rule_schema_model import CLOCK, CaseForm, RuleSource

_SCOPE: Final = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"
_ORIGIN: Final = Origin(source="case")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of a case: `found` is None when the case itself is broken (`problem`)."""

    source: RuleSource
    case: CaseForm
    found: Any
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem and self.found == self.case.expect


def run_case(source: RuleSource, case: CaseForm) -> CaseResult:
    """Judge a case with the reference interpreter."""
    try:
        bound, resource, relations = prepare(source, case)
    except RuleError as error:
        return CaseResult(source, case, None, error.sentence)
    return CaseResult(source, case, _verdict(answers(bound, resource, relations), case))


def prepare(source: RuleSource, case: CaseForm) -> tuple[Bound, Resource, Relations]:
    """The rule, the resource and the relations of a case. Raises RuleError."""
    clock = CLOCK
    if case.as_of:
        parsed = parse_time(case.as_of)
        if parsed is None:
            raise RuleError(f"asOf {case.as_of!r} is not a time", "")
        clock = parsed
    bound = bind(source.rule, clock, case.parameters)
    resource = given_resource(source, case)
    relations = Relations([bound], covers=_related_types(bound) - {kind.casefold() for kind in case.unread})
    for other in _others(case, resource):
        if other.type.casefold() in relations.types:
            relations.add(other)
    relations.add_gaps(Gap(what=f"case {case.name}", reason="could not be read", type=kind) for kind in case.unread)
    return bound, resource, relations


def _related_types(bound: Bound) -> frozenset[str]:
    return bound.related


def given_resource(source: RuleSource, case: CaseForm) -> Resource:
    """The resource that a case describes, with id, type and name added. Raises RuleError."""
    body = merge(fixture(case.base), case.given) if case.base else strip(case.given)
    kind = source.rule.resource[0]
    return _resource(body, "core/Pod" if kind == WORKLOAD else kind, "given")


def _resource(body: dict[str, Any], kind: str, name: str) -> Resource:
    if "apiVersion" in body and "kind" in body and "type" not in body:
        kind = kubernetes_type(body)
    elif isinstance(body.get("type"), str):
        kind = body["type"]
    elif not kind.startswith("Microsoft.") and not kind.startswith("auditor/"):
        group, _, short = kind.partition("/")
        version = "v1" if group == "core" else f"{group}/v1"
        body = {"apiVersion": version, "kind": short, **body}
    if "apiVersion" in body and "kind" in body:
        body = {**body, "metadata": {"name": name, **(body.get("metadata") or {})}}
    else:
        body = {"type": kind, "name": name, **body}
        body.setdefault("id", f"{_SCOPE}/providers/{kind}/{str(body['name']).rpartition('/')[2]}")
    return Resource(kind, body, _ORIGIN, partial=holds_unknown(body))


def _others(case: CaseForm, resource: Resource) -> Iterator[Resource]:
    for index, raw in enumerate(case.with_):
        body = strip(raw)
        kind = body.get("type")
        if body.pop("parent", False):
            if not isinstance(kind, str):
                raise RuleError(f"with[{index}] has no type", "")
            name = body.setdefault("name", f"other{index}")
            ours = resource.type.casefold()
            below = kind[len(ours) + 1 :] if kind.casefold().startswith(ours + "/") else f"providers/{kind}"
            body["id"] = f"{resource.id}/{below}/{name}"
        elif not isinstance(kind, str) and "kind" not in body:
            raise RuleError(f"with[{index}] has no type", "")
        yield _resource(body, str(kind or ""), f"other{index}")


def _verdict(found: list[Answer], case: CaseForm) -> Any:
    if isinstance(case.expect, dict):
        return {str(answer.element): answer.outcome.value for answer in found}
    outcomes = [answer.outcome.value for answer in found]
    worst = [outcome for outcome in ("error", "fail", "unknown", "pass") if outcome in outcomes]
    return worst[0] if worst else "not-applicable"


@lru_cache(maxsize=64)
def _fixture_text(name: str) -> dict[str, Any]:
    path = rules_folder() / "fixtures" / f"{name}.yaml"
    if not path.is_file():
        raise RuleError(f"there is no fixture rules/fixtures/{name}.yaml", "")
    raw, _marks = positioned_yaml.load(path.read_text(encoding="utf-8"), str(path))
    if not isinstance(raw, dict):
        raise RuleError(f"{path}: a fixture is one resource", "")
    return raw


def fixture(name: str) -> dict[str, Any]:
    """A copy of the body of a fixture. Raises RuleError."""
    return copy.deepcopy(_fixture_text(name))


def merge(base: Any, change: Any) -> Any:
    """`change` laid over `base`: objects key by key, everything else replaced, `!absent` taken away."""
    if not (isinstance(base, dict) and isinstance(change, dict)):
        return strip(change)
    merged = {key: merge(value, change[key]) if key in change else value for key, value in base.items()}
    merged |= {key: strip(value) for key, value in change.items() if key not in base}
    return {key: value for key, value in merged.items() if change.get(key) is not ABSENT}


def strip(value: Any) -> Any:
    """A copy without `!absent` keys."""
    if isinstance(value, dict):
        return {key: strip(item) for key, item in value.items() if item is not ABSENT}
    return [strip(item) for item in value] if isinstance(value, list) else value


# --- mutation -----------------------------------------------------------------------------------------------------


def survivors(source: RuleSource) -> list[str]:
    """Changes of the rule's conditions that none of its cases notices, each in words. Empty is good."""
    prepared = [(case, *prepare(source, case)) for case in source.cases]
    baseline = [_verdict(answers(bound, resource, relations), case) for case, bound, resource, relations in prepared]
    changes = [label for label, _ in _changed(prepared[0][1])]
    unnoticed = []
    for index, label in enumerate(changes):
        noticed = False
        for (case, bound, resource, relations), expected in zip(prepared, baseline, strict=True):
            mutants = list(_changed(bound))
            if index >= len(mutants):
                continue
            if _verdict(answers(mutants[index][1], resource, relations), case) != expected:
                noticed = True
                break
        if not noticed:
            unnoticed.append(label)
    return unnoticed


def _changed(bound: Bound) -> Iterator[tuple[str, Bound]]:
    if bound.when is not None:
        for label, node in _mutants(bound.when):
            yield f"when: {label}", bound.changed(when=node)
    for label, node in _mutants(bound.condition):
        yield f"assert: {label}", bound.changed(condition=node)


def _mutants(node: Node) -> Iterator[tuple[str, Node]]:
    match node:
        case All(parts) | AnyOf(parts):
            for index, part in enumerate(parts):
                for label, changed in _mutants(part):
                    yield label, type(node)((*parts[:index], changed, *parts[index + 1 :]))
        case Not(part):
            for label, changed in _mutants(part):
                yield label, Not(changed)
        case Field(path, test):
            yield f"{path.text} {test.operator} turned around", Not(node)
            for label, moved in _moved(test):
                yield f"{path.text} {label}", replace(node, test=moved)
        case Value(_, test):
            yield f"value {test.operator} turned around", Not(node)
        case Count(path, where, test):
            yield f"count of {path.text} turned around", Not(node)
            for label, moved in _moved(test):
                yield f"count of {path.text} {label}", replace(node, test=moved)
            for label, changed in () if where is None else _mutants(where):
                yield f"count of {path.text} where {label}", replace(node, where=changed)
        case Related(types=types, where=where, test=test):
            name = f"related {', '.join(types)}"
            yield f"{name} turned around", Not(node)
            for label, moved in _moved(test):
                yield f"{name} {label}", replace(node, test=moved)
            for label, changed in () if where is None else _mutants(where):
                yield f"{name} where {label}", replace(node, where=changed)
        case NotKnown(reason):
            for verdict in (All(()), AnyOf(())):
                yield f"{'true' if isinstance(verdict, All) else 'false'} instead of unknown: {reason}", verdict


def _moved(test: Test) -> Iterator[tuple[str, Test]]:
    """The test with its threshold moved by one step to either side."""
    thresholds = ("less", "lessOrEquals", "greater", "greaterOrEquals")
    if test.operator in thresholds and isinstance(test.operand, int):
        for step in (-1, 1):
            operand = test.operand + step
            yield (
                f"{test.operator} {operand} instead of {test.operand}",
                replace(test, operand=operand, prepared=operand),
            )
    elif test.operator in ("before", "after") and isinstance(test.prepared, dt.datetime):
        for step in (-1, 1):
            moved = test.prepared + dt.timedelta(days=step)
            yield f"{test.operator} {step:+} day", replace(test, prepared=moved)
    elif test.operator == "atLeast" and test.prepared:
        floor, ranks = test.prepared
        for rank in (floor - 1, floor + 1):
            if 0 <= rank <= len(ranks):
                yield f"atLeast moved to rank {rank}", replace(test, prepared=(rank, ranks))
    elif test.operator == "versionAtLeast" and test.prepared:
        *head, last = test.prepared
        for step in (-1, 1):
            if last + step >= 0:
                yield f"versionAtLeast {step:+}", replace(test, prepared=(*head, last + step))
    elif test.operator in ("in", "notIn") and isinstance(test.operand, list):
        for index, item in enumerate(test.operand):
            rest = [*test.operand[:index], *test.operand[index + 1 :]]
            if rest and len(test.operand) <= _LONGEST_LIST:
                yield f"{test.operator} without {item}", replace(test, operand=rest, prepared=rest)


_LONGEST_LIST: Final = 6
"""Longer lists are tables of names; asking a case for each would only copy the table."""
