"""Values of ARM template expressions: JSON values, `Unknown`, and objects of which only a part is known. Pure.

Everything here returns new values and never changes what it is given: variables and parameters are shared by all that
refer to them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from auditor.model.resource import Unknown

MAX_VALUES: Final = 200_000
MAX_CHARACTERS: Final = 8_000_000
"""What one evaluated value may hold: twice a template, which has at most 4 MB."""
MAX_DEPTH: Final = 150


class Refused(Exception):  # noqa: N818  (not an error of ours: what Resource Manager would not evaluate)
    """Resource Manager would refuse this, or it is not evaluated offline: the value is unknown, for this reason."""


class Declared:
    """An object, or an array, of which only `known` is known: the answer of reference(), subscription() and others.

    Asked for a key that is not in `known` it is unknown for `reason`; so it is as a whole. `whole`: there are no other
    keys, but the values are not to be evaluated before they are asked for.
    """

    __slots__ = ("known", "reason", "whole")

    def __init__(self, known: Mapping[str, Any] | list[Any], reason: str, *, whole: bool = False) -> None:
        self.known = known
        self.reason = reason
        self.whole = whole


def is_known(value: Any) -> bool:
    """Known itself; what it holds may still be unknown."""
    return not isinstance(value, Unknown | Declared)


def unknown_in(value: Any) -> Unknown | None:
    """The first thing unknown in a value, at any depth."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Unknown):
            return item
        if isinstance(item, Declared):
            return Unknown(item.reason)
        if isinstance(item, dict):
            pending.extend(reversed(item.values()))
        elif isinstance(item, list):
            pending.extend(reversed(item))
    return None


def plain(value: Any) -> Any:
    """A value that may stand in an object or an array: partly known objects are unknown there."""
    return Unknown(value.reason) if isinstance(value, Declared) else value


def weigh(value: Any) -> int:
    """How many values there are in a value. Refuses what is too large, or nested too deeply, to be worked with."""
    total = characters = 0
    level = [value]
    for _depth in range(MAX_DEPTH):
        below: list[Any] = []
        total += len(level)
        for item in level:
            if isinstance(item, str):
                characters += len(item)
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, dict):
                characters += sum(map(len, item))
                below.extend(item.values())
            if total + len(below) > MAX_VALUES or characters > MAX_CHARACTERS:
                raise Refused("it is too large")
        if not below:
            return total
        level = below
    raise Refused("it is nested too deeply")


def key_in(value: Mapping[str, Any], key: str) -> str | None:
    """The key as it is spelled in an object: Resource Manager reads keys whatever their casing."""
    if key in value:
        return key
    folded = key.casefold()
    return next((name for name in value if name.casefold() == folded), None)


def member(base: Any, key: Any, *, safe: bool = False) -> Any:
    """`base.key` or `base[key]`. With `safe` null where there is none; without it Resource Manager refuses."""
    if isinstance(base, Unknown):
        return Unknown(base.reason)
    if isinstance(key, Unknown | Declared):
        return plain(key)
    if isinstance(base, Declared):
        return _member_of_declared(base, key, safe)
    if isinstance(base, dict) and isinstance(key, str):
        name = key_in(base, key)
        if name is not None:
            return base[name]
        if safe:
            return None
        raise Refused(f"there is no property {key!r}")
    if isinstance(base, list) and isinstance(key, int) and not isinstance(key, bool):
        if 0 <= key < len(base):
            return base[key]
        if safe:
            return None
        raise Refused(f"there is no element {key}")
    if base is None and safe:
        return None
    raise Refused(f"{kind_of(base)} has no {key!r}")


def _member_of_declared(base: Declared, key: Any, safe: bool) -> Any:
    known = base.known
    found = None
    if isinstance(known, Mapping) and isinstance(key, str):
        name = key_in(known, key)
        if base.whole and name is None and not safe:
            raise Refused(f"there is no property {key!r}")
        found = None if name is None else known[name]
    elif isinstance(known, list) and isinstance(key, int) and 0 <= key < len(known):
        found = known[key]
    if base.whole:
        return found
    if found is None:  # null too: the platform may fill it in
        return Unknown(base.reason)
    return Declared(found, base.reason) if isinstance(found, dict | list) else found


_KINDS: Final[Mapping[type, str]] = {str: "a string", dict: "an object", list: "an array", bool: "a boolean"}


def kind_of(value: Any) -> str:
    """What to call a value in a reason."""
    return "null" if value is None else _KINDS.get(type(value), "a number")


def text_of(value: Any) -> str:
    """What string() makes of a value: JSON of objects and arrays, `True` of true."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def same(left: Any, right: Any) -> bool:
    """equals(): of one kind and with one content; text by its case, true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return len(left) == len(right) and all(key in right and same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    return type(left) is type(right) and bool(left == right)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language, and how many arguments it takes. Its arguments hold nothing unknown when `deep`;
    otherwise they are known themselves, but an element or a property may be unknown."""

    call: Callable[..., Any]
    least: int
    most: int | None = None  # None: as `least`
    deep: bool = True


ANY_NUMBER: Final = 1_000


def text(value: Any) -> str:
    """An argument that must be a text."""
    if not isinstance(value, str):
        raise Refused(f"a string is needed, not {kind_of(value)}")
    return value


def whole(value: Any) -> int:
    """An argument that must be a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(f"a whole number is needed, not {kind_of(value)}")
    return value


def array(value: Any) -> list[Any]:
    """An argument that must be an array."""
    if not isinstance(value, list):
        raise Refused(f"an array is needed, not {kind_of(value)}")
    return value


def mapping(value: Any) -> dict[str, Any]:
    """An argument that must be an object."""
    if not isinstance(value, dict):
        raise Refused(f"an object is needed, not {kind_of(value)}")
    return value


def truth(value: Any) -> bool:
    """An argument that must be true or false."""
    if not isinstance(value, bool):
        raise Refused(f"true or false is needed, not {kind_of(value)}")
    return value


def within_size(length: int) -> None:
    """Refuse a result before it is made."""
    if length > MAX_CHARACTERS:
        raise Refused("it is too large")


def distinct(values: Iterable[Any]) -> list[Any]:
    """Each value once, in order."""
    found: dict[str, Any] = {}
    for value in values:
        found.setdefault(json.dumps(value, sort_keys=True), value)
    return list(found.values())
