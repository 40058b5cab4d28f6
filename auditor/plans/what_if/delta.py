"""Applies the property changes of a what-if to what was before. Pure: gives new values.

A change has a `path` (dotted, an index below an array, `['a.b']` for a key with dots), a kind (Create, Delete, Modify,
Array, NoEffect), the value `after`, or `children` whose paths start at its own.
"""

from __future__ import annotations

import re
from typing import Any, Final

from auditor.model.resource import Unknown

MAX_DEPTH: Final = 50
_MAX_ELEMENTS: Final = 10_000
_KINDS: Final = ("create", "delete", "modify", "array", "noeffect")
_SEGMENT: Final = re.compile(r"\['((?:[^']|'')*)'\]|\[(\d+)\]|([^.\[\]]+)")

Delta = list[dict[str, Any]]


def touches_properties(delta: Delta) -> bool:
    """Whether anything below `properties` is changed."""
    return any(keys[0].casefold() == "properties" for keys in map(keys_of, delta) if keys)


def problem_of(delta: Any) -> str | None:
    """Why the changes of properties are not all understood; None when they are, or there are none."""
    if delta is None:
        return None
    if not isinstance(delta, list):
        return "what-if does not tell the changes of its properties as a list"
    whole = all(isinstance(change, dict) and keys_of(change) for change in delta)
    return None if whole else "what-if does not tell the path of a changed property"


def applied(value: Any, delta: Delta, depth: int = 0) -> Any:
    """The value with all changes made. Unknown where they do not fit it."""
    if depth > MAX_DEPTH:
        return Unknown("the changes are nested too deeply")
    removed: list[int] = []
    for change in delta:
        keys, kind = keys_of(change), kind_of(change)
        if not keys or kind == "noeffect":
            continue
        if len(keys) == 1 and kind == "delete" and isinstance(value, list) and keys[0].isdigit():
            removed.append(int(keys[0][:6]))  # all indices mean the array as it was
        else:
            value = _put(value, keys, change, depth)
    if removed and isinstance(value, list):
        return [item for at, item in enumerate(value) if at not in removed]
    return value


def _put(node: Any, keys: list[str], change: dict[str, Any], depth: int) -> Any:
    if not keys:
        return _changed(node, change, depth)
    if depth + len(keys) > 2 * MAX_DEPTH or isinstance(node, Unknown):
        return node if isinstance(node, Unknown) else Unknown("the changes are nested too deeply")
    key, rest = keys[0], keys[1:]
    if isinstance(node, list):
        index = int(key) if key.isdigit() and len(key) <= len(str(_MAX_ELEMENTS)) else _MAX_ELEMENTS
        if index >= _MAX_ELEMENTS:
            return Unknown(f"what-if changes an element {key[:20]!r} of an array")
        items = node + [None] * (index + 1 - len(node))
        items[index] = _put(items[index], rest, change, depth + 1)
        return items
    if node is not None and not isinstance(node, dict):
        return Unknown(f"what-if changes {key[:20]!r} of what is no object")
    made = dict(node or {})
    name = next((old for old in made if old.casefold() == key.casefold()), key)
    if not rest and kind_of(change) == "delete":
        made.pop(name, None)
    else:
        made[name] = _put(made.get(name), rest, change, depth + 1)
    return made


def _changed(node: Any, change: dict[str, Any], depth: int) -> Any:
    """The new value of the property that a change names."""
    children, kind = change.get("children"), kind_of(change)
    if isinstance(children, list) and children:
        if problem := problem_of(children):
            return Unknown(problem)
        base = node if node is not None or kind != "array" else []
        return applied(base, children, depth + 1)
    if kind not in _KINDS:
        return Unknown("what-if tells a change of a kind that is not known")
    if kind == "array" and change.get("after") is None:
        return Unknown("what-if does not tell the elements that change")
    return change.get("after")


def kind_of(change: dict[str, Any]) -> str:
    """The casefolded kind of a change; empty when it has none."""
    kind = change.get("propertyChangeType")
    return kind.casefold() if isinstance(kind, str) else ""


def keys_of(change: dict[str, Any]) -> list[str]:
    """The keys and indices that lead to the property that a change names; none when it names none."""
    path = change.get("path")
    text = path if isinstance(path, str) else str(path) if isinstance(path, int) else ""
    return [quoted.replace("''", "'") or index or plain for quoted, index, plain in _SEGMENT.findall(text[:2000])]
