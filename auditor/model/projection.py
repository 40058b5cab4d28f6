"""Which fields of a body are kept, where the whole of it would take too much memory. Pure.

A resource as Python objects takes twenty kilobytes; what a relation or a lens reads of it is a tenth of that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from auditor.model.resource import Resource

ELEMENTS: Final = "[*]"
"""In a path: the elements of an array."""

OF_AZURE: Final = "apiVersion id name type subscriptionId resourceGroup"
"""The fields that say which resource of Azure it is."""

IDENTITY: Final = f"{OF_AZURE} kind metadata.name metadata.namespace metadata.uid"
"""The fields that the properties of `Resource` are made from, of Azure and of Kubernetes."""

_MOST_SHAPES: Final = 1000


class Fields:
    """Fields as a tree: casefolded keys, and `ELEMENTS`. Without any: all of it."""

    __slots__ = ("_inner", "_shapes")

    def __init__(self) -> None:
        self._inner: dict[str, Fields] | None = None
        self._shapes: dict[tuple[str, ...], list[tuple[str, Fields]]] = {}

    @classmethod
    def of(cls, paths: Iterable[tuple[str, ...]]) -> Fields:
        """The fields that paths lead to, whole."""
        found = cls()
        whole: set[tuple[str, ...]] = set()
        for path in sorted({tuple(map(str.casefold, path)) for path in paths}, key=len):
            if not any(path[:size] in whole for size in range(len(path) + 1)):
                whole.add(path)
                found._add(path)
        return found

    @classmethod
    def named(cls, text: str) -> Fields:
        """The fields of a text, with blanks between them."""
        return cls.of(map(path_of, text.split()))

    def _add(self, path: tuple[str, ...]) -> None:
        if path:
            self._inner = {} if self._inner is None else self._inner
            self._inner.setdefault(path[0], Fields())._add(path[1:])

    def part_of(self, value: Any) -> Any:
        """The part of a value that is kept: the value itself where the fields do not fit its shape."""
        inner = self._inner
        if inner is None:
            return value
        if value.__class__ is dict and ELEMENTS not in inner:
            shape = tuple(value)
            kept = self._shapes.get(shape)
            if kept is None:
                if len(self._shapes) >= _MOST_SHAPES:
                    self._shapes.clear()
                kept = [(key, inner[name]) for key in shape if (name := str(key).casefold()) in inner]
                self._shapes[shape] = kept
            return {key: value[key] if fields._inner is None else fields.part_of(value[key]) for key, fields in kept}
        if value.__class__ is list and ELEMENTS in inner:
            each = inner[ELEMENTS]
            return [each.part_of(element) for element in value]
        return value

    def reduced(self, resource: Resource) -> Resource:
        """A resource like this one, with these fields alone."""
        body = self.part_of(resource.body)
        return Resource(resource.type, body, resource.origin, resource.cluster, partial=resource.partial)


def path_of(text: str) -> tuple[str, ...]:
    """The keys of a field: `a.b[*].c`, with `:` for a dot inside of a key."""
    keys = text.replace(ELEMENTS, f".{ELEMENTS}").split(".")
    return tuple(key.replace(":", ".") for key in keys)
