"""Rules × resources → findings. Pure: no file, no network, no clock.

`bind` reads the conditions of rules for one estate (parameters) and one time. `Judge` then judges one resource after
another; what it says of a resource does not depend on those before it. Compiled code (`conditions.compile`) decides;
whatever it does not pass is judged again by the reference interpreter, which gives the evidence.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from auditor.answers import Answer, Form, Writer, encode, finding_of, identity_of
from auditor.conditions import explain
from auditor.conditions.grammar import All, Node, Path, Related, parse, parse_path, related_types, relations_of
from auditor.conditions.marks import ASK, FAILS, PASSES, SKIP
from auditor.conditions.paths import Scope, values_at
from auditor.conditions.relations import Relations
from auditor.model import (
    SYSTEM_NAMESPACES,
    WORKLOADS,
    Counts,
    Evidence,
    Outcome,
    Resource,
    Rule,
    RulePack,
    RuleRun,
    Unknown,
)
from auditor.owners import owner_of

if TYPE_CHECKING:
    from auditor.conditions.compile import Compiled
    from auditor.conditions.reasons import Explainer
    from auditor.excerpts import Excerpts

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


class Nodes(NamedTuple):
    """The conditions of a rule, read."""

    each: Path | None
    when: Node | None
    condition: Node


class Bound:
    """A rule for one estate and one time. Its conditions are read when they are first needed: an audit of few types
    needs few of them."""

    __slots__ = ("_nodes", "clock", "parameters", "rule", "types")

    def __init__(
        self, rule: Rule, clock: dt.datetime, parameters: Mapping[str, Any], nodes: Nodes | None = None
    ) -> None:
        self.rule = rule
        self.clock = clock
        self.types = tuple(dict.fromkeys(kind for name in rule.resource for kind in _types_of(name)))  # casefolded
        self.parameters = parameters
        self._nodes = nodes

    @property
    def nodes(self) -> Nodes:
        """The conditions. Raises GrammarError, with the place inside the rule."""
        if self._nodes is None:
            self._nodes = _read(self.rule, self.parameters, self.clock)
        return self._nodes

    @property
    def each(self) -> Path | None:
        return self.nodes.each

    @property
    def when(self) -> Node | None:
        return self.nodes.when

    @property
    def condition(self) -> Node:
        return self.nodes.condition

    @property
    def related(self) -> frozenset[str]:
        """The casefolded types that the relations name; told without reading the conditions."""
        return frozenset((*related_types(self.rule.when), *related_types(self.rule.condition)))

    @property
    def relations(self) -> tuple[Related, ...]:
        """Every relation in the conditions."""
        if not self.related:
            return ()
        return (*(relations_of(self.when) if self.when else ()), *relations_of(self.condition))

    def changed(self, **nodes: Any) -> Bound:
        """The same rule with other conditions."""
        return Bound(self.rule, self.clock, self.parameters, self.nodes._replace(**nodes))


def bind(rule: Rule, clock: dt.datetime, overrides: Mapping[str, Any] | None = None) -> Bound:
    """A rule for an estate. `overrides` are the estate's own values for its parameters.

    Raises GrammarError, with the place inside the rule, when overrides do not fit; a bundled rule is known to be sound.
    """
    parameters: dict[str, Any] = {name: parameter.default for name, parameter in rule.parameters.items()}
    bound = Bound(rule, clock, {**parameters, **(overrides or {})})
    if overrides:
        _ = bound.nodes
    return bound


def _read(rule: Rule, parameters: Mapping[str, Any], clock: dt.datetime) -> Nodes:
    when = None if rule.when is None else parse(rule.when, parameters, clock, ("when",))
    if WORKLOAD in rule.resource:
        implied = parse(_WORKLOAD_WHEN, {"systemNamespaces": list(SYSTEM_NAMESPACES), **parameters}, clock)
        when = implied if when is None else All((implied, when))
    return Nodes(
        each=None if rule.each is None else parse_path(rule.each, ("each",)),
        when=when,
        condition=parse(rule.condition, parameters, clock, ("assert",)),
    )


def _types_of(name: str) -> tuple[str, ...]:
    return tuple(kind.casefold() for kind in WORKLOADS) if name == WORKLOAD else (name.casefold(),)


Reason = Callable[[Bound, Scope, Relations], Sequence[Evidence]]
"""Gives the evidence of a failure."""


def reason(bound: Bound, scope: Scope, relations: Relations) -> Sequence[Evidence]:
    """The reference: the evidence of a rule that fails."""
    return explain.evidence(bound.condition, scope, relations)


def answers(bound: Bound, resource: Resource, relations: Relations) -> list[Answer]:
    """The reference: every answer of one rule for one resource. An empty list: the rule does not apply."""
    if bound.each is None:
        answer = _answer(bound, Scope.of(resource), None, relations)
        return [] if answer is None else [answer]
    return marked_answers(bound, resource, relations)


def marked_answers(
    bound: Bound,
    resource: Resource,
    relations: Relations,
    marks: Sequence[int] | None = None,
    why: Reason = reason,
) -> list[Answer]:
    """The same for a rule with `each`. `marks`: what is known of the elements already; then only some are judged."""
    assert bound.each is not None  # noqa: S101
    values = values_at(bound.each, Scope.of(resource))
    found: list[Answer] = []
    names: set[str] = set()
    for (text, element), mark in zip(values, marks or [ASK] * len(values), strict=True):
        if isinstance(element, Unknown) and not text.endswith("]"):
            return [Answer(None, Outcome.UNKNOWN, gap=f"{text}: {element.reason}")]
        name = explain.element_name(element, text)
        if name in names:
            name = f"{name} ({text})"
        names.add(name)
        answer: Answer | None = None
        if mark == PASSES:
            answer = Answer(name, Outcome.PASS)
        elif mark != SKIP:
            scope = Scope(resource, element, text, element, text)
            if mark == FAILS:
                answer = Answer(name, Outcome.FAIL, tuple(why(bound, scope, relations)))
            else:
                answer = _answer(bound, scope, name, relations)
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
        return Answer(element, Outcome.FAIL, tuple(reason(bound, scope, relations)))
    reasons = [part.reason for part in (applies, verdict) if isinstance(part, Unknown)]
    return Answer(element, Outcome.UNKNOWN, gap=reasons[0])


def rule_pack(rules: Sequence[Bound]) -> RulePack:
    """What identifies these rules and the estate's own parameters: SHA-256, its first 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for bound in sorted(rules, key=lambda bound: bound.rule.id):
        digest.update(encode((bound.rule, bound.parameters)))
    return RulePack(digest=digest.hexdigest()[:12], rules=len(rules))


_Key = tuple[str, str, bool]
"""What decides which function judges a resource: its type, where it was read, whether it holds unknown values."""


class Judge:
    """All rules over one resource after another. Counts as it goes: `counts` by rule, in the order of `rules`.

    `patience` is the number of resources of a type, and of failures of a rule, that are left to the reference before
    code is generated: that takes longer than to judge a few. `owner_tags` say whose a finding is; `excerpts` collects
    parts of resources that fail.
    """

    def __init__(
        self,
        rules: Sequence[Bound],
        relations: Relations,
        *,
        keep_passes: bool = True,
        patience: int = 0,
        owner_tags: tuple[str, ...] = (),
        excerpts: Excerpts | None = None,
    ) -> None:
        self.rules = tuple(rules)
        self._relations = relations
        self._keep_passes = keep_passes
        self._counts = [Counts() for _ in self.rules]
        self._passed = [0] * len(self.rules)  # of these the passes: the commonest answer by far
        self._forms: dict[tuple[int, Outcome], Form] = {}
        self._errors: dict[int, str] = {}
        self._functions: dict[_Key, Compiled | None] = {}
        self._by_folded: dict[_Key, Compiled | None] = {}
        self._explainers: dict[tuple[int, bool], Explainer] = {}
        self._patience = patience
        self._owner_tags = owner_tags
        self._excerpts = excerpts
        self._ranks = [bound.rule.severity.rank for bound in self.rules]
        self._met: Counter[_Key] = Counter()  # resources by type, failures by rule: until there is code
        self._failures: Counter[int] = Counter()
        # What the function of a type reports of one resource; emptied after each.
        self._kept: list[int] = []
        self._failed: list[int] = []
        self._marked: list[tuple[int, list[int]]] = []
        self._asked: list[int] = []
        self._report = tuple(told.append for told in (self._kept, self._failed, self._marked, self._asked))
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
        key = resource.type, resource.origin.source, resource.partial
        try:
            function = self._functions[key]
        except KeyError:
            function = self._function(key)
        if function is None:
            return []
        if function is _not_yet:
            self._asked += self._indexes(resource.type, resource.origin.source)
        else:
            function(resource, *self._report)
        for index in self._kept:
            self._passed[index] += 1
        found: list[bytes] = []
        if self._keep_passes or self._failed or self._marked or self._asked:
            found = self._told(resource)
        self._kept.clear()
        return found

    def _told(self, resource: Resource) -> list[bytes]:
        """The findings of a resource, in the order of the rules. Its plain passes are counted already."""
        told: list[tuple[int, int | list[int]]] = [*self._marked]
        told += [(index, FAILS) for index in self._failed]
        told += [(index, ASK) for index in self._asked]
        if self._keep_passes:
            told += [(index, PASSES) for index in self._kept]
        for reports in (self._failed, self._marked, self._asked):
            reports.clear()
        found: list[bytes] = []
        writer: Writer | None = None
        owner: str | None = None
        excerpts = self._excerpts
        for index, known in sorted(told, key=_first):
            if isinstance(known, list) and not self._keep_passes and ASK not in known and FAILS not in known:
                self._passed[index] += known.count(PASSES)
                continue
            if writer is None:
                owner = owner_of(resource, self._owner_tags) if self._owner_tags else None
                writer = Writer(resource, owner)
            for answer in self._answers(index, resource, known):
                if known != PASSES:
                    count(self._counts[index], answer.outcome)
                if answer.outcome in (Outcome.UNKNOWN, Outcome.ERROR):
                    found.append(encode(finding_of(self.rules[index].rule, resource, answer, owner)))
                elif self._keep_passes or answer.outcome is Outcome.FAIL:
                    line = writer.line(self._form(index, answer.outcome), answer.element, answer.evidence)
                    found.append(line)
                    if excerpts and answer.outcome is Outcome.FAIL and excerpts.wanted(self._ranks[index]):
                        excerpts.add(self._ranks[index], identity_of(line), resource, answer.evidence)
        return found

    def _form(self, index: int, outcome: Outcome) -> Form:
        form = self._forms.get((index, outcome))
        if form is None:
            form = self._forms[index, outcome] = Form(self.rules[index].rule, outcome)
        return form

    def _answers(self, index: int, resource: Resource, known: int | list[int]) -> list[Answer]:
        """The answers of a rule of which the verdict is known, or the marks of its elements, or nothing (`ASK`)."""
        if known == PASSES:
            return [Answer(None, Outcome.PASS)]
        bound, relations = self.rules[index], self._relations
        why = partial(self._reason, index)
        try:
            if isinstance(known, list):
                return marked_answers(bound, resource, relations, known, why)
            if known == FAILS:
                return [Answer(None, Outcome.FAIL, tuple(why(bound, Scope.of(resource), relations)))]
            return answers(bound, resource, relations)
        except Exception as error:  # noqa: BLE001  (isolation point: one rule on one resource)
            told = f"{type(error).__name__}: {error}"
            self._errors.setdefault(index, told)
            return [Answer(None, Outcome.ERROR, gap=told)]

    def _reason(self, index: int, bound: Bound, scope: Scope, relations: Relations) -> Sequence[Evidence]:
        """The evidence of a failure by generated code, else by the reference."""
        key = index, scope.root.partial
        explainer = self._explainers.get(key)
        if explainer is None:
            self._failures[index] += 1
            if self._failures[index] <= self._patience:
                return reason(bound, scope, relations)
            from auditor.conditions.compile import compile_why

            explainer = self._explainers[key] = compile_why(bound, relations, partial=scope.root.partial)
        pieces = explainer(scope.root, scope.item, scope.item_prefix)
        if pieces is None:
            return reason(bound, scope, relations)
        return [Evidence(path=path, actual=explain.shown(value), expected=text) for path, value, text in pieces]

    def _function(self, key: _Key) -> Compiled | None:
        if len(self._functions) > _MOST_TYPES:
            self._functions.clear()  # spellings of types come from the input, so their number has no bound of its own
        kind, source, partial = key
        folded = kind.casefold(), source, partial
        if folded not in self._by_folded:
            rules = [(index, self.rules[index]) for index in self._indexes(kind, source)]
            if rules:
                self._met[folded] += 1
                if self._met[folded] <= self._patience:
                    return _not_yet
                from auditor.conditions.compile import compile_rules  # here: a small audit does without

                self._by_folded[folded] = compile_rules(rules, self._relations, partial=partial)
            else:
                self._by_folded[folded] = None
        self._functions[key] = self._by_folded[folded]
        return self._by_folded[folded]

    def _indexes(self, kind: str, source: str) -> list[int]:
        """The rules of a type; for what was read from a change, those that say they can be decided there."""
        indexes = self._by_type.get(kind.casefold(), [])
        if source not in _CHANGES:
            return indexes
        if not kind.casefold().startswith(("microsoft.", "auditor/")):
            source = "manifest"  # an object of a cluster is the same question in a plan and in a manifest
        return [i for i in indexes if source in self.rules[i].rule.sources]

    def runs(self) -> list[RuleRun]:
        """Every rule with what it has said so far."""
        for counts, index in zip(self._counts, range(len(self.rules)), strict=True):
            counts.passed, self._passed[index] = counts.passed + self._passed[index], 0
        return [
            RuleRun(rule=bound.rule, counts=counts, error=self._errors.get(index))
            for index, (bound, counts) in enumerate(zip(self.rules, self._counts, strict=True))
        ]


def count(counts: Counts, outcome: Outcome) -> None:
    """Add one finding."""
    name = "passed" if outcome is Outcome.PASS else outcome.value
    setattr(counts, name, getattr(counts, name) + 1)


_CHANGES: Final = ("plan", "template", "manifest")
_first: Final = itemgetter(0)


def _not_yet(*_args: Any) -> None:
    """In place of the function of a type that is not worth one yet."""


_MOST_TYPES: Final = 4096
