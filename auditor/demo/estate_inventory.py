"""The demo estate: the reference design as Azure and its cluster would answer, as designed and as found.

`estate/` holds the design, `faults.yaml` what has gone wrong since, with the findings that each fault must cause.
Everything is invented; all dates are relative to `AS_OF`, so that the demo is the same for ever.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from auditor.ingest.inventory import CollectedSource, Inventory, open_inventory
from auditor.lenses.registry import LENSES
from auditor.model.kubernetes_types import kubernetes_type
from auditor.model.resource import Origin, Resource

AS_OF: Final = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
"""The clock of the demo."""
CLUSTER: Final = "aks-apiplatform-prod-weu"
"""The name of the one cluster."""
FOLDER: Final = Path(__file__).resolve().parent

Body = dict[str, Any]
"""A resource as it was read."""


def as_designed() -> list[Body]:
    """The reference design: every rule that applies passes."""
    return [resource.body for resource in open_inventory([str(FOLDER / "estate")]).resources()]


def inventory(bodies: Iterable[Body], looked_for: Iterable[str] = ()) -> Inventory:
    """The bodies as a complete collection: nothing more is there of these types, of those that were looked for, and of
    those that lenses read."""
    resources = [resource_of(body) for body in bodies]
    covers = frozenset(name.casefold() for name in (*looked_for, *(resource.type for resource in resources)))
    covers = covers.union(*(lens.reads for lens in LENSES))
    return Inventory(["the demo estate"], [CollectedSource(resources)], covers=covers, as_of=AS_OF, unique=True)


def resource_of(body: Body) -> Resource:
    """The resource that a body of the demo stands for."""
    origin = Origin(source="live")
    if is_kubernetes(body):
        return Resource(kubernetes_type(body), body, origin, CLUSTER)
    return Resource(body["type"], body, origin)


def is_kubernetes(body: Body) -> bool:
    """An object of the cluster, not an ARM resource."""
    return "apiVersion" in body and "id" not in body
