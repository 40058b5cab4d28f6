"""Children that a change makes without their parent: rules that ask the parent about them are a gap. Pure.

Whether a server is audited, say, is asked of the server, and its auditing settings decide it. A change that makes the
settings alone leaves these rules without a server to ask.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from auditor.evaluate.bound_rule import Bound
from auditor.ingest.inventory import Inventory
from auditor.model.child_arrays import ARRAYS, FLAT
from auditor.model.gap import Gap
from auditor.model.resource import Resource, parent_of
from auditor.model.rule import CHANGED

_MOST_NAMED: Final = 3
Asking = dict[str, dict[str, list[Bound]]]
"""The casefolded type of a child → that of a parent → the rules that ask such a parent about it."""


def gaps_of_absent_parents(
    rules: Sequence[Bound], inventory: Inventory, touched: Collection[str] | None, where: str
) -> list[Gap]:
    """A gap for each changed child whose parent is not in the inventory, and that some rule asks a parent about.

    `touched`: the casefolded ids of what is changed; None for all that a change makes. `where` ends the sentence.
    """
    asking = _asking(rules)
    if not asking:
        return []
    children: list[Resource] = []
    ids: set[str] = set()
    types = frozenset(asking).union(*asking.values())
    for resource in inventory.resources(types):
        own = resource.id.casefold()
        ids.add(own.rstrip("/"))
        changed = resource.origin.source in CHANGED and (touched is None or own in touched)
        if changed and resource.type.casefold() in asking:
            children.append(resource)
    found: list[Gap] = []
    for child in children:
        parents = asking[child.type.casefold()]
        for parent in _ancestors(child.id):
            kind = _type_of(parent)
            asked = [bound for bound in parents.get(kind.casefold(), ()) if _is_asked(bound, child)]
            if asked and parent.casefold().rstrip("/") not in ids:
                reason = f"{kind} {parent.rpartition('/')[2]} is {where}, so that it is not asked by {_named(asked)}"
                found.append(Gap(what=child.id, reason=reason, kind="unknown-until-apply"))
    return found


def _asking(rules: Sequence[Bound]) -> Asking:
    found: Asking = {}
    for bound in rules:
        children = {*bound.related}
        # the other children of an array are evaluated as a parent that holds them alone
        children |= {kind for kind in FLAT if bound.rule.each == f"properties.{ARRAYS[kind]}[*]"}
        for child in children:
            for kind in bound.types:
                if kind != child and child not in bound.types:
                    found.setdefault(child, {}).setdefault(kind, []).append(bound)
    return found


def _is_asked(bound: Bound, child: Resource) -> bool:
    return child.origin.source == "change" or child.origin.source in bound.rule.sources


def _named(rules: Sequence[Bound]) -> str:
    names = sorted(bound.rule.id for bound in rules)
    more = f" and {len(names) - _MOST_NAMED} more rules" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _ancestors(resource_id: str) -> Iterator[str]:
    above = parent_of(resource_id)
    while above is not None:
        yield above
        above = parent_of(above)


def _type_of(resource_id: str) -> str:
    """The type that an id names; empty for that of a scope."""
    at = resource_id.casefold().rfind("/providers/")
    parts = resource_id[at + len("/providers/") :].split("/") if at >= 0 else []
    return "/".join([parts[0], *parts[1::2]]) if len(parts) > 2 else ""
