"""A planned Terraform resource → the body of the ARM resource, as its table says. Pure.

Each part of a table becomes one function, made when a plan first holds the type: what a table says once (its paths, its
spellings, what an absent value means) is then not worked out again for every resource.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from auditor.model import MISSING, Unknown
from auditor.plans.terraform_table import Attr, Below, Block, Composed, Fixed, Part, segments, spellings

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
Body = dict[str, Any]
Writer = Callable[[Tree, Body, Place], None]
"""Writes what the attributes of a block say into the body."""


def writer(parts: tuple[Part, ...]) -> Writer:
    """What writes every part of a block."""
    writers = [_WRITERS[type(part)](part) for part in parts]

    def write(source: Tree, body: Body, place: Place) -> None:
        for each in writers:
            each(source, body, place)

    return write


def body_of(type: str, write: Writer, tree: Tree, own: str, written: Tree | None) -> Body:
    """The ARM body without id and name."""
    body: Body = {"type": type}
    for key in ("location", "zones"):
        if tree.get(key) is not None:
            body[key] = tree[key]
    tags = tree.get("tags")
    if isinstance(tags, (dict, Unknown)):
        body["tags"] = tags
    write(tree, body, Place(own, own, written))
    return body


def composed(template: str, source: Tree) -> Any:
    """A template with attributes in its braces; unknown when one of them is not a known text."""
    for name in re.findall(r"{(\w+)}", template):
        value = source.get(name)
        if not isinstance(value, str) or not value:
            return value if isinstance(value, Unknown) else Unknown(f"the plan does not tell {name}")
        template = template.replace("{" + name + "}", value)
    return template


def chosen(source: Tree, names: str) -> Any:
    """The value of an attribute by the first spelling that says something; null where one is there and says nothing."""
    if "|" not in names:
        only = source.get(names, MISSING)
        return None if only == "" else only
    found: Any = MISSING
    for name in spellings(names):
        value: Any = source.get(name, MISSING)
        if value is MISSING or value is None or value == "":
            found = None if found is MISSING and value is not MISSING else found
        elif not isinstance(value, Unknown):
            return value
        else:
            found = value
    return found


def _attr(part: Attr) -> Writer:
    names, setter, how, otherwise = part.names, _setter(part.to), part.how, part.otherwise

    def translated(value: Any) -> Any:
        if value is None or value is MISSING:
            return otherwise
        if how is None or isinstance(value, Unknown):
            return value
        if callable(how):
            return how(value)
        return how.get(value, value) if isinstance(value, _PLAIN) else value

    default = translated(part.default)
    shared = default is None or default is MISSING or isinstance(default, (*_PLAIN, Unknown))
    plain, only = how is None and not part.unset, "|" not in names

    def write(source: Tree, body: Body, place: Place) -> None:
        value = source.get(names, MISSING) if only else chosen(source, names)
        if value is MISSING:
            value = default if shared else translated(part.default)
        elif value is None or value == "":
            value = otherwise
        elif not plain:
            value = translated(if_written(value, names, place.written) if part.unset else value)
        if value is not None and value is not MISSING:
            setter(body, value)

    return write


def if_written(value: Any, names: str, written: Tree | None) -> Any:
    """A value, None where it is unknown only because the provider computes what nobody wrote."""
    if isinstance(value, Unknown) and written is not None and not any(name in written for name in spellings(names)):
        return None
    return value


def _block(part: Block) -> Writer:
    inside, names, own, implied = writer(part.parts), part.names, part.names == ".", part.implied

    def elements(value: Any, body: Body, place: Place) -> None:
        blocks = [value] if isinstance(value, dict) else value
        if isinstance(blocks, list):
            written = _written(part, blocks, place)
            kept = [_element(part, inside, block, place, written) for block in blocks if _wanted(part, block)]
            append(body, part.to[:-3], kept)

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
        if part.unset:
            value = if_written(value, names, place.written)
        if isinstance(value, Unknown):
            _unknown_block(part, value, body)
        elif implied or value is not MISSING:
            each(value, body, place)

    return write


def _written(part: Block, blocks: list[Any], place: Place) -> Tree | None:
    """What the configuration writes inside the only block of its name; None where that is not known."""
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
    Attr: _attr,
    Below: _below,
    Block: _block,
    Composed: _composed,
    Fixed: _fixed,
}


def put(body: Body, path: str, value: Any) -> None:
    """Set a value at a path, making the objects on the way. What is unknown on the way stays unknown."""
    _setter(path)(body, value)


@lru_cache(maxsize=4096)
def _setter(path: str) -> Callable[[Body, Any], None]:
    *way, last = segments(path)

    def setter(body: Body, value: Any) -> None:
        node = body
        for key in way:
            inner = node.get(key, MISSING)
            if inner is MISSING:
                inner = node[key] = {}
            elif not isinstance(inner, dict):
                return
            node = inner
        if isinstance(value, dict) and isinstance(old := node.get(last), dict):
            value = merge(old, value)
        node[last] = value

    return setter


def append(body: Body, path: str, items: list[Any]) -> None:
    """Add elements to an array, making it on the way. One that is unknown stays unknown."""
    *way, last = segments(path)
    node: Any = body
    for key in way:
        node = node.setdefault(key, {}) if isinstance(node, dict) else None
    if isinstance(node, dict) and not isinstance(old := node.get(last), Unknown):
        node[last] = old + items if isinstance(old, list) else items


def merge(old: Any, new: Any) -> Any:
    """Two descriptions of the same thing: objects are merged, lists joined, anything else is the newer one's."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merge(old[key], value) if key in old else value for key, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return old + new
    return new
