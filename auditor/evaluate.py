"""Rules × resources → findings. Pure: no file, no network, no clock.

`bind` reads the conditions of rules for one estate (parameters) and one time. `Judge` then judges one resource after
another; what it says of a resource does not depend on those before it. Compiled code (`conditions.compile`) decides;
whatever it does not pass is judged again by the reference interpreter, which gives the evidence.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from auditor.answers import Answer, FailureForm, FailureWriter, encode, finding_of
from auditor.conditions import explain
from auditor.conditions.compile import Compiled, Why, compile_rules
from auditor.conditions.grammar import All, Node, Path, Related, parse, parse_path, relations_of
from auditor.conditions.paths import Scope, values_at
from auditor.conditions.relations import Relations
from auditor.model import (
    SYSTEM_NAMESPACES,
    WORKLOADS,
    Counts,
    Finding,
    Outcome,
    Resource,
    Rule,
    RuleRun,
    Unknown,
)

WORKLOAD: Final = "kubernetes/workload"
"""The resource type of a rule that stands for every kind of `model.WORKLOADS`, leaving out what another object controls
and what lies in a namespace of the platform."""

_WORKLOAD_WHEN: Final = {
    "allOf": [
        {"field": "$.namespace", "notIn": {"param": "systemNamespaces"}},
        {
            "count": {"field": "$.metadata.ownerReferences[*]", "where": {"field": "controller", "equals": True}},
            "equals": 0,
        },
    ]
}


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule ready to judge: its conditions read, its parameters and the clock in their places."""

    rule: Rule
    types: tuple[str, ...]  # casefolded
    each: Path | None
    when: Node | None
    condition: Node

    @property
    def relations(self) -> tuple[Related, ...]:
        return (*(relations_of(self.when) if self.when else ()), *relations_of(self.condition))


def bind(rule: Rule, clock: dt.datetime, overrides: Mapping[str, Any] | None = None) -> Bound:
    """Read the conditions of a rule. `overrides` are the estate's own values for its parameters.

    Raises GrammarError, with the place inside the rule.
    """
    parameters: dict[str, Any] = {name: parameter.default for name, parameter in rule.parameters.items()}
    parameters |= overrides or {}
    types = tuple(dict.fromkeys(kind for name in rule.resource for kind in _types_of(name)))
    when = None if rule.when is None else parse(rule.when, parameters, clock, ("when",))
    if WORKLOAD in rule.resource:
        implied = parse(_WORKLOAD_WHEN, {"systemNamespaces": list(SYSTEM_NAMESPACES), **parameters}, clock)
        when = implied if when is None else All((implied, when))
    return Bound(
        rule=rule,
        types=types,
        each=None if rule.each is None else parse_path(rule.each, ("each",)),
        when=when,
        condition=parse(rule.condition, parameters, clock, ("assert",)),
    )


def _types_of(name: str) -> tuple[str, ...]:
    return tuple(kind.casefold() for kind in WORKLOADS) if name == WORKLOAD else (name.casefold(),)


def answers(bound: Bound, resource: Resource, relations: Relations) -> list[Answer]:
    """The reference: every answer of one rule for one resource. An empty list: the rule does not apply."""
    if bound.each is None:
        answer = _answer(bound, Scope.of(resource), None, relations)
        return [] if answer is None else [answer]
    found: list[Answer] = []
    names: set[str] = set()
    for text, element in values_at(bound.each, Scope.of(resource)):
        if isinstance(element, Unknown) and text == bound.each.text.removesuffix("[*]").removeprefix("$."):
            return [Answer(None, Outcome.UNKNOWN, gap=f"{text}: {element.reason}")]
        name = explain.element_name(element, text)
        if name in names:
            name = f"{name} ({text})"
        names.add(name)
        answer = _answer(bound, Scope(resource, element, text, element, text), name, relations)
        if answer is not None:
            found.append(answer)
    return found


def _answer(bound: Bound, scope: Scope, element: str | None, relations: Relations) -> Answer | None:
    applies = True if bound.when is None else explain.truth(bound.when, scope, relations)
    if applies is False:
        return None
    verdict = explain.truth(bound.condition, scope, relations)
    if verdict is True:
        return Answer(element, Outcome.PASS)
    if verdict is False and applies is True:
        return Answer(element, Outcome.FAIL, tuple(explain.evidence(bound.condition, scope, relations)))
    reasons = [part.reason for part in (applies, verdict) if isinstance(part, Unknown)]
    return Answer(element, Outcome.UNKNOWN, gap=reasons[0])


class _Plan(NamedTuple):
    """How the resources of one type are judged: by the function, and always by the reference."""

    function: Compiled
    compiled: tuple[int, ...]
    asked: tuple[int, ...]


class Judge:
    """All rules over one resource after another. Counts as it goes: `counts` by rule, in the order of `rules`."""

    def __init__(self, rules: Sequence[Bound], relations: Relations, *, keep_passes: bool = True) -> None:
        self.rules = tuple(rules)
        self._relations = relations
        self._keep_passes = keep_passes
        self._passed = [0] * len(self.rules)
        self._others: list[Counter[Outcome]] = [Counter() for _ in self.rules]
        self._forms = [FailureForm(bound.rule) for bound in self.rules]
        self._errors: dict[int, str] = {}
        self._plans: dict[str, _Plan | None] = {}
        self._by_type: dict[str, list[int]] = defaultdict(list)
        for index, bound in enumerate(self.rules):
            for kind in bound.types:
                self._by_type[kind].append(index)

    @property
    def types(self) -> frozenset[str]:
        """The casefolded types that some rule judges."""
        return frozenset(self._by_type)

    def findings(self, resource: Resource) -> list[bytes]:
        """Every finding of a resource, as JSON; passes only when they are kept."""
        try:
            plan = self._plans[resource.type]
        except KeyError:
            plan = self._plan(resource.type)
        if plan is None:
            return []
        kept: list[int] = []
        failed: list[tuple[int, Why]] = []
        asked = list(plan.asked)
        if resource.partial:
            asked = [*plan.compiled, *asked]
        else:
            plan.function(resource, self._passed, kept.append, lambda *fail: failed.append(fail), asked.append)
        found: list[bytes] = []
        if failed:
            writer = FailureWriter(resource)
            for index, why in failed:
                self._others[index][Outcome.FAIL] += 1
                found.append(writer.line(self._forms[index], why))
        if self._keep_passes:
            found += [encode(finding_of(self.rules[i].rule, resource, Answer(None, Outcome.PASS))) for i in kept]
        for index in asked:
            found += map(encode, self._reference(index, resource))
        return found

    def _plan(self, kind: str) -> _Plan | None:
        """How a type is judged. Passes of a rule with `each` have names, which only the reference gives."""
        if len(self._plans) > _MOST_TYPES:
            self._plans.clear()  # spellings of types come from the input, so their number has no bound of its own
        indexes = self._by_type.get(kind.casefold(), ())
        asked = tuple(i for i in indexes if self._keep_passes and self.rules[i].each is not None)
        compiled = tuple(i for i in indexes if i not in asked)
        plan = None
        if indexes:
            plan = _Plan(compile_rules([(i, self.rules[i]) for i in compiled], self._relations), compiled, asked)
        self._plans[kind] = plan
        return plan

    def _reference(self, index: int, resource: Resource) -> list[Finding]:
        bound = self.rules[index]
        try:
            given = answers(bound, resource, self._relations)
        except Exception as error:  # noqa: BLE001  (isolation point: one rule on one resource)
            told = f"{type(error).__name__}: {error}"
            self._errors.setdefault(index, told)
            given = [Answer(None, Outcome.ERROR, gap=told)]
        found = []
        for answer in given:
            self._others[index][answer.outcome] += 1
            if self._keep_passes or answer.outcome is not Outcome.PASS:
                found.append(finding_of(bound.rule, resource, answer))
        return found

    def runs(self) -> list[RuleRun]:
        """Every rule with what it has said so far."""
        return [
            RuleRun(
                rule=bound.rule,
                counts=Counts(
                    passed=self._passed[index] + others[Outcome.PASS],
                    fail=others[Outcome.FAIL],
                    unknown=others[Outcome.UNKNOWN],
                    error=others[Outcome.ERROR],
                ),
                error=self._errors.get(index),
            )
            for index, (bound, others) in enumerate(zip(self.rules, self._others, strict=True))
        ]


_MOST_TYPES: Final = 4096
