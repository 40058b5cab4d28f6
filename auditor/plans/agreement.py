"""Two descriptions of one thing in a plan: what they agree on is known, and what they do not is unknown. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.model.case_insensitive import in_two_spellings, names_of
from auditor.model.resource import Unknown


def agreed(one: Any, other: Any, reason: Unknown) -> Any:
    """The first description, `reason` in place of each value for which the other has another one. An absent value is
    null, and keys have any casing."""
    if one is None and other is None:
        return None
    if isinstance(one, dict) and isinstance(other, dict):
        made = {key: agreed(value, spelled(other, key), reason) for key, value in one.items()}
        known = names_of(one)
        return made | {k: reason for k, value in other.items() if k.casefold() not in known and value is not None}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [agreed(*pair, reason) for pair in zip(one, other, strict=True)]
    return one if one == other and isinstance(one, bool) is isinstance(other, bool) else reason


def both_given(one: Any, other: Any, reason: Unknown) -> Any:
    """As `agreed`, where the descriptions may leave out members of objects: what only one of them has is known.
    Texts are alike in any casing, and with or without spaces (`West Europe`)."""
    if isinstance(one, dict) and isinstance(other, dict):
        named = {key: spelled(other, key) for key in one}
        return {
            key: value if named[key] is None or value is None else both_given(value, named[key], reason)
            for key, value in one.items()
        }
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [both_given(*pair, reason) for pair in zip(one, other, strict=True)]
    if isinstance(one, str) and isinstance(other, str):
        return one if _plain(one) == _plain(other) else reason
    return agreed(one, other, reason)


def _plain(text: str) -> str:
    return text.replace(" ", "").casefold()


def spelled(holder: Mapping[str, Any], key: str) -> Any:
    """The value of a key in any casing; None when there is none."""
    if key in holder:
        return holder[key]
    names = names_of(holder)
    folded = key.casefold()
    return in_two_spellings(key) if folded in names.twice else holder[names[folded]] if folded in names else None
