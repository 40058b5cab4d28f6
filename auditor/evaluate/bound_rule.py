"""Rules for one estate and one time: parameters and clock are in their conditions. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from auditor.evaluate.conditions.grammar import All, Node, Path, Related, parse, parse_path, related_types, relations_of
from auditor.evaluate.finding_writer import encode
from auditor.model.kubernetes_types import SYSTEM_NAMESPACES, WORKLOADS
from auditor.model.rule import Rule, RulePack

WORKLOAD: Final = "kubernetes/workload"
"""The resource type of a rule that stands for every kind of `model.WORKLOADS`, leaving out what is judged as its
controller, and what the platform runs: in one of its namespaces, from its own images alone."""

_OUTSIDE_THE_PLATFORM: Final = {"field": "$.platformNamespace", "notIn": {"param": "systemNamespaces"}}
_NOTHING_ELSE_TELLS: Final = {"field": "$.judgedAs", "exists": False}
_HAS_A_TEMPLATE: Final = {"field": "$.spec.workloadRef", "exists": False}  # a Rollout may take that of a Deployment

_WORKLOAD_PARAMETERS: Final[Mapping[str, Any]] = {"systemNamespaces": list(SYSTEM_NAMESPACES), "eachItself": False}


class Nodes(Struct, frozen=True):
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
    def leaves_out_controlled(self) -> bool:
        """Whether workloads that another one controls are judged as that."""
        return WORKLOAD in self.rule.resource and not self.parameters.get("eachItself")

    @property
    def related(self) -> frozenset[str]:
        """The casefolded types that the relations name; told without reading the conditions."""
        rule = self.rule
        if rule.related is not None:
            return frozenset(rule.related)
        return frozenset((*related_types(rule.when), *related_types(rule.condition)))

    @property
    def relations(self) -> tuple[Related, ...]:
        """Every relation in the conditions."""
        if not self.related:
            return ()
        return (*(relations_of(self.when) if self.when else ()), *relations_of(self.condition))

    def changed(self, **nodes: Any) -> Bound:
        """The same rule with other conditions."""
        return Bound(self.rule, self.clock, self.parameters, replace(self.nodes, **nodes))


def bind(rule: Rule, clock: dt.datetime, overrides: Mapping[str, Any] | None = None) -> Bound:
    """A rule for an estate. `overrides` are the estate's own values for its parameters.

    Raises GrammarError, with the place inside the rule, when overrides do not fit; a bundled rule is known to be sound.
    """
    parameters: dict[str, Any] = {name: parameter.default for name, parameter in rule.parameters.items()}
    bound = Bound(rule, clock, {**parameters, **(overrides or {})})
    if overrides:
        _ = bound.nodes
    return bound


_OF_A_CHANGE: Final[Mapping[str, Any]] = {
    "systemNamespaces": [],
    "platformNames": "^$",
    "platforms": "^kubernetes$",
    "eachItself": True,
}
"""Parameters that leave out what the platform made, as they stand for what somebody is about to deploy."""


def of_change(rules: Sequence[Bound]) -> list[Bound]:
    """The rules for what somebody is about to deploy: none of it is the platform's because of its name or namespace,
    and none is judged as something else because it says who owns it.

    What Kubernetes itself creates stays its own, and parameters that the estate has set still count.
    """
    return [_of_change(bound) for bound in rules]


def _of_change(bound: Bound) -> Bound:
    declared = bound.rule.parameters
    names = [name for name in _OF_A_CHANGE if name in declared and bound.parameters[name] == declared[name].default]
    if "core/Namespace" in bound.rule.resource:
        names = []  # a system namespace stays one, whoever labels it
    elif WORKLOAD in bound.rule.resource:
        names += [name for name in _WORKLOAD_PARAMETERS if name not in bound.parameters]
    if not names:
        return bound
    return Bound(bound.rule, bound.clock, {**bound.parameters, **{name: _OF_A_CHANGE[name] for name in names}})


def _read(rule: Rule, parameters: Mapping[str, Any], clock: dt.datetime) -> Nodes:
    when = None if rule.when is None else parse(rule.when, parameters, clock, ("when",))
    if WORKLOAD in rule.resource:
        given = {**_WORKLOAD_PARAMETERS, **parameters}
        own = _HAS_A_TEMPLATE if given["eachItself"] else _NOTHING_ELSE_TELLS
        implied = parse({"allOf": [_OUTSIDE_THE_PLATFORM, own]}, given, clock)
        when = implied if when is None else All((implied, when))
    return Nodes(
        each=None if rule.each is None else parse_path(rule.each, ("each",)),
        when=when,
        condition=parse(rule.condition, parameters, clock, ("assert",)),
    )


def _types_of(name: str) -> tuple[str, ...]:
    return tuple(kind.casefold() for kind in WORKLOADS) if name == WORKLOAD else (name.casefold(),)


def rule_pack(rules: Sequence[Bound]) -> RulePack:
    """What identifies these rules and the estate's own parameters: SHA-256, its first 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for bound in sorted(rules, key=lambda bound: bound.rule.id):
        digest.update(encode((bound.rule, bound.parameters)))
    return RulePack(digest=digest.hexdigest()[:12], rules=len(rules))
