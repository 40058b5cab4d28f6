"""Replaces what stands at the places of the table. Pure: the body that was given is not changed.

The places of a type are one automaton, so that a body is walked once, and only as far as a place may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

from auditor.sanitize.places import ALL, GONE, KEPT, SETTINGS, Place, places_of
from auditor.sanitize.values import is_opaque, is_plain_setting, is_reference

_ANY: Final = "*"
_DEEP: Final = "**"
_GONE: Final = object()


_SPELLINGS: Final = 1024
"""Keys that a state remembers. Resources of one type have few; a crafted file may have any number."""


class State:
    """How far the paths of places have been followed. `what` is said of the value that is reached, if anything."""

    __slots__ = ("_next", "_places", "what")

    def __init__(self, places: Iterable[Place]) -> None:
        self._places = tuple(dict.fromkeys(_expanded(places)))
        ended = [place.what for place in self._places if not place.path]
        self.what = KEPT if KEPT in ended else ended[0] if ended else ""
        self._next: dict[str, State | None] = {}

    def after(self, key: str) -> State | None:
        """The state below a key or, for `*`, below the elements of a list; None where no place is."""
        try:
            return self._next[key]
        except KeyError:
            found = self._step(key.casefold())
            if len(self._next) < _SPELLINGS:
                self._next[key] = found
            return found

    def _step(self, key: str) -> State | None:
        left = tuple(
            place if place.path[0] == _DEEP else Place(place.path[1:], place.what)
            for place in self._places
            if place.path and place.path[0] in (key, _ANY, _DEEP)
        )
        return _state(left) if left else None


@lru_cache(maxsize=4096)
def _state(places: tuple[Place, ...]) -> State:
    """One state for the same places, however deep: below `**` any key leads to the same one."""
    return State(places)


def _expanded(places: Iterable[Place]) -> Iterable[Place]:
    """The places; of those that go on at any depth also what is right here."""
    for place in places:
        yield place
        if place.path and place.path[0] == _DEEP:
            yield from _expanded([Place(place.path[1:], place.what)])


@lru_cache(maxsize=4096)
def state_of(kind: str) -> State | None:
    """The automaton of a type, however it is spelled; None when no place of it is in the table."""
    places = places_of(kind)
    return State(places) if places else None


def hide(value: Any, state: State | None, mark: str) -> Any:
    """The value with the mark in the place of what is secret by the table; the value itself when nothing is."""
    return value if state is None else _hide(value, state, mark)


def _hide(value: Any, state: State, mark: str) -> Any:
    what = state.what
    if what == GONE:
        return _GONE
    if what:
        return _replaced(value, _TESTS[what], mark)
    kind = value.__class__
    if kind is dict:
        changed: dict[str, Any] | None = None
        for key, inner in value.items():
            after = state.after(key) if key.__class__ is str else None
            if after is None or (now := _hide(inner, after, mark)) is inner:
                continue
            changed = dict(value) if changed is None else changed
            if now is _GONE:
                del changed[key]
            else:
                changed[key] = now
        return value if changed is None else changed
    if kind is list and (after := state.after(_ANY)) is not None:
        items = [_hide(item, after, mark) for item in value]
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value


def _replaced(value: Any, harmless: Callable[[str], bool], mark: str) -> Any:
    """The value with the mark for every text but harmless ones."""
    kind = value.__class__
    if kind is str:
        return value if harmless(value) else mark
    if kind is dict:
        fields = {key: _replaced(inner, harmless, mark) for key, inner in value.items()}
        return value if fields == value else fields
    if kind is list:
        items = [_replaced(inner, harmless, mark) for inner in value]
        return value if items == value else items
    return value


_TESTS: Final[dict[str, Callable[[str], bool]]] = {
    ALL: is_reference,
    SETTINGS: is_plain_setting,
    KEPT: lambda _text: True,
    "opaque": lambda text: not is_opaque(text),
}
