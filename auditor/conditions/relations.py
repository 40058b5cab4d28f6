"""Joins between resources: an index that is filled in one pass over the related types alone. Pure.

It keeps of each resource what some `where` reads, packed (`kept`), and unpacks what is asked for.

A relation can say "there is none" only for a type that was looked at. Where the type was not collected, or a gap covers
the place, the index says that more may exist, and the condition becomes unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from auditor.conditions.grammar import Path, Related
from auditor.conditions.kept import Keep, Packed, read_paths, unpack
from auditor.conditions.paths import Scope, values_at
from auditor.model import MISSING, Gap, Resource, Unknown


class Relations:
    """Resources of the related types by the value they are joined on.

    `relations` are all relations of the rule set; `covers` the casefolded types that the collection looked at, None
    when it does not say (then a type that occurs was looked at).
    """

    def __init__(self, relations: Iterable[Related], covers: frozenset[str] | None = None) -> None:
        relations = list(relations)
        self._covers = covers
        self._seen: set[str] = set()
        self._gaps: dict[str, list[Gap]] = defaultdict(list)
        self._slots: dict[str, dict[str, _Slot]] = defaultdict(dict)  # by casefolded type and the text of `theirs`
        paths: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for relation in relations:
            for kind in relation.types:
                self._slots[kind].setdefault(relation.theirs.text, _Slot(relation.theirs))
                paths[kind] += read_paths(relation.where) if relation.where is not None else ()
        self._keep = {kind: Keep.of(read) for kind, read in paths.items()}

    @property
    def types(self) -> frozenset[str]:
        """The casefolded types that the index wants to see."""
        return frozenset(self._slots)

    def add(self, resource: Resource) -> None:
        """Take a resource of a related type into the index."""
        kind = resource.type.casefold()
        self._seen.add(kind)
        slots = self._slots.get(kind)
        if not slots:
            return
        packed = self._keep[kind].pack(resource)
        for slot in slots.values():
            for value in slot.values_of(resource):
                if isinstance(value, Unknown):
                    slot.unjoined.append(packed)
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
        maybe: list[Resource] = []
        reason = None
        for kind in relation.types:
            slot = self._slots[kind][relation.theirs.text]
            for key in keys:
                for packed in slot.get(_fold(key)):
                    if id(packed) not in found and _meet(one := unpack(packed), asking):
                        found[id(packed)] = one
            for packed in slot.unjoined:
                if id(packed) not in found and _meet(one := unpack(packed), asking):
                    maybe.append(one)
            reason = reason or self._incomplete(kind, asking)
        return Match(list(found.values()), maybe, reason)

    def _incomplete(self, kind: str, asking: Resource) -> str | None:
        for gap in self._gaps.get(kind, ()):
            if _may_hide(gap.what, asking):
                return f"{kind}: {gap.reason}"
        if kind.startswith("auditor/"):  # lenses give all that there is; what they do not know is in what they give
            return None
        looked_at = kind in self._seen if self._covers is None else kind in self._covers or kind in self._seen
        return None if looked_at else f"no {kind} was collected"


class _Slot:
    """The resources of one type by the values at one path."""

    __slots__ = ("_index", "_theirs", "unjoined")

    def __init__(self, theirs: Path) -> None:
        self._theirs = theirs
        self._index: dict[str, Packed | list[Packed]] = {}  # most values occur once
        self.unjoined: list[Packed] = []

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

    def __init__(self, found: list[Resource], maybe: list[Resource], incomplete: str | None) -> None:
        self.found = found
        self.maybe = maybe
        self.incomplete = incomplete


def _meet(one: Resource, other: Resource) -> bool:
    """False for objects of two different clusters: there, equal names mean nothing."""
    return not (one.cluster and other.cluster) or one.cluster == other.cluster


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
