"""Lenses at work on an inventory: resources in, derived resources out; what breaks a lens is a gap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from auditor.ingest.inventory import Inventory
from auditor.lenses.coverage import Coverage
from auditor.lenses.registry import Lens, Reader
from auditor.model.gap import Gap
from auditor.model.resource import Resource

_MOST_HELD = 2_000  # a lens keeps less of a resource
_ODD: Final = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What data of a shape that nobody thought of raises."""


class Reading:
    """Lenses at work. Each begins, and is imported, with the first resource from which something follows, or when much
    was read before that is held for it.

    A resource that breaks a lens is a gap to all of them, and so is what a broken lens does not derive.
    """

    def __init__(self, lenses: Sequence[Lens], inventory: Inventory) -> None:
        self.broken: list[Gap] = []
        self._inventory = inventory
        self._gaps = inventory.gaps
        self._coverage = Coverage(inventory.covers, inventory.gaps)
        self._lenses = lenses
        self._reading: dict[str, list[Lens]] = defaultdict(list)  # by casefolded type
        self._readers: dict[str, Reader] = {}
        self._held: dict[str, list[Resource]] = defaultdict(list)
        for lens in lenses:
            for kind in lens.reads:
                self._reading[kind].append(lens)

    @property
    def types(self) -> frozenset[str]:
        """The casefolded types that some lens reads."""
        return frozenset(self._reading)

    def all(self) -> tuple[list[Resource], list[Gap]]:
        """What follows from the whole inventory, and where a lens broke."""
        for resource in self._inventory.resources(self.types):
            self.take(resource.type.casefold(), resource)
        return list(self.derived()), self.broken

    def take(self, kind: str, resource: Resource) -> None:
        for lens in self._reading.get(kind, ()):
            reader = self._readers.get(lens.type)
            held = self._held[lens.type]
            if reader is None and lens.begins and kind not in lens.begins and len(held) < _MOST_HELD:
                held.append(resource)
                continue
            if reader is None:
                reader = self._readers[lens.type] = lens.start(self._coverage)
                for earlier in self._held.pop(lens.type, ()):
                    self._give(reader, earlier)
            self._give(reader, resource)

    def _give(self, reader: Reader, resource: Resource) -> None:
        try:
            reader.take(resource)
        except _ODD as error:
            self._broken(resource.id, resource.type, error)

    def derived(self) -> Iterator[Resource]:
        for lens in self._lenses:
            if lens.type in self._readers:
                try:
                    yield from self._readers[lens.type].derived()
                except _ODD as error:
                    self._broken(lens.type, lens.type, error)

    def _broken(self, what: str, kind: str, error: Exception) -> None:
        told = f"a defect of the auditor, please report it: {type(error).__name__}: {error}"
        self.broken.append(Gap(what=what, reason=told, type=kind))
        self._gaps.append(self.broken[-1])
