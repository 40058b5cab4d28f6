"""Damage to a value that does not make what it describes good."""

from __future__ import annotations

import copy
import json
from typing import Any, Final

from tests.conservation.inputs import Input
from tests.conservation.twins import add_twin
from tests.damage import Random

WRONG: Final = (1, True, "x", ["x"], {"x": 1})
"""Values of every kind. None is empty: that would say that there is nothing."""
ANNOUNCED: Final = (
    "nextLink", "skip_token", "error", "total_records", "continue", "errored", "result_truncated",
)  # fmt: skip
"""Members that say that something is missing."""
KINDS: Final = (
    "case", "rename", "space", "kind", "null", "list", "text", "object", "double", "twice", "spellings", "moved",
    "announce", "value case", "value space",
)  # fmt: skip
WRAPPED: Final = "wrap"
TEXTS: Final = frozenset({"kind", "type", "apiVersion", "changeType", "mode", "actions"})
"""Keys whose values are words that may be spelled in another way."""
MARK: Final = "\N{PILCROW SIGN}"
"""Stands behind a key that is written twice, until it is text."""


def damaged(sound: Input, rng: Random) -> tuple[Any, list[str]]:
    """A damaged copy of the value of an input, and what was done to it: the kind of damage and its place."""
    value = copy.deepcopy(sound.value)
    done: list[str] = ["twin"] if rng.random() < 0.08 and add_twin(value, rng) else []
    touched: set[int] = set()  # values that are damaged: what is in them is left alone
    taken = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        free = (place for place in paths_of(value, touched) if place not in taken)
        places = [place for place in free if not sound.keep & set(map(str, place))]
        if not places:
            break
        place = rng.choice(places)
        taken.append(place)
        holder = value
        for key in place[:-1]:
            holder = holder[key]
        kind = rng.choice(KINDS)
        touched.add(id(holder[place[-1]]))
        if _damage(kind, holder, place[-1], rng):
            now = holder[place[-1]] if isinstance(holder, list) or place[-1] in holder else None
            touched.add(id(now))
            done.append(f"{kind} {'.'.join(map(str, place))}")
    if rng.random() < 0.1:
        value = rng.choice(([value], {"value": [value]}, {"items": value}, {"data": value}, {"x": value}, [[[value]]]))
        done.append(WRAPPED)
    return value, done


def paths_of(value: Any, without: set[int], at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place below a value, without those in some values, which are named by identity."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [
        place
        for key, child in children
        if not (isinstance(child, list | dict | str) and id(child) in without)
        for place in ((*at, key), *paths_of(child, without, (*at, key)))
    ]


def _damage(kind: str, holder: Any, key: Any, rng: Random) -> bool:
    """Damage one member of an object or list in place. False where this kind of damage does not apply."""
    is_object = isinstance(holder, dict)
    value = holder[key]
    if kind in ("case", "rename", "space") and is_object:
        _renamed(holder, key, _spelled(kind, str(key), rng))
    elif kind == "kind":
        others = [other for other in WRONG if type(other) is not type(value)]  # `true` for `false` is no damage
        holder[key] = copy.deepcopy(rng.choice(others))
    elif kind == "null" and is_object and not isinstance(value, list):  # some APIs write an empty list so
        holder[key] = None
    elif kind == "list":
        holder[key] = [value]
    elif kind == "object":
        holder[key] = {rng.choice(("value", "properties", "x", str(key))): value}
    elif kind == "text":
        holder[key] = json.dumps(value)
    elif kind == "double" and not is_object:
        holder.insert(key, copy.deepcopy(value))
    elif kind in ("twice", "spellings") and is_object:
        name = _unused(holder, str(key) if kind == "twice" else _spelled("case", str(key), rng))
        first = rng.random() < 0.5
        items = [*holder.items(), (name, copy.deepcopy(rng.choice((*WRONG, {}, [], None))))]
        holder.clear()
        holder.update([items[-1], *items[:-1]] if first else items)
    elif kind == "moved" and is_object and isinstance(value, list | dict) and value:
        _renamed(holder, key, _spelled(rng.choice(("case", "space", "rename")), str(key), rng))
        holder[key] = type(value)()
    elif kind == "announce" and is_object:
        holder[rng.choice(ANNOUNCED)] = rng.choice((9999, "x", True, {"code": "x"}))
    elif kind in ("value case", "value space") and key in TEXTS and isinstance(value, str):
        holder[key] = _spelled(kind.removeprefix("value "), value, rng)
    else:
        return False
    return True


def _spelled(kind: str, text: str, rng: Random) -> str:
    if kind == "rename":
        return rng.choice((f"x{text}", f"{text}s", f"_{text}"))
    if kind == "space":
        return rng.choice((f"{text} ", f" {text}"))
    spellings = [spelled for spelled in (text.upper(), text.lower(), text.title(), text.swapcase()) if spelled != text]
    return rng.choice(spellings or [f"{text} "])


def _unused(holder: dict[str, Any], name: str) -> str:
    """The name with marks behind it, as many as it takes to keep the member that has the name already."""
    while name in holder:
        name += MARK
    return name


def _renamed(holder: dict[str, Any], key: str, name: str) -> None:
    name = _unused(holder, name)
    items = [(name if each == key else each, value) for each, value in holder.items()]
    holder.clear()
    holder.update(items)
