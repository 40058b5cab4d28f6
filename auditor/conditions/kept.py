"""What the relation index keeps of a resource: the fields that conditions read, packed. Pure.

An index may hold a fifth of a large estate. The few fields that some `where` reads, packed by `marshal`, take half a
kilobyte a resource, and are unpacked when they are asked for.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator
from typing import Final

from auditor.conditions.grammar import All, AnyOf, Count, Field, Node, Not, Path, Related, Test, Value
from auditor.conditions.paths import DERIVED
from auditor.fields import Fields
from auditor.model import Origin, Resource

_IDENTITY: Final = (
    *((key,) for key in ("id", "name", "type", "apiVersion", "kind", "subscriptionId", "resourceGroup")),
    *(("metadata", key) for key in ("name", "namespace", "uid")),
)
"""What the properties of `Resource` are made from."""
_WHOLE_BODY: Final = (("podSpec",), ("containers",))
_ORIGIN: Final = Origin(source="index")

Packed = bytes | Resource
"""A resource of the index; as it came when it holds what cannot be packed."""


class Keep:
    """What is kept of the resources of one type: what paths read, with what identifies a resource."""

    __slots__ = ("_fields",)

    def __init__(self, paths: Iterable[tuple[str, ...]]) -> None:
        read = [*paths, *_IDENTITY]
        self._fields = Fields.of([()] if any(path[:1] in _WHOLE_BODY for path in read) else read)

    def pack(self, resource: Resource) -> Packed:
        """The resource, reduced to what is kept."""
        if resource.partial:
            return resource
        try:
            return marshal.dumps((resource.type, self._fields.part_of(resource.body), resource.cluster))
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
        if not (prefix == () and found[:1] and found[0] in DERIVED and found[:1] not in _WHOLE_BODY):
            yield found


def _operand(test: Test, prefix: tuple[str, ...] | None) -> Iterator[tuple[str, ...]]:
    if isinstance(test.operand, Path):
        yield from _own(test.operand, prefix)
