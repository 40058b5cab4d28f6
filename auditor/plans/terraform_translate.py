"""A planned Terraform resource → the body of the ARM resource, as its table says. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from auditor.model import MISSING, Unknown
from auditor.plans.terraform_table import Attr, Below, Block, Composed, Fixed, Part, Table, segments, spellings
from auditor.plans.terraform_values import SENSITIVE, is_digest

_ODD: Final = Unknown("a block is expected here")


class Place(Struct, frozen=True):
    """Where a part is written: the id of the resource, the id of the element, and what the configuration writes there.

    `written` is None where that is not known.
    """

    own: str
    here: str
    written: Mapping[str, Any] | None = None


def body_of(table: Table, tree: Mapping[str, Any], own: str, written: Mapping[str, Any] | None) -> dict[str, Any]:
    """The ARM body without id and name."""
    body: dict[str, Any] = {"type": table.type}
    for key in ("location", "zones"):
        if tree.get(key) is not None:
            body[key] = tree[key]
    tags = tree.get("tags")
    if isinstance(tags, dict | Unknown):
        body["tags"] = tags
    write(table.parts, tree, body, Place(own, own, written))
    return body


def write(parts: tuple[Part, ...], source: Mapping[str, Any], body: dict[str, Any], place: Place) -> None:
    """Write every part of a block into the body."""
    for part in parts:
        if isinstance(part, Attr):
            value = chosen(source, part.names)
            if part.unset:
                value = _known(part, value, place)
            value = _translated(part, value)
            if value is not None and value is not MISSING:
                put(body, part.to, value)
        elif isinstance(part, Block):
            value = source if part.names == "." else _known(part, chosen(source, part.names), place)
            _write_block(part, value, body, place)
        elif isinstance(part, Below):
            _write_reference(part, chosen(source, part.names), body, place.own)
        elif isinstance(part, Fixed):
            put(body, part.to, part.value)
        elif isinstance(part, Composed):
            put(body, part.to, composed(part.template, source))


def composed(template: str, source: Mapping[str, Any]) -> Any:
    """A template with attributes in its braces; unknown when one of them is not a known text."""
    for name in re.findall(r"{(\w+)}", template):
        value = source.get(name)
        if not isinstance(value, str) or not value:
            return value if isinstance(value, Unknown) else Unknown(f"the plan does not tell {name}")
        template = template.replace("{" + name + "}", value)
    return template


def _known(part: Attr | Block, value: Any, place: Place) -> Any:
    """What is unknown only because the provider computes what nobody wrote is absent."""
    if isinstance(value, Unknown) and part.unset and place.written is not None:
        return value if any(name in place.written for name in spellings(part.names)) else None
    return value


def chosen(source: Mapping[str, Any], names: str) -> Any:
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


def _translated(part: Attr, value: Any) -> Any:
    if value is MISSING:
        value = part.default
    if value is None or value is MISSING:
        return part.otherwise
    how = part.how
    if how is None or isinstance(value, Unknown):
        return value
    if is_digest(value):
        return SENSITIVE
    if callable(how):
        return how(value)
    return how.get(value, value) if isinstance(value, str | bool | int | float) else value


def _write_block(part: Block, value: Any, body: dict[str, Any], place: Place) -> None:
    if isinstance(value, Unknown):
        _unknown_block(part, value, body)
        return
    blocks = [value] if isinstance(value, Mapping) else value if isinstance(value, list) else []
    written = _written(part, blocks, place)
    if part.to.endswith("[*]"):
        if isinstance(value, list | Mapping):
            kept = [block for block in blocks if _wanted(part, block)]
            append(body, part.to[:-3], [_element(part, block, place, written) for block in kept])
        return
    if not blocks:
        if part.implied:
            _write_inside(part, {}, body, place, written)
    elif not isinstance(blocks[0], Mapping | None):
        _unknown_block(part, blocks[0] if isinstance(blocks[0], Unknown) else _ODD, body)
    else:
        _write_inside(part, blocks[0] or {}, body, place, written)


def _written(part: Block, blocks: list[Any], place: Place) -> Mapping[str, Any] | None:
    """What the configuration writes inside the only block of its name; None where that is not known."""
    given = chosen(place.written or {}, part.names)
    if len(blocks) == 1 and isinstance(given, list) and len(given) == 1 and isinstance(given[0], dict):
        return given[0]
    return None


def _wanted(part: Block, block: Any) -> bool:
    if part.where is None or not isinstance(block, Mapping):
        return True
    name, value = part.where
    return bool(block.get(name)) is value


def _write_inside(
    part: Block, block: Mapping[str, Any], body: dict[str, Any], place: Place, written: Mapping[str, Any] | None
) -> None:
    here = Place(place.own, place.here, written)
    if not part.to:
        write(part.parts, block, body, here)
        return
    inner: dict[str, Any] = {}
    write(part.parts, block, inner, here)
    put(body, part.to, inner)


def _unknown_block(part: Block, value: Unknown, body: dict[str, Any]) -> None:
    if part.to:
        put(body, part.to.removesuffix("[*]"), value)
        return
    for inner in part.parts:
        if isinstance(inner, Block) and not inner.to:
            _unknown_block(inner, value, body)
        else:
            put(body, inner.to.removesuffix("[*]"), value)


def _element(part: Block, block: Any, place: Place, written: Mapping[str, Any] | None) -> Any:
    if not isinstance(block, Mapping | None):
        return block if isinstance(block, Unknown) else _ODD
    element: dict[str, Any] = {}
    here = place.here
    if part.ids and isinstance(name := (block or {}).get("name"), str):
        here = f"{place.here}/{segments(part.to)[-2]}/{name}"
        element["id"] = here
    write(part.parts, block or {}, element, Place(place.own, here, written))
    return element


def _write_reference(part: Below, value: Any, body: dict[str, Any], own: str) -> None:
    def reference(name: Any) -> Any:
        return name if isinstance(name, Unknown) else f"{own}/{part.collection}/{name}"

    if isinstance(value, Unknown):
        put(body, part.to if part.many else f"{part.to}.id", value)
    elif part.many and isinstance(value, list):
        put(body, part.to, [{"id": reference(name)} for name in value])
    elif isinstance(value, str):
        put(body, f"{part.to}.id", reference(value))


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """Set a value at a path, making the objects on the way. What is unknown on the way stays unknown."""
    *way, last = segments(path)
    node = body
    for key in way:
        inner = node.setdefault(key, {})
        if not isinstance(inner, dict):
            return
        node = inner
    old = node.get(last)
    node[last] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value


def append(body: dict[str, Any], path: str, items: list[Any]) -> None:
    """Add elements to an array, making it on the way."""
    *way, last = segments(path)
    node: Any = body
    for key in way:
        node = node.setdefault(key, {}) if isinstance(node, dict) else None
    if isinstance(node, dict):
        old = node.get(last)
        node[last] = old + items if isinstance(old, list) else items


def merge(old: Any, new: Any) -> Any:
    """Two descriptions of the same thing: objects are merged, lists joined, anything else is the newer one's."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merge(old[key], value) if key in old else value for key, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return old + new
    return new
