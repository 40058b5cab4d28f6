"""A planned Terraform resource → the body of the ARM resource, as its table says. Pure.

Each part of a table becomes one function, made when a plan first holds the type: what a table says once (its paths, its
spellings, what an absent value means) is then not worked out again for every resource.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from msgspec import Struct

from auditor.model.resource import MISSING, Unknown
from auditor.plans.body_writer import Body, append, merge, object_at, put, segments
from auditor.plans.terraform.table import Attr, Below, Block, Composed, Fixed, Part, spellings

_ODD: Final = Unknown("a block is expected here")
_PLAIN: Final = (str, bool, int, float)


class Place(Struct, frozen=True):
    """Where a part is written: the id of the resource, the id of the element, and what the configuration writes there.

    `written` is None where that is not known.
    """

    own: str
    here: str
    written: Mapping[str, Any] | None = None


Tree = Mapping[str, Any]
Writer = Callable[[Tree, Body, Place], None]
"""Writes what the attributes of a block say into the body."""


def writer(parts: tuple[Part, ...]) -> Writer:
    """What writes every part of a block. Attributes beside each other are written in one go: most of a table is such,
    and a plan has tens of thousands."""
    writers: list[tuple[str, Writer]] = []  # each with the name of a block without which it has nothing to do
    for (kind, way), some in groupby(parts, _kind_and_way):
        together = list(some)
        attributes = [part for part in together if isinstance(part, Attr)]
        if attributes:
            writers.append(("", _attributes(way, attributes)))
        else:
            writers += [(_needed(part), _WRITERS[kind](part)) for part in together]

    def write(source: Tree, body: Body, place: Place) -> None:
        for needed, each in writers:
            if not needed or source.get(needed) is not None:
                each(source, body, place)

    return write


def filled(body: Body, write: Writer, tree: Tree, place: Place) -> Body:
    """A body, complete with what a resource says: what all types have, and what its table knows."""
    for key in ("location", "zones"):
        if tree.get(key) is not None:
            body[key] = tree[key]
    tags = tree.get("tags")
    if isinstance(tags, dict | Unknown):
        body["tags"] = tags
    write(tree, body, place)
    return body


def composed(template: str, source: Tree) -> Any:
    """A template with attributes in its braces; unknown when one of them is not a known text."""
    for name in _named(template):
        value = source.get(name)
        if not isinstance(value, str) or not value:
            return value if isinstance(value, Unknown) else Unknown(f"the plan does not tell {name}")
        template = template.replace("{" + name + "}", value)
    return template


@lru_cache
def _named(template: str) -> list[str]:
    return re.findall(r"{(\w+)}", template)


def chosen(source: Tree, names: str) -> Any:
    """The value of an attribute by the first spelling that says something; null where one is there and says nothing."""
    found: Any = MISSING
    for name in spellings(names):
        value: Any = source.get(name, MISSING)
        if value is MISSING:
            continue
        if isinstance(value, Unknown):
            found = value
        elif value is not None and value != "":
            return value
        elif found is MISSING:
            found = None
    return found


def _kind_and_way(part: Part) -> tuple[type[Part], tuple[str, ...]]:
    """What kind of part it is, and of an attribute the place of the object that it is written into."""
    return type(part), segments(part.to)[:-1] if isinstance(part, Attr) else ()


def _needed(part: Part) -> str:
    """The only name of a block that says nothing when it is absent; empty for any other part."""
    if not isinstance(part, Block) or part.implied or part.names == "." or "|" in part.names:
        return ""
    return part.names


def _translated(part: Attr, value: Any) -> Any:
    how = part.how
    if value is None or value is MISSING:
        return part.otherwise
    if how is None or isinstance(value, Unknown):
        return value
    if callable(how):
        return how(value)
    return how.get(value, value) if isinstance(value, _PLAIN) else value


Row = tuple[str, bool, str, Any, Any, Callable[[Any, Place], Any] | None]
"""An attribute: its spellings, whether there is only one, its name in ARM, its default and what absent means there, and
what makes the ARM value of one that is set (None: it is that value)."""


def _row(part: Attr) -> Row:
    def change(value: Any, place: Place) -> Any:
        if not part.unset:
            return _translated(part, value)
        given = if_written(value, part.names, place.written)
        if part.unless and given is None:  # computed: the default, or what comes with the other attribute
            return value if part.unless in (place.written or ()) else default
        return _translated(part, given)

    plain, only = part.how is None and not part.unset, "|" not in part.names
    last, default = segments(part.to)[-1], _translated(part, part.default)
    return part.names, only, last, default, part.otherwise, None if plain else change


def _attributes(way: tuple[str, ...], attributes: list[Attr]) -> Writer:
    """What writes attributes whose values stand beside each other in ARM."""
    rows = [_row(part) for part in attributes]

    def write(source: Tree, body: Body, place: Place) -> None:
        holder: Body | None = None
        for names, only, last, default, otherwise, change in rows:
            value = source.get(names, MISSING) if only else chosen(source, names)
            if value is MISSING:
                value = default
            elif value is None or value == "":
                value = otherwise
            elif change:
                value = change(value, place)
            if value is None or value is MISSING:
                continue
            if holder is None:
                holder = object_at(body, way)
                if holder is None:
                    return
            holder[last] = merge(holder.get(last), value) if value.__class__ is dict else value

    return write


def if_written(value: Any, names: str, written: Tree | None) -> Any:
    """A value, None where it is unknown only because the provider computes what nobody wrote."""
    if isinstance(value, Unknown) and written is not None and not any(name in written for name in spellings(names)):
        return None
    return value


def _block(part: Block) -> Writer:
    inside, names, implied = writer(part.parts), part.names, part.implied
    own, place_of = names == ".", part.to.removesuffix("[*]")

    def elements(value: Any, body: Body, place: Place) -> None:
        blocks = [value] if isinstance(value, dict) else value
        if isinstance(blocks, list):
            written = _written(part, blocks, place)
            kept = [_element(part, inside, block, place, written) for block in blocks if _wanted(part, block)]
            append(body, place_of, kept)

    def first(value: Any, body: Body, place: Place) -> None:
        blocks = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        block = blocks[0] if blocks else {}
        if not blocks and not implied:
            return
        if block is not None and not isinstance(block, dict):
            _unknown_block(part, block if isinstance(block, Unknown) else _ODD, body)
            return
        here = Place(place.own, place.here, _written(part, blocks, place))
        if not part.to:
            inside(block or {}, body, here)
            return
        inner: Body = {}
        inside(block or {}, inner, here)
        put(body, part.to, inner)

    each = elements if part.to.endswith("[*]") else first

    def write(source: Tree, body: Body, place: Place) -> None:
        value = source if own else chosen(source, names)
        if not implied and (value is None or value is MISSING):
            return
        if part.unset:
            value = if_written(value, names, place.written)
        if isinstance(value, Unknown):
            _unknown_block(part, value, body)
        else:
            each(value, body, place)

    return write


def _written(part: Block, blocks: list[Any], place: Place) -> Tree | None:
    """What the configuration writes inside the only block of its name; None where that is not known."""
    if part.names == ".":
        return place.written
    if not place.written or len(blocks) != 1:
        return None
    given = chosen(place.written, part.names)
    return given[0] if isinstance(given, list) and len(given) == 1 and isinstance(given[0], dict) else None


def _wanted(part: Block, block: Any) -> bool:
    if part.where is None or not isinstance(block, dict):
        return True
    name, value = part.where
    return bool(block.get(name)) is value


def _unknown_block(part: Block, value: Unknown, body: Body) -> None:
    if part.to:
        put(body, part.to.removesuffix("[*]"), value)
        return
    for inner in part.parts:
        if isinstance(inner, Block) and not inner.to:
            _unknown_block(inner, value, body)
        else:
            put(body, inner.to.removesuffix("[*]"), value)


def _element(part: Block, inside: Writer, block: Any, place: Place, written: Tree | None) -> Any:
    if block is not None and not isinstance(block, dict):
        return block if isinstance(block, Unknown) else _ODD
    element: Body = {}
    here = place.here
    if part.ids and isinstance(name := (block or {}).get("name"), str):
        here = f"{place.here}/{segments(part.to)[-2]}/{name}"
        element["id"] = here
    inside(block or {}, element, Place(place.own, here, written))
    return element


def _below(part: Below) -> Writer:
    def write(source: Tree, body: Body, place: Place) -> None:
        def reference(name: Any) -> Any:
            return name if isinstance(name, Unknown) else f"{place.own}/{part.collection}/{name}"

        value = chosen(source, part.names)
        if isinstance(value, Unknown):
            put(body, part.to if part.many else f"{part.to}.id", value)
        elif part.many and isinstance(value, list):
            put(body, part.to, [{"id": reference(name)} for name in value])
        elif isinstance(value, str):
            put(body, f"{part.to}.id", reference(value))

    return write


def _fixed(part: Fixed) -> Writer:
    return lambda _source, body, _place: put(body, part.to, part.value)


def _composed(part: Composed) -> Writer:
    return lambda source, body, _place: put(body, part.to, composed(part.template, source))


_WRITERS: Final[dict[type, Callable[[Any], Writer]]] = {
    Below: _below,
    Block: _block,
    Composed: _composed,
    Fixed: _fixed,
}
