"""The functions of ARM templates on arrays and objects, with Microsoft's published semantics. Pure.

Most of them may hold unknown elements: how long an array is, or which keys an object has, does not depend on these.
Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-array, …-object
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from auditor.model.resource import Unknown
from auditor.plans.arm.values import (
    ANY_NUMBER,
    Function,
    Refused,
    array,
    distinct,
    key_in,
    kind_of,
    mapping,
    member,
    same,
    text,
    text_of,
    unknown_in,
    whole,
    within_size,
)


def concat(*values: Any) -> Any:
    """Arrays as one array, or texts (and numbers) as one text."""
    if all(isinstance(value, list) for value in values):
        return [item for value in values for item in value]
    parts = [_part(value) for value in values]
    within_size(sum(map(len, parts)))
    return "".join(parts)


def concat_end(*values: Any) -> str:
    """What a text ends with, after the last part that is not known."""
    known = [isinstance(value, str) for value in values]
    return "".join(values[len(known) - next((at for at, one in enumerate(reversed(known)) if not one), 0) :])


def _part(value: Any) -> str:
    if isinstance(value, list | dict) or value is None:
        raise Refused(f"{kind_of(value)} cannot be joined with a text")
    return text_of(value)


def contains(container: Any, wanted: Any) -> Any:
    """An array its element, an object its key whatever the casing, a text its part by the casing."""
    if isinstance(container, dict):
        return key_in(container, text(wanted)) is not None
    if isinstance(container, str):
        return _part(wanted) in container
    doubts = [unknown_in(wanted), *map(unknown_in, array(container))]
    if doubts[0] is None and any(
        doubt is None and same(item, wanted) for item, doubt in zip(container, doubts[1:], strict=True)
    ):
        return True
    return next((doubt for doubt in doubts if doubt is not None and container), False)


def create_object(*values: Any) -> Any:
    """Key, value, key, value …; an object with an unknown key is unknown."""
    if len(values) % 2:
        raise Refused("a key has no value")
    created: dict[str, Any] = {}
    for key, value in zip(values[::2], values[1::2], strict=True):
        if isinstance(key, Unknown):
            return key
        created[text(key)] = value
    return created


def empty(value: Any) -> bool:
    """Nothing in it; null is empty."""
    if value is not None and not isinstance(value, str | list | dict):
        raise Refused(f"{kind_of(value)} cannot be empty")
    return not value


def first(value: Any) -> Any:
    """The first element or character; of nothing, null or an empty text."""
    if isinstance(value, str):
        return value[:1]
    return next(iter(array(value)), None)


def last(value: Any) -> Any:
    """The last element or character; of nothing, null or an empty text."""
    if isinstance(value, str):
        return value[-1:]
    return next(reversed(array(value)), None)


def flatten(values: Any) -> Any:
    """An array of arrays as one array."""
    found: list[Any] = []
    for item in array(values):
        if isinstance(item, Unknown):
            return item
        found += array(item)
    return found


def intersection(*values: Any) -> Any:
    """What all arrays hold; the properties that all objects have with the same value."""
    if all(isinstance(value, dict) for value in values):
        return {
            key: item
            for key, item in values[0].items()
            if all(key in value and same(value[key], item) for value in values[1:])
        }
    common = distinct(array(values[0]))
    return [item for item in common if all(any(same(item, other) for other in array(value)) for value in values[1:])]


def union(*values: Any) -> Any:
    """Every element once; or objects merged at every depth, where the last value of a key counts."""
    if all(isinstance(value, dict) for value in values):
        merged: dict[str, Any] = {}
        for value in values:
            merged = _merged(merged, value)
        return merged
    every = [item for value in values for item in array(value)]
    return unknown_in(every) or distinct(every)


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for name, value in new.items():
        key = key_in(merged, name) or name
        before = merged.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            merged[key] = _merged(before, value)
        elif isinstance(value, dict) and isinstance(before, Unknown):
            merged[key] = before  # it may be an object with more in it
        else:
            merged[key] = value
    return merged


def shallow_merge(values: Any) -> Any:
    """An array of objects as one; the last value of a key counts."""
    merged: dict[str, Any] = {}
    for value in array(values):
        if isinstance(value, Unknown):
            return value
        for name, item in mapping(value).items():
            merged[key_in(merged, name) or name] = item
    return merged


def items(value: Any) -> list[Any]:
    """An object as an array of keys and values, by key."""
    return [{"key": key, "value": item} for key, item in sorted(mapping(value).items(), key=_by_key)]


def _by_key(pair: tuple[str, Any]) -> tuple[str, str]:
    return pair[0].lower(), pair[0]


def length(value: Any) -> int:
    """Of a text, an array or (properties) an object."""
    if not isinstance(value, str | list | dict):
        raise Refused(f"{kind_of(value)} has no length")
    return len(value)


def skip(value: Any, count: Any) -> Any:
    """Without the first ones."""
    return _sequence(value)[max(whole(count), 0) :]


def take(value: Any, count: Any) -> Any:
    """The first ones alone."""
    return _sequence(value)[: max(whole(count), 0)]


def _sequence(value: Any) -> Any:
    return value if isinstance(value, str) else array(value)


def try_get(value: Any, *keys: Any) -> Any:
    """The value at a path, null where it ends early."""
    for key in keys:
        value = member(value, key, safe=True)
    return value


def index_from_end(value: Any, index: Any) -> Any:
    """1 is the last element."""
    return member(array(value), len(value) - whole(index))


def try_index_from_end(value: Any, index: Any) -> Any:
    """The same, null where there is none."""
    return None if value is None else member(array(value), len(value) - whole(index), safe=True)


ARRAY_FUNCTIONS: Final[Mapping[str, Function]] = {
    "array": Function(lambda value: value if isinstance(value, list) else [value], 1, deep=False),
    "concat": Function(concat, 1, ANY_NUMBER, deep=False),
    "contains": Function(contains, 2, deep=False),
    "empty": Function(empty, 1, deep=False),
    "first": Function(first, 1, deep=False),
    "flatten": Function(flatten, 1, deep=False),
    "indexfromend": Function(index_from_end, 2, deep=False),
    "intersection": Function(intersection, 2, ANY_NUMBER),
    "items": Function(items, 1, deep=False),
    "last": Function(last, 1, deep=False),
    "length": Function(length, 1, deep=False),
    "objectkeys": Function(lambda value: [item["key"] for item in items(value)], 1, deep=False),
    "shallowmerge": Function(shallow_merge, 1, deep=False),
    "skip": Function(skip, 2, deep=False),
    "take": Function(take, 2, deep=False),
    "tryindexfromend": Function(try_index_from_end, 2, deep=False),
    "union": Function(union, 1, ANY_NUMBER, deep=False),
}
