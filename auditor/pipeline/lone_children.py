"""Children of a collection that no parent in it lists: each is evaluated as a parent that holds it alone. Pure.

A network lists its subnets and a security group its rules, and rules ask each of the list. A collection may hold such
a child without its parent, or nested below a parent that does not list it: nothing would evaluate it then. Of a node
pool more rules ask what its cluster says, so that it is a gap.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from auditor.ingest.deduplication import Seen
from auditor.model.case_insensitive import get
from auditor.model.child_arrays import ARRAYS, FLAT
from auditor.model.gap import Gap
from auditor.model.resource import Resource, parent_of
from auditor.model.rule import CHANGED

PARENTS: Final = {kind.rpartition("/")[0]: array for kind, array in ARRAYS.items()}
"""The casefolded type of a parent → the array among its properties."""
TYPES: Final = frozenset({*ARRAYS, *PARENTS})


class Lone(Struct, frozen=True):
    """A child as a parent that holds it alone. `each`: the array that holds it, as rules write it."""

    resource: Resource
    each: str


class Children:
    """Children and parents of a collection, in any order."""

    def __init__(self) -> None:
        self._children: list[Resource] = []
        self._listed = Seen()

    def note(self, kind: str, resource: Resource) -> None:
        """Take a resource of one of `TYPES`, given its casefolded type."""
        if resource.origin.source in CHANGED:  # readers of changes put children into their parents themselves
            return
        array = PARENTS.get(kind)
        if array is None:
            self._children.append(resource)
            return
        elements = get(resource.body, "properties", array)
        for element in elements if isinstance(elements, list) else ():
            name = get(element, "name")
            if isinstance(name, str):
                self._listed.add(hash((kind, resource.id.casefold(), name.casefold())))

    def alone(self) -> tuple[list[Lone], list[Gap]]:
        """The children that no parent lists, as parents, and gaps for those of which a parent says more."""
        if not self._children:
            return [], []
        from auditor.plans.orphan_nsg_rules import with_denials  # here: few collections hold such children

        lone: dict[str, list[Resource]] = {}
        for child in self._children:
            kind = child.type.casefold()
            key = kind.rpartition("/")[0], (parent_of(child.id) or "").casefold(), child.name.casefold()
            if hash(key) not in self._listed:
                lone.setdefault(kind, []).append(child)
        found: list[Lone] = []
        gaps: list[Gap] = []
        for kind, children in lone.items():
            each = f"properties.{ARRAYS[kind]}[*]"
            if kind in FLAT:
                gaps += (_gap(child) for child in children)
            else:
                found += (Lone(_parent(child, beside), each) for child, beside in with_denials(children))
        return found, gaps


def _gap(child: Resource) -> Gap:
    parent = child.type.rpartition("/")[0]
    return Gap(what=child.id, reason=f"no {parent} that lists it was collected, so not every rule applies", type=parent)


def _parent(child: Resource, elements: list[Resource]) -> Resource:
    """A parent that holds a child and what stands beside it, with the id of the child."""
    kind = child.type.rpartition("/")[0]
    name = (parent_of(child.id) or child.id).rpartition("/")[2]
    listed = [{"id": one.id, "name": one.name, "properties": get(one.body, "properties")} for one in elements]
    body: dict[str, Any] = {"id": child.id, "name": name, "type": kind}
    body["properties"] = {ARRAYS[child.type.casefold()]: listed}
    resource = Resource(kind, body, child.origin, partial=any(one.partial for one in elements))
    resource._id = child.id
    return resource
