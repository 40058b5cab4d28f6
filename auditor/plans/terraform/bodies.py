"""Ids in the bodies of azapi that are unknown, though the configuration names what they belong to. Pure.

A configuration says of a whole body what it refers to: a subnet, a vault, a zone. Which of these stands where the key
tells (`subnet.id` is that of a subnet); what is left of both, one place and one object, belongs together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from auditor.model.resource import Unknown

Place = tuple[str | int, ...]
_ID: Final = re.compile(r"(?:resource)?ids?$", re.IGNORECASE)
_JOINED: Final = re.compile(r"(?:^|[a-z])ids?$|^(?:name|scopes?)$", re.IGNORECASE)
_OF_ENTRA: Final = re.compile(r"(?:app|application|client|object|principal|tenant)ids?$", re.IGNORECASE)


def with_ids(body: Any, values: Sequence[Any]) -> Any:
    """A body with those of the values (ids and names that its expression refers to) whose place is sure."""
    known = set(_texts(body))
    values = [value for value in dict.fromkeys(map(_text, values)) if value and value not in known]
    places = [place for place in _unknowns(body, ()) if _is_joined(str(place[-1]))] if values else []
    sure: dict[Place, str] = {}
    for place in places:
        fitting = [value for value in values if _fits(place, value)]
        if len(fitting) == 1:
            sure[place] = fitting[0]
    places_left = [place for place in places if place not in sure]
    values_left = [value for value in values if value not in sure.values()]
    if len(places_left) == len(values_left) == 1:
        sure[places_left[0]] = values_left[0]
    for place, value in sure.items():
        body = _with(body, place, value)
    return body


def _is_joined(key: str) -> bool:
    return bool(_JOINED.search(key)) and not _OF_ENTRA.search(key)


def _fits(place: Place, value: str) -> bool:
    """Whether the key says that an id is of this type: `subnet.id`, `subnetResourceId` and `subnetId` of a subnet."""
    names = [step for step in place if isinstance(step, str)]
    word = _ID.sub("", names[-1]) or (names[-2] if len(names) > 1 else "")
    kind = value.split("/")[-2] if value.startswith("/") and value.count("/") > 1 else ""
    return len(word) > 1 and word[:-1].casefold() in kind.casefold()  # without its end: subnet(s), policy and policies


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _unknowns(value: Any, place: Place) -> Iterator[Place]:
    if isinstance(value, Unknown) and place:
        yield place
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _unknowns(item, (*place, key))


def _with(value: Any, place: Place, new: Any) -> Any:
    """A copy with another value at a place."""
    if not place:
        return new
    key, rest = place[0], place[1:]
    if isinstance(value, list):
        return [_with(item, rest, new) if index == key else item for index, item in enumerate(value)]
    return {name: _with(item, rest, new) if name == key else item for name, item in value.items()}
