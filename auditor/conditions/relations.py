"""Joins between resources: an index that is filled in one pass over the related types alone. Pure.

A relation can say "there is none" only for a type that was looked at. Where the type was not collected, or a gap covers
the place, the index says that more may exist, and the condition becomes unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from auditor.conditions.grammar import Related
from auditor.conditions.paths import Scope, values_at
from auditor.model import MISSING, Gap, Resource, Unknown


class Relations:
    """Resources of the related types by the value they are joined on.

    `relations` are all relations of the rule set; `covers` the casefolded types that the collection looked at, None
    when it does not say (then a type that occurs was looked at).
    """

    def __init__(self, relations: Iterable[Related], covers: frozenset[str] | None = None) -> None:
        self._keys = {(kind, relation.theirs) for relation in relations for kind in relation.types}
        self._index: dict[tuple[str, Any], dict[str, list[Resource]]] = {key: {} for key in self._keys}
        self._unjoined: dict[tuple[str, Any], list[Resource]] = defaultdict(list)
        self._covers = covers
        self._seen: set[str] = set()
        self._gaps: dict[str, list[Gap]] = defaultdict(list)
        self._by_type: dict[str, list[Any]] = defaultdict(list)
        for kind, theirs in self._keys:
            self._by_type[kind].append(theirs)

    @property
    def types(self) -> frozenset[str]:
        """The casefolded types that the index wants to see."""
        return frozenset(self._by_type)

    def add(self, resource: Resource) -> None:
        """Take a resource of a related type into the index."""
        kind = resource.type.casefold()
        self._seen.add(kind)
        for theirs in self._by_type.get(kind, ()):
            slot = (kind, theirs)
            for _text, value in values_at(theirs, Scope.of(resource)):
                if isinstance(value, Unknown):
                    self._unjoined[slot].append(resource)
                elif value is not MISSING:
                    self._index[slot].setdefault(_fold(value), []).append(resource)

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
            slot = (kind, relation.theirs)
            for key in keys:
                for resource in self._index[slot].get(_fold(key), ()):
                    if _meet(resource, asking):
                        found.setdefault(id(resource), resource)
            maybe += [one for one in self._unjoined[slot] if id(one) not in found and _meet(one, asking)]
            reason = reason or self._incomplete(kind, asking)
        return Match(list(found.values()), maybe, reason)

    def _incomplete(self, kind: str, asking: Resource) -> str | None:
        for gap in self._gaps.get(kind, ()):
            if not gap.what.startswith("/") or _within(asking.id, gap.what):
                return f"{kind}: {gap.reason}"
        looked_at = kind in self._seen if self._covers is None else kind in self._covers or kind in self._seen
        return None if looked_at else f"no {kind} was collected"


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


def _fold(value: Any) -> str:
    return (value if isinstance(value, str) else str(value)).casefold().rstrip("/")


def _within(resource_id: str, scope: str) -> bool:
    inner, outer = resource_id.casefold(), scope.casefold().rstrip("/")
    return inner == outer or inner.startswith(outer + "/")
