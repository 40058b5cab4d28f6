"""Writing into the body of a resource that is being made: at a path, into an array, one description over another. Pure.

What is unknown on the way stays unknown: nothing is written below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from auditor.model.resource import MISSING, Unknown

Body = dict[str, Any]
_QUOTED: Final = re.compile(r"\['([^']+)'\]|([^.\[\]']+)")


@lru_cache(maxsize=4096)
def segments(path: str) -> tuple[str, ...]:
    """The keys of a path: `properties.customProperties['A.B']` → properties, customProperties, A.B."""
    return tuple(quoted or plain for quoted, plain in _QUOTED.findall(path))


def put(body: Body, path: str, value: Any) -> None:
    """Set a value at a path, making the objects on the way. What is unknown on the way stays unknown."""
    *way, last = segments(path)
    inner = object_at(body, way)
    if inner is not None:
        inner[last] = merge(inner.get(last), value) if isinstance(value, dict) else value


def object_at(body: Body, way: Iterable[str]) -> Body | None:
    """The object at a place, made when it is not there; None where something on the way is no object."""
    for key in way:
        inner = body.get(key, MISSING)
        if inner is MISSING:
            inner = body[key] = {}
        elif not isinstance(inner, dict):
            return None
        body = inner
    return body


def append(body: Body, path: str, items: list[Any]) -> None:
    """Add elements to an array, making it on the way. One that is unknown stays unknown."""
    *way, last = segments(path)
    inner = object_at(body, way)
    if inner is not None and not isinstance(old := inner.get(last), Unknown):
        inner[last] = old + items if isinstance(old, list) else items


def merge(old: Any, new: Any) -> Any:
    """Two descriptions of the same thing: objects are merged, lists joined, anything else is the newer one's."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merge(old[key], value) if key in old else value for key, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return old + new
    return new
