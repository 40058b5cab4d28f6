"""The estate as paths look at it: resources by type, id and cluster, and whether what is not found is not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from auditor.lenses.coverage import Coverage
from auditor.lenses.paths.field_projection import FIELDS
from auditor.model.packing import Packed, pack, unpack
from auditor.model.projection import Fields
from auditor.model.resource import Resource

_WHOLE: Final = Fields()
_OPEN: Final = 2_000
"""Resources that stay unpacked, for what follows asks for them again."""


class Estate:
    """Resources by casefolded type and id. Filled once; everything else is looked up.

    They are at rest, packed: of one resource two objects may be given, so compare ids.
    """

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self._types: dict[str, dict[str, Packed]] = defaultdict(dict)
        self._spaces: dict[tuple[str, str, str], list[Packed]] = defaultdict(list)
        self._objects: dict[tuple[str, str, str, str], Packed] = {}
        self._opened = lru_cache(maxsize=_OPEN)(unpack)

    def take(self, resource: Resource) -> None:
        """Keep what is read of a resource; of several with one id the first."""
        kind = resource.type.casefold()
        key = resource.id.casefold()
        own = self._types[kind]
        if key in own:
            return
        own[key] = packed = pack(resource, FIELDS.get(kind, _WHOLE))
        if not kind.startswith("microsoft.") and resource.is_kubernetes:
            space = kind, resource.cluster, resource.namespace or ""
            self._spaces[space].append(packed)
            self._objects.setdefault((*space, resource.name), packed)

    def all(self, *kinds: str) -> Iterator[Resource]:
        """The resources of casefolded types."""
        return (unpack(packed) for kind in kinds for packed in self._types.get(kind, {}).values())

    def any(self, *kinds: str) -> bool:
        """Whether there are resources of casefolded types."""
        return any(self._types.get(kind) for kind in kinds)

    def by_id(self, kind: str, resource_id: str | None) -> Resource | None:
        """The resource of this id, whatever its casing."""
        found = self._types.get(kind, {}).get((resource_id or "").casefold().rstrip("/"))
        return None if found is None else self._opened(found)

    def inside(self, kind: str, cluster: str, namespace: str) -> list[Resource]:
        """The objects of a kind in a namespace of a cluster; the namespace of cluster-wide kinds is empty."""
        return [self._opened(packed) for packed in self._spaces.get((kind, cluster, namespace), ())]

    def object(self, kind: str, cluster: str, namespace: str, name: str) -> Resource | None:
        """A Kubernetes object by name."""
        found = self._objects.get((kind, cluster, namespace, name))
        return None if found is None else self._opened(found)

    def hole(self, kind: str, at: str = "") -> str | None:
        """Why "there is none" cannot be said of a casefolded type; None when it can."""
        return self._coverage.hole(kind, bool(self._types.get(kind)), at)

    def gap(self, kind: str, at: str) -> str | None:
        """Why there may be more of a casefolded type below a place than was read, where it was looked for at all."""
        return self._coverage.hole(kind, True, at, below=True)
