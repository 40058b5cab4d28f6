"""Which subscriptions are audited, and which of them cannot be read: Resource Graph leaves those out in silence.

Source: "Permissions in Azure Resource Graph": rows that the caller may not read are missing, without an error. So what
was asked for is compared with what `resourcecontainers` gives, and each subscription is asked what the caller may do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from auditor.collect.azure.arm import Arm
from auditor.collect.azure.calls import CallFailed, answered
from auditor.collect.azure.graph import Graph, Stream, query_of
from auditor.collect.azure.tables import SUBSCRIPTION
from auditor.collect.book import Book
from auditor.errors import ConfigError, InputError
from auditor.model import Gap, Resource

_TABLE: Final = "resourcecontainers"
_LIMIT: Final = 300
_ROLES: Final = "Give the identity the role Reader there: docs/live-audit.md lists the roles."


class Scope(NamedTuple):
    """What the user asked for: one of the first three."""

    subscriptions: tuple[str, ...] = ()
    management_groups: tuple[str, ...] = ()
    everything: bool = False
    resource_groups: tuple[str, ...] = ()

    def check(self) -> None:
        """Raises `ConfigError` when the parts do not go together."""
        named = sum((bool(self.subscriptions), bool(self.management_groups), self.everything))
        if not named:
            raise ConfigError(
                "Nothing says which part of Azure to audit.",
                "Give --subscription, --management-group or --all; or files with --from.",
            )
        if named > 1:
            raise ConfigError(
                "--subscription, --management-group and --all exclude each other.", "Give one of them, or repeat one."
            )
        for name in (*self.subscriptions, *self.management_groups, *self.resource_groups):
            if not name or not name.isprintable() or set(name) & set("/?#%"):
                raise ConfigError(f"{name!r} is no name of a scope.", "Give ids of subscriptions, names of groups.")


def subscriptions_of(scope: Scope, graph: Graph, arm: Arm, book: Book) -> list[Resource]:
    """The subscriptions that can be read, by id. What was asked for and cannot be read is a gap.

    Raises `InputError` when nothing can be read.
    """
    found: dict[str, Resource] = {}
    try:
        for number, part in enumerate(_parts(scope)):
            for resource in graph.every(_stream(number, part)):
                found[str(resource.body.get("subscriptionId", "")).casefold()] = resource
    except CallFailed as failure:
        told = f"Resource Graph does not say which subscriptions there are: {failure.reason}."
        raise InputError(told, _ROLES if failure.kind == "forbidden" else "Try again later.") from failure
    for name in scope.subscriptions:
        if name.casefold() not in found:
            book.gap(_missing(name, arm))
    if not found:
        raise InputError("No subscription of the scope can be read.", _ROLES)
    return [found[name] for name in sorted(found)]


def _parts(scope: Scope) -> list[Mapping[str, Sequence[str]]]:
    if scope.management_groups:
        return [{"managementGroups": scope.management_groups}]
    names = sorted({name.casefold() for name in scope.subscriptions})
    return [{"subscriptions": names[at : at + _LIMIT]} for at in range(0, len(names), _LIMIT)] or [{}]


def _stream(number: int, part: Mapping[str, Sequence[str]]) -> Stream:
    query = query_of(_TABLE, [SUBSCRIPTION])
    return Stream(f"graph subscriptions {number:03}", _TABLE, (SUBSCRIPTION,), query, part)


def _missing(name: str, arm: Arm) -> Gap:
    """Why a subscription that was asked for is not there."""
    try:
        reply = arm.get(f"/subscriptions/{name}", "2022-12-01")
        told, status = answered(reply), reply.status
    except CallFailed as failure:
        told, status = failure.reason, failure.status
    kind = {401: "forbidden", 403: "forbidden", 404: "not-found"}.get(status, "unreadable")
    if status == 200:
        told = "Resource Graph does not know it"
    return Gap(what=f"/subscriptions/{name}", reason=f"GET subscriptions: {told}; nothing of it was read", kind=kind)


def may_read_all(reply_body: Any) -> bool | None:
    """Whether an answer about permissions lets the caller read everything at its scope; None when it does not say."""
    listed = reply_body.get("value") if isinstance(reply_body, dict) else None
    if not isinstance(listed, list):
        return None
    for permission in listed:
        if not isinstance(permission, dict):
            continue
        allowed = {str(action).casefold() for action in permission.get("actions") or ()}
        if allowed & {"*", "*/read"}:
            return True
    return False
