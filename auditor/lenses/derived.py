"""A derived resource: what a lens makes, in the shape that rules judge. Pure."""

from __future__ import annotations

from typing import Any

from auditor.model.resource import Origin, Resource, holds_unknown

Scope = tuple[str | None, str | None]
"""Subscription and resource group, as `model.arm_scope` tells them."""


def derived(kind: str, place: str, name: str, properties: dict[str, Any], origin: Origin, scope: Scope) -> Resource:
    """A resource of a derived type with the id `place`. What it hangs on says its origin and scope."""
    body: dict[str, Any] = {"id": place, "type": kind, "name": name, "properties": properties}
    subscription, group = scope
    if subscription:
        body["subscriptionId"] = subscription
    if group:
        body["resourceGroup"] = group
    return Resource(kind, body, origin, partial=holds_unknown(properties))
