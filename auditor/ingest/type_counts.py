"""What an inventory consists of: how many resources of which type, in which subscriptions and clusters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from auditor.kubernetes.workloads import judged_as
from auditor.model.gap import Gap
from auditor.model.kubernetes_types import SYSTEM_NAMESPACES, WORKLOADS
from auditor.model.resource import Resource

_SUBSCRIPTION: Final = "/subscriptions/"
_LENGTH: Final = len(_SUBSCRIPTION) + 37
"""Of the beginning of an id that holds a subscription, and the slash behind it."""


_MADE_BY: Final = {"apps/ReplicaSet": "apps/deployment", "batch/Job": "batch/cronjob"}
"""What mostly controls a controller: where it is there, it tells the same."""


class Census:
    """Counts resources. Types and subscriptions are kept as they are spelled; `controllers` are the types of workloads
    as which others are judged, with how many of these there are."""

    def __init__(self) -> None:
        self.types: Counter[str] = Counter()
        self.controllers: Counter[str] = Counter()
        self.subscriptions: set[str] = set()
        self.clusters: set[str] = set()
        self._seen: set[str] = set()  # beginnings of ids

    def add(self, resource: Resource) -> None:
        """Count a resource."""
        if resource.cluster:
            self.types[resource.type] += 1
            self.clusters.add(resource.cluster)
        else:
            self.count(resource.type, resource.body.get("id"))
        if resource.type in WORKLOADS and resource.namespace not in SYSTEM_NAMESPACES:
            controller = judged_as(resource)
            if isinstance(controller, str) and controller in WORKLOADS:
                self.controllers[controller] += 1

    def count(self, kind: str, resource_id: Any) -> None:
        """Count a resource of which only type and id are known."""
        self.types[kind] += 1
        if resource_id.__class__ is str and resource_id[:_LENGTH] not in self._seen:
            subscription = _subscription_of(resource_id)
            if subscription:
                self.subscriptions.add(subscription)
                if len(subscription) + len(_SUBSCRIPTION) < _LENGTH:
                    self._seen.add(resource_id[:_LENGTH])

    def update(self, other: Census) -> None:
        """Add what another one counted."""
        self.types.update(other.types)
        self.controllers.update(other.controllers)
        self.subscriptions |= other.subscriptions
        self.clusters |= other.clusters

    def without_controllers(self, covered: frozenset[str]) -> Iterator[Gap]:
        """What no rule of workloads judged: it is judged as its controller, and none of that type was read. `covered`
        are the casefolded types that were looked for."""
        known = covered.union(map(str.casefold, self.types))
        for kind, number in sorted(self.controllers.items()):
            if known.isdisjoint((kind.casefold(), _MADE_BY.get(kind, ""))):
                reason = f"none was collected, so what these control was not judged: {number:,}"
                yield Gap(what=kind, reason=reason, type=kind)


def _subscription_of(resource_id: str) -> str | None:
    """The subscription of an ARM id."""
    if resource_id[: len(_SUBSCRIPTION)].casefold() != _SUBSCRIPTION:
        return None
    return resource_id[len(_SUBSCRIPTION) :].partition("/")[0]
