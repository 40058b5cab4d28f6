"""What the relation index keeps of a resource: the fields that conditions read, packed. Pure.

An index may hold a fifth of a large estate. A resource as Python objects takes twenty kilobytes; the few fields that
some `where` reads, packed by `marshal`, take half of one, and are unpacked when they are asked for.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator
from typing import Any, Final

from auditor.conditions.grammar import EACH, All, AnyOf, Count, Field, Node, Not, Path, Related, Test, Value
from auditor.conditions.paths import DERIVED
from auditor.model import Origin, Resource

_IDENTITY: Final = ("id", "name", "type", "apiVersion", "kind", "subscriptionId", "resourceGroup", "metadata")
"""What the properties of `Resource` are made from."""
_WHOLE_BODY: Final = ("podSpec", "containers")
_ORIGIN: Final = Origin(source="index")
_MOST_SHAPES: Final = 1000

Packed = bytes | Resource
"""A resource of the index; as it came when it holds what cannot be packed."""


class Keep:
    """Fields to keep, as a tree: casefolded keys, and `EACH` for the elements of an array. Without any: all of it."""

    __slots__ = ("_fields", "_shapes")

    def __init__(self) -> None:
        self._fields: dict[str, Keep] | None = None
        self._shapes: dict[tuple[str, ...], list[tuple[str, Keep]]] = {}

    @classmethod
    def of(cls, paths: Iterable[tuple[str, ...]]) -> Keep:
        """What the paths of one resource type read, with what identifies a resource."""
        paths = [*paths, *((key,) for key in _IDENTITY)]
        found = cls()
        if any(path[:1] in [(key,) for key in _WHOLE_BODY] for path in paths):
            return found
        whole: set[tuple[str, ...]] = set()
        for path in sorted({tuple(map(str.casefold, path)) for path in paths}, key=len):
            if not any(path[:size] in whole for size in range(len(path) + 1)):
                whole.add(path)
                found._add(path)
        return found

    def _add(self, path: tuple[str, ...]) -> None:
        if path:
            self._fields = {} if self._fields is None else self._fields
            self._fields.setdefault(path[0], Keep())._add(path[1:])

    def of_value(self, value: Any) -> Any:
        """The part of a value that is kept."""
        fields = self._fields
        if fields is None:
            return value
        if value.__class__ is dict and EACH not in fields:
            shape = tuple(value)
            kept = self._shapes.get(shape)
            if kept is None:
                if len(self._shapes) >= _MOST_SHAPES:
                    self._shapes.clear()
                kept = [(key, fields[key.casefold()]) for key in shape if key.casefold() in fields]
                self._shapes[shape] = kept
            return {key: value[key] if keep._fields is None else keep.of_value(value[key]) for key, keep in kept}
        if value.__class__ is list and EACH in fields:
            each = fields[EACH]
            return [each.of_value(element) for element in value]
        return value

    def pack(self, resource: Resource) -> Packed:
        """The resource, reduced to what is kept."""
        if resource.partial:
            return resource
        try:
            return marshal.dumps((resource.type, self.of_value(resource.body), resource.cluster))
        except (ValueError, AttributeError):  # a date or an odd key of YAML: kept as it is
            return resource


def unpack(packed: Packed) -> Resource:
    """The resource, as far as it was kept."""
    if isinstance(packed, Resource):
        return packed
    kind, body, cluster = marshal.loads(packed)  # noqa: S302  (made by `pack` in this process or its parent)
    return Resource(kind, body, _ORIGIN, cluster)


def read_paths(node: Node, prefix: tuple[str, ...] | None = ()) -> Iterator[tuple[str, ...]]:
    """What a `where` reads from the related resource. `prefix` leads to the current thing, None: it is elsewhere."""
    match node:
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from read_paths(part, prefix)
        case Not(part):
            yield from read_paths(part, prefix)
        case Field(path, test):
            yield from _own(path, prefix)
            yield from _operand(test, prefix)
        case Value(_value, test):
            yield from _operand(test, prefix)
        case Count(path, where, test):
            yield from _operand(test, prefix)
            for counted in _own(path, prefix):
                yield counted if where is None else (*counted, "")  # the elements, for `where` names what it reads
            if where is not None:
                yield from read_paths(where, next(_own(path, prefix), None))
        case Related(ours=ours, test=test):
            yield from _own(ours, prefix)
            yield from _operand(test, prefix)


def _own(path: Path, prefix: tuple[str, ...] | None) -> Iterator[tuple[str, ...]]:
    if not path.start and prefix is not None:
        found = (*prefix, *path.segments)
        if not (prefix == () and found[:1] and found[0] in DERIVED and found[0] not in _WHOLE_BODY):
            yield found


def _operand(test: Test, prefix: tuple[str, ...] | None) -> Iterator[tuple[str, ...]]:
    if isinstance(test.operand, Path):
        yield from _own(test.operand, prefix)
