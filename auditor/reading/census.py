"""What an inventory consists of: how many resources of which type, in which subscriptions and clusters."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from auditor.model import Resource

_SUBSCRIPTION: Final = "/subscriptions/"
_LENGTH: Final = len(_SUBSCRIPTION) + 37
"""Of the beginning of an id that holds a subscription, and the slash behind it."""


class Census:
    """Counts resources. Types and subscriptions are kept as they are spelled."""

    def __init__(self) -> None:
        self.types: Counter[str] = Counter()
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
        self.subscriptions |= other.subscriptions
        self.clusters |= other.clusters


def _subscription_of(resource_id: str) -> str | None:
    """The subscription of an ARM id."""
    if resource_id[: len(_SUBSCRIPTION)].casefold() != _SUBSCRIPTION:
        return None
    return resource_id[len(_SUBSCRIPTION) :].partition("/")[0]
