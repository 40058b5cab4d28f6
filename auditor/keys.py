"""Keys of objects, whatever their casing: ARM does not promise one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from auditor.resource import MISSING, Unknown

_SHAPES: Final[dict[tuple[Any, ...], Mapping[str, str]]] = {}
_MOST_SHAPES: Final = 4096


def names_of(holder: Mapping[str, Any]) -> Mapping[str, str]:
    """Casefolded key → the key as it is spelled, of several that are alike the first.

    The keys of objects recur, so they are remembered.
    """
    shape = tuple(holder)
    found = _SHAPES.get(shape)
    if found is None:
        if len(_SHAPES) >= _MOST_SHAPES:
            _SHAPES.clear()
        found = _SHAPES[shape] = {name.casefold(): name for name in reversed(shape) if isinstance(name, str)}
    return found


def value_of(holder: Mapping[str, Any], key: str) -> Any:
    """The value of a key: as it is spelled, else in any casing; `MISSING` when there is none."""
    found = holder.get(key, MISSING)
    if found is MISSING:
        name = names_of(holder).get(key.casefold())
        return MISSING if name is None else holder[name]
    return found


def get(value: Any, *keys: str) -> Any:
    """The value below nested keys; None when it is not there, an `Unknown` where the way ends in one."""
    for key in keys:
        if value.__class__ is not dict and not isinstance(value, dict):  # the first is cheaper, and most often enough
            return value if isinstance(value, Unknown) else None
        found = value_of(value, key)
        value = None if found is MISSING else found
    return value
