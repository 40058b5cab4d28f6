"""Which subscriptions are audited, and which of them cannot be read: Resource Graph leaves those out in silence.

Source: "Permissions in Azure Resource Graph": rows that the caller may not read are missing, without an error. So what
was asked for, and what Resource Manager lists, is compared with what `resourcecontainers` gives; and what the caller
may do is asked at each place (`permissions`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from auditor.collect.azure.api_versions import version_of
from auditor.collect.azure.arm import Arm
from auditor.collect.azure.graph import Graph, Stream, query_of
from auditor.collect.azure.replies import CallFailed, answered, kind_of
from auditor.collect.azure.tables import GROUP, SUBSCRIPTION
from auditor.collect.collection_journal import Book
from auditor.collect.guard import UnansweredError
from auditor.collect.request import Scope
from auditor.model.errors import InputError
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource
from auditor.sanitize.azure import sanitized_azure

_TABLE: Final = "resourcecontainers"
_ALL: Final = "/subscriptions"
_DESCENDANTS: Final = "Microsoft.Management/managementGroups/descendants"
_LIMIT: Final = 300
_ROLES: Final = "Give the identity the role Reader there: docs/live-audit.md lists the roles."


class Audited(NamedTuple):
    """What is there of a scope. `places`: ids of what is read as a whole, subscriptions or resource groups."""

    subscriptions: list[Resource]
    places: list[str]


def audited(scope: Scope, graph: Graph, arm: Arm, book: Book) -> Audited:
    """What of the scope can be read. What was asked for and cannot be read is a gap.

    Raises `InputError` when nothing can be read; `UnansweredError` when Resource Graph gave no usable answer.
    """
    found: dict[str, Resource] = {}
    try:
        for number, part in enumerate(_parts(scope)):
            for resource in graph.every(_stream(f"subscriptions {number:03}", SUBSCRIPTION, part)):
                found[str(resource.body.get("subscriptionId", "")).casefold()] = resource
    except CallFailed as failure:
        raise _nothing("subscriptions", failure) from failure
    for name in sorted(_asked_for(scope, arm, book) - found.keys()):
        seen = _sought(name, arm, book, groups=bool(scope.resource_groups))
        if seen is not None:
            found[name] = seen
    if not found:
        raise InputError("No subscription of the scope can be read.", _ROLES)
    subscriptions = [found[name] for name in sorted(found)]
    if scope.resource_groups:
        return Audited(subscriptions, _groups(scope, sorted(found), graph, book))
    return Audited(subscriptions, [resource.id for resource in subscriptions])


def _asked_for(scope: Scope, arm: Arm, book: Book) -> set[str]:
    """The casefolded ids of the subscriptions that there should be, as Resource Manager and the user say."""
    if scope.everything:
        return _listed(_ALL, version_of(SUBSCRIPTION).asked, arm, book)
    names = {name.casefold() for name in scope.subscriptions}
    for group in scope.management_groups:
        path = f"/providers/Microsoft.Management/managementGroups/{quote(group)}/descendants"
        names |= _listed(path, version_of(_DESCENDANTS).asked, arm, book)
    return names


def _listed(path: str, version: str, arm: Arm, book: Book) -> set[str]:
    """The subscriptions that a list names. That it cannot be had is a gap: nobody knows then whether one is missing."""
    names: set[str] = set()
    try:
        for item in arm.all(path, version):
            place = str(item.get("id", "")).casefold().strip("/").split("/")
            if len(place) == 2 and place[0] == "subscriptions" and item.get("state") != "Deleted":
                names.add(place[1])
    except CallFailed as failure:
        right = "; needs Microsoft.Management/managementGroups/descendants/read" if path != _ALL else ""
        told = f"{failure.reason}{right}; whether a subscription is missing is not known"
        book.gap(Gap(what=f"GET {path}", reason=told, kind=failure.kind))
    return names


def _groups(scope: Scope, subscriptions: Sequence[str], graph: Graph, book: Book) -> list[str]:
    """The ids of the resource groups that were asked for. One that no subscription has is a gap."""
    names = {name.casefold(): name for name in scope.resource_groups}
    places = []
    try:
        for at in range(0, len(subscriptions), _LIMIT):
            part = {"subscriptions": subscriptions[at : at + _LIMIT]}
            call = f"groups {at // _LIMIT:03}"
            places += [group.id for group in graph.every(_stream(call, GROUP, part, sorted(names)))]
    except CallFailed as failure:
        raise _nothing("resource groups", failure) from failure
    for name in sorted(names.keys() - {place.rpartition("/")[2].casefold() for place in places}):
        reason = "no subscription of the scope has it, or the identity may not read it"
        book.gap(Gap(what=f"resource group {names[name]}", reason=reason, kind="not-found"))
    if not places:
        raise InputError("No resource group of the scope can be read.", f"Check the names. {_ROLES}")
    return sorted(places)


def _nothing(what: str, failure: CallFailed) -> InputError:
    told = f"Resource Graph does not say which {what} there are: {failure.reason}."
    return InputError(told, _ROLES) if failure.kind == "forbidden" else UnansweredError(told, "Try again later.")


def _parts(scope: Scope) -> list[Mapping[str, Sequence[str]]]:
    if scope.management_groups:
        return [{"managementGroups": scope.management_groups}]
    names = sorted({name.casefold() for name in scope.subscriptions})
    return [{"subscriptions": names[at : at + _LIMIT]} for at in range(0, len(names), _LIMIT)] or [{}]


def _stream(call: str, kind: str, part: Mapping[str, Sequence[str]], groups: Sequence[str] = ()) -> Stream:
    return Stream(f"graph {call}", _TABLE, (kind,), query_of(_TABLE, [kind], groups), part)


def _sought(name: str, arm: Arm, book: Book, *, groups: bool) -> Resource | None:
    """A subscription that Resource Graph leaves out: a gap, which says why; but for who reads `groups` of it alone."""
    body: Any = None
    try:
        reply = arm.get(f"/subscriptions/{quote(name)}", version_of(SUBSCRIPTION).asked)
        told, status, body = answered(reply), reply.status, reply.body
    except CallFailed as failure:
        told, status = failure.reason, failure.status
    if status == 200 and groups and isinstance(body, dict):
        return Resource(SUBSCRIPTION, sanitized_azure({**body, "type": SUBSCRIPTION}), Origin(source="live"))
    if status == 200:
        told = "Resource Graph does not give it: the identity may not read all of it, or it is not indexed"
    reason = f"GET subscriptions: {told}; nothing of it was read"
    book.gap(Gap(what=f"/subscriptions/{name}", reason=reason, kind=kind_of(status)))
    return None
