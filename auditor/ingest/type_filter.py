"""Which types are asked for while an inventory is read, and how many of the others there are."""

from __future__ import annotations

from auditor.ingest.type_counts import Census
from auditor.model.resource import Resource


class Wanted(dict[str, bool]):
    """Type as written → whether it is asked for. Remembers every spelling it was asked about.

    `others`, when it is there, counts what is not asked for.
    """

    def __init__(self, types: frozenset[str], others: Census | None = None) -> None:
        super().__init__()
        self._types = types
        self.others = others

    def __missing__(self, type_name: str) -> bool:
        found = self[type_name] = type_name.casefold() in self._types
        return found

    def takes(self, resource: Resource) -> bool:
        """Whether a resource is asked for; if not, it is counted among the others."""
        if self[resource.type]:
            return True
        if self.others is not None:
            self.others.add(resource)
        return False
