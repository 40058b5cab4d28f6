"""Puts together what a template may declare apart and Resource Manager shows together. Pure.

Subnets stand in their network, security rules in their group, node pools in their cluster; services know their private
endpoints. The children stay resources of their own. Bodies are changed in place: they must be fresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from auditor.model.child_arrays import ARRAYS, FLAT, RULE, SUBNET
from auditor.model.resource import Unknown, parent_of
from auditor.plans.gateway_subnets import tell_subnets
from auditor.plans.orphan_nsg_rules import GROUP, with_denials
from auditor.plans.orphan_subnets import list_itself
from auditor.plans.private_endpoints import ENDPOINT, asked, connection, leave_open, owners, tell


@dataclass(eq=False, slots=True)
class Item:
    """A resource: `id` as composed, `doubt` when it may not be deployed."""

    kind: str
    id: str | Unknown
    body: dict[str, Any]
    doubt: Unknown | None = None


def join(items: list[Item]) -> list[tuple[Item, Item]]:
    """Complete the parents and services among the resources. Returns what stands for security rules without a group in
    the template: each rule with a group of its own, which holds the denials beside it too."""
    tell_subnets((item.kind, item.id, item.body) for item in items)
    by_id = {item.id.casefold().rstrip("/"): item for item in items if isinstance(item.id, str)}
    lone: list[Item] = []
    folded: dict[tuple[Item, str], dict[str, Any]] = {}
    nowhere: dict[str, Unknown] = {}  # child type → why the parent of one of them is not known
    doubts: dict[str, Unknown] = {}  # type of service → why it is not known whether an endpoint is theirs
    for item in items:
        kind = item.kind.casefold()
        array = ARRAYS.get(kind)
        if array is not None and isinstance(item.id, Unknown) and kind != RULE:
            nowhere.setdefault(kind, item.id)
        elif array is not None:
            parent = by_id.get((parent_of(item.id) or "").casefold()) if isinstance(item.id, str) else None
            if parent is not None:
                element = _element(item)
                folded.setdefault((parent, array), {})[_name_of(element)] = element
            elif kind == RULE:
                lone.append(item)
            elif kind == SUBNET:
                list_itself(item.body)
        elif kind == ENDPOINT:
            _connect(item, by_id, doubts)
    for item in items:
        kind = item.kind.casefold()
        for child, array in ARRAYS.items():
            if child in nowhere and child.rpartition("/")[0] == kind:
                folded.setdefault((item, array), {})[""] = nowhere[child]
        if kind in doubts:
            tell(item.body, doubts[kind])
    for (parent, array), elements in folded.items():
        _fold(parent, array, elements)
    for item in items:
        leave_open(item.kind, item.body)
    return _groups(lone)


def _element(item: Item) -> Any:
    if item.doubt is not None:
        return item.doubt
    body, properties = item.body, item.body.get("properties")
    name = body["name"].rpartition("/")[2] if isinstance(body["name"], str) else body["name"]
    if item.kind.casefold() in FLAT:
        return {"name": name, **properties} if isinstance(properties, dict) else properties
    return {"id": item.id, "name": name, "type": item.kind, "properties": properties}


def _name_of(element: Any) -> str:
    """In small letters; empty for an element that is not known: one of these tells as much as many."""
    name = element.get("name") if isinstance(element, dict) else None
    return name.casefold() if isinstance(name, str) else ""


def _fold(parent: Item, array: str, elements: dict[str, Any]) -> None:
    """Add elements by name to an array of the parent; they replace those of the same name."""
    properties = parent.body.setdefault("properties", {})
    if not isinstance(properties, dict):
        return
    key = next((name for name in properties if name.casefold() == array.casefold()), array)
    given = properties.get(key)
    if given is None or isinstance(given, list):  # anything else is unknown, and stays so
        kept = [old for old in given or () if _name_of(old) == "" or _name_of(old) not in elements]
        properties[key] = [*kept, *elements.values()]


def _connect(endpoint: Item, by_id: dict[str, Item], doubts: dict[str, Unknown]) -> None:
    """Tell the services of an endpoint; `doubts` of those that may be meant where that is not known."""
    for wanted in asked(endpoint.body):
        if isinstance(wanted.target, Unknown):
            for kind in owners(wanted.groups):
                doubts.setdefault(kind, wanted.target)
        elif isinstance(wanted.target, str) and (service := by_id.get(wanted.target.casefold().rstrip("/"))):
            tell(service.body, endpoint.doubt or connection(wanted, endpoint.id))


def _groups(lone: list[Item]) -> list[tuple[Item, Item]]:
    found = []
    for rule, rules in with_denials(lone):
        elements = [_element(one) for one in rules]
        body = {**rule.body, "type": GROUP, "properties": {"securityRules": elements}}
        found.append((rule, Item(GROUP, rule.id, body, rule.doubt)))
    return found
