"""Joins between resources: an index that is filled in one pass over the related types alone. Pure.

It keeps of each resource what some `where` reads (`kept`), packed, and unpacks what is asked for.

A relation can say "there is none" only for a type that was looked at. Where the type was not collected, or a gap covers
the place, the index says that more may exist, and the condition becomes unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from auditor.evaluate.conditions.grammar import Node, Path, Related, is_of_here
from auditor.evaluate.conditions.index_fields import kept_of, read_paths
from auditor.evaluate.conditions.paths import Scope, values_at
from auditor.model.gap import Gap
from auditor.model.kubernetes_types import shown_with
from auditor.model.packing import Packed, pack, unpack
from auditor.model.projection import Fields
from auditor.model.resource import MISSING, Resource, Unknown

Verdict = bool | Unknown


class Relating(Protocol):
    """What this module needs of a bound rule: its relations, and the casefolded types that they name."""

    @property
    def relations(self) -> Sequence[Related]: ...
    @property
    def related(self) -> frozenset[str]: ...


class Relations:
    """Resources of the related types by the value they are joined on.

    `rules` are those whose relations it answers; `covers` the casefolded types that the collection looked at, None
    when it does not say (then a type that occurs was looked at). The conditions of rules are read when the first
    resource comes that they relate to: a small audit meets few types.
    """

    def __init__(self, rules: Iterable[Relating], covers: frozenset[str] | None = None) -> None:
        self._covers = covers
        self._seen: set[str] = set()
        self._gaps: dict[str, list[Gap]] = defaultdict(list)
        self._rules: dict[str, list[Relating]] = defaultdict(list)  # by casefolded type
        for rule in rules:
            for kind in rule.related:
                self._rules[kind].append(rule)
        self._tables: dict[str, _Table] = {}
        self._verdicts: dict[tuple[int, int], tuple[Node, Verdict]] = {}  # the condition is held, so its id stays taken

    @property
    def types(self) -> frozenset[str]:
        """The casefolded types that the index wants to see."""
        return frozenset(self._rules)

    def _table(self, kind: str) -> _Table:
        table = self._tables.get(kind)
        if table is None:
            relations = [each for rule in self._rules.get(kind, ()) for each in rule.relations if kind in each.types]
            read = [path for each in relations if each.where is not None for path in read_paths(each.where)]
            slots = {each.theirs.text: _Slot(each.theirs) for each in relations}
            table = self._tables[kind] = _Table(slots, kept_of(read))
        return table

    def add(self, resource: Resource) -> None:
        """Take a resource of a related type into the index."""
        kind = resource.type.casefold()
        self._seen.add(kind)
        table = self._table(kind)
        if not table.slots:
            return
        packed = pack(resource, table.kept)
        for slot in table.slots.values():
            for value in slot.values_of(resource):
                if isinstance(value, Unknown):
                    slot.unjoined.append((resource.cluster, packed))
                elif value is not MISSING:
                    slot.add(_fold(value), packed)

    def add_gaps(self, gaps: Iterable[Gap]) -> None:
        """Note what could not be read. Call it once all gaps are known."""
        for gap in gaps:
            if gap.type:
                self._gaps[gap.type.casefold()].append(gap)

    def matching(self, relation: Related, keys: Sequence[Any], asking: Resource) -> Match:
        """The related resources for our keys, and why there may be more."""
        found: dict[int, Resource] = {}
        maybe: list[Packed] = []
        reason = None
        for kind in relation.types:
            slot = self._table(kind).slots[relation.theirs.text]
            for key in keys:
                for packed in slot.get(_fold(key)):
                    if id(packed) not in found and _meet((one := unpack(packed)).cluster, asking):
                        found[id(packed)] = one
            for cluster, packed in slot.unjoined:
                if id(packed) not in found and _meet(cluster, asking):
                    maybe.append(packed)
            reason = reason or self._incomplete(kind, asking)
        return Match(list(found.values()), maybe, reason)

    def remembered(self, where: Node, packed: Packed, judge: Callable[[Resource], Verdict]) -> Verdict:
        """The verdict of a `where` on a resource whose key is not known. It may be asked for every resource of an
        estate, so it is remembered where it is the same for all."""
        key = id(where), id(packed)
        found = self._verdicts.get(key)
        if found is not None:
            return found[1]
        verdict = judge(unpack(packed))
        if is_of_here(where):
            self._verdicts[key] = where, verdict
        return verdict

    def _incomplete(self, kind: str, asking: Resource) -> str | None:
        for gap in self._gaps.get(kind, ()):
            if _may_hide(gap.what, asking):
                return f"{kind}: {gap.reason}"
        if kind.startswith("auditor/"):  # lenses give all that there is; what they do not know is in what they give
            return None
        if kind in self._seen or kind in (self._covers or ()):
            return None
        if self._covers is None and kind in shown_with(self._seen):
            return None
        return f"no {kind} was collected"


class _Table(NamedTuple):
    """One type: its resources by the text of each path that they are joined on, and what is kept of them."""

    slots: dict[str, _Slot]
    kept: Fields


class _Slot:
    """The resources of one type by the values at one path."""

    __slots__ = ("_index", "_theirs", "unjoined")

    def __init__(self, theirs: Path) -> None:
        self._theirs = theirs
        self._index: dict[str, Packed | list[Packed]] = {}  # most values occur once
        self.unjoined: list[tuple[str, Packed]] = []  # with their clusters

    def values_of(self, resource: Resource) -> list[Any]:
        """What a resource is joined on."""
        return [value for _text, value in values_at(self._theirs, Scope.of(resource))]

    def add(self, key: str, packed: Packed) -> None:
        there = self._index.setdefault(key, packed)
        if isinstance(there, list):
            there.append(packed)
        elif there is not packed:
            self._index[key] = [there, packed]

    def get(self, key: str) -> Sequence[Packed]:
        found = self._index.get(key)
        return () if found is None else found if isinstance(found, list) else (found,)


class Match:
    """`found` surely match; `maybe` have a key that is not known; `incomplete` says why there may be others still."""

    __slots__ = ("found", "incomplete", "maybe")

    def __init__(self, found: list[Resource], maybe: list[Packed], incomplete: str | None) -> None:
        self.found = found
        self.maybe = maybe
        self.incomplete = incomplete


def _meet(cluster: str, other: Resource) -> bool:
    """False for objects of two different clusters: there, equal names mean nothing."""
    return not (cluster and other.cluster) or cluster == other.cluster


def _may_hide(what: str, asking: Resource) -> bool:
    """Whether what could not be read there may be related to a resource. A cluster may hold what Azure relates to."""
    if not what.startswith("/") or _within(asking.id, what):
        return True
    return what.startswith("/clusters/") and not asking.cluster


def _fold(value: Any) -> str:
    return (value if isinstance(value, str) else str(value)).casefold().rstrip("/")


def _within(resource_id: str, scope: str) -> bool:
    inner, outer = resource_id.casefold(), scope.casefold().rstrip("/")
    return inner == outer or inner.startswith(outer + "/")
