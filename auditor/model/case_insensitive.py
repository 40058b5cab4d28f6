"""Keys of objects, whatever their casing: ARM does not promise one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from auditor.model.resource import MISSING, Unknown, kind_of

FREE: Final = frozenset(
    (
        *("annotations", "binarydata", "data", "labels", "matchlabels", "nodeselector", "parameters", "selector"),
        *("stringdata", "podlabels", "endpointlabels", "namespacelabels"),
    )
)
"""Casefolded names of objects of Kubernetes whose keys are the author's own, in any spelling."""

_MOST_SHAPES: Final = 4096


class Names(dict[str, str]):
    """Casefolded key → the key as it is spelled; `twice` are the casefolded keys that stand there in two spellings."""

    __slots__ = ("twice",)

    def __init__(self, shape: tuple[Any, ...]) -> None:
        folded = [(name.casefold(), name) for name in reversed(shape) if isinstance(name, str)]
        super().__init__(folded)
        given = [name for name, _spelled in folded]
        self.twice = frozenset(name for name in given if given.count(name) > 1) if len(self) < len(given) else _NONE


_NONE: Final[frozenset[str]] = frozenset()
_SHAPES: Final[dict[tuple[Any, ...], Names]] = {}


def names_of(holder: Mapping[str, Any]) -> Names:
    """The keys of an object as they are spelled. The keys of objects recur, so they are remembered."""
    shape = tuple(holder)
    found = _SHAPES.get(shape)
    if found is None:
        if len(_SHAPES) >= _MOST_SHAPES:
            _SHAPES.clear()
        found = _SHAPES[shape] = Names(shape)
    return found


def value_of(holder: Mapping[str, Any], key: str) -> Any:
    """The value of a key: as it is spelled, else in any casing; `MISSING` when there is none."""
    found = holder.get(key, MISSING)
    if found is MISSING:
        names = names_of(holder)
        name = names.get(folded := key.casefold())
        if name is None:
            return MISSING
        return in_two_spellings(key) if folded in names.twice else holder[name]
    return found


def in_two_spellings(key: str) -> Unknown:
    """The value of a key that an object holds in two spellings."""
    return Unknown(f"the key {key} is given in two spellings")


def misspelled(key: str, name: str) -> Unknown:
    """The value of a key that an object of Kubernetes holds in another spelling alone, or in two."""
    return Unknown(f"the key is spelled {name}, and Kubernetes knows {key}")


def not_an_object(value: Any) -> Unknown:
    """The value below something that has no keys."""
    return Unknown(f"{kind_of(value)}, where an object is expected")


def not_an_array(value: Any) -> Unknown:
    """The elements of something that has none."""
    return Unknown(f"{kind_of(value)}, where an array is expected")


def get(value: Any, *keys: str) -> Any:
    """The value below nested keys; None when it is not there, an `Unknown` where the way ends in one, or in something
    that has no keys."""
    for key in keys:
        if value.__class__ is not dict and not isinstance(value, dict):  # the first is cheaper, and most often enough
            return value if value is None or isinstance(value, Unknown) else not_an_object(value)
        found = value_of(value, key)
        value = None if found is MISSING else found
    return value
