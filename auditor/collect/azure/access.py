"""Asks Resource Manager what the asking identity may do at subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from auditor.collect import Needs
from auditor.collect.azure.arm import Arm
from auditor.collect.azure.calls import CallFailed, answered
from auditor.collect.azure.graph import Graph
from auditor.collect.azure.plan import plan_for
from auditor.collect.azure.scope import Scope, subscriptions_of
from auditor.collect.book import Book

if TYPE_CHECKING:
    from auditor.collect.azure.clouds import Cloud
    from auditor.collect.azure.sign_in import Credential


class Permissions(NamedTuple):
    """What may be done at a subscription: the permissions of its role assignments, or why they are not known."""

    subscription: str
    permissions: tuple[dict[str, Any], ...] | None
    reason: str | None = None


def types_read(needs: Needs) -> frozenset[str]:
    """The casefolded Azure types that are read for some needs: parents of children are among them."""
    return plan_for(needs).covers


def permissions(scope: Scope, cloud: Cloud, credential: Credential, book: Book) -> list[Permissions]:
    """Of every subscription of the scope. Raises `InputError` when none can be read."""
    arm = Arm(cloud, credential, book)
    found = [_of(resource.id, arm) for resource in subscriptions_of(scope, Graph(cloud, credential, book), arm, book)]
    return found + [Permissions(gap.what, None, gap.reason) for gap in book.gaps]


def _of(subscription: str, arm: Arm) -> Permissions:
    try:
        reply = arm.get(f"{subscription}/providers/Microsoft.Authorization/permissions", "2022-04-01")
    except CallFailed as failure:
        return Permissions(subscription, None, failure.reason)
    listed = reply.body.get("value") if reply.status == 200 and isinstance(reply.body, dict) else None
    if not isinstance(listed, list):
        return Permissions(subscription, None, answered(reply))
    return Permissions(subscription, tuple(one for one in listed if isinstance(one, dict)))
