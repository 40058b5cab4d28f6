"""Elements of an input in members that no reader takes: a misspelled `resources`, or a list under another name. Pure.

A reader takes the members that it knows. What looks like its elements elsewhere in the same object is not evaluated,
and must be reported: a format that gains a member, and a key with a spelling error, look the same to a reader.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from auditor.model.paging import letters_of


def stray_members(
    holder: Mapping[str, Any],
    read: Collection[str],
    others: Collection[str],
    is_element: Callable[[Any], bool],
) -> Iterator[tuple[str, int]]:
    """The members that hold elements and are not read, each with the number of its elements.

    `read` are the members that the reader takes, as it spells them: another spelling of one of these (`Resources`,
    `"resources "`) holds elements whatever they look like. `others` are further members of the format, whose contents
    are no elements.
    """
    folded = {letters_of(key) for key in read}
    no_elements = {letters_of(key) for key in others}
    for key, value in holder.items():
        if key in read or not isinstance(value, list | dict):
            continue
        name = letters_of(key)
        if name in folded:
            count = len(value) if isinstance(value, list) else min(1, len(value))
        elif name in no_elements:
            continue
        else:
            inside = [value, *value.values()] if isinstance(value, dict) else value
            count = sum(map(is_element, inside))
        if count:
            yield key, count


def stray(key: str, count: int) -> str:
    """The reason of a gap for such a member, in a sentence."""
    elements = "1 element" if count == 1 else f"{count:,} elements"
    return f"its member `{key[:60]}` is not known, and {elements} in it cannot be evaluated"
