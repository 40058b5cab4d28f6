"""A what-if describes a resource several times: before, after, and by the changes of its properties. Pure.

Where these contradict each other the value is unknown. Changes of an array name an element by its index, of the array
before or after the change: each is held against all elements.
"""

from __future__ import annotations

from typing import Any, Final

from auditor.model.case_insensitive import names_of
from auditor.model.resource import Unknown
from auditor.plans.agreement import agreed
from auditor.plans.what_if.delta import MAX_DEPTH, Delta, keys_of, kind_of

CONTRADICTED: Final = Unknown("the what-if contradicts itself: it describes this value in two ways")


def with_contradictions_unknown(value: Any, delta: Delta, depth: int = 0) -> Any:
    """What a resource will be, without what its changes contradict. The same object when they contradict nothing."""
    if depth > MAX_DEPTH:
        return CONTRADICTED
    for change in delta:
        keys = keys_of(change)
        if keys and kind_of(change) != "noeffect":
            value = _at(value, keys, change, depth)
    return value


def _at(node: Any, keys: list[str], change: dict[str, Any], depth: int) -> Any:
    if isinstance(node, Unknown):
        return node
    if not keys:
        return _described(node, change, depth)
    deletes = len(keys) == 1 and kind_of(change) == "delete"
    if isinstance(node, list):
        if deletes:
            return CONTRADICTED if change.get("before") is not None and change["before"] in node else node
        return node if any(_at(item, keys[1:], change, depth + 1) is item for item in node) else CONTRADICTED
    if not isinstance(node, dict):
        nothing = deletes or (not change.get("children") and change.get("after") is None)
        return node if nothing else CONTRADICTED
    name = names_of(node).get(keys[0].casefold(), keys[0])
    inner = node.get(name)
    if deletes:
        return node if inner is None else {**node, name: CONTRADICTED}
    made = _at(inner, keys[1:], change, depth + 1)
    return node if made is inner else {**node, name: made}


def _described(node: Any, change: dict[str, Any], depth: int) -> Any:
    """The value of the property that a change names."""
    children = change.get("children")
    if isinstance(children, list) and children:
        named = [child for child in children if isinstance(child, dict)]
        return with_contradictions_unknown(node, named, depth + 1)
    if "after" not in change or kind_of(change) not in ("create", "modify", "array"):
        return node
    made = agreed(node, change["after"], CONTRADICTED)
    return node if made == node else made
