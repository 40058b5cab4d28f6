"""Private endpoints that a change makes or takes away, told to services that it does not make. Pure.

Azure shows in a service which endpoints it has. A reader tells the services of its own file; those of another file, and
of the estate that a change is laid over, are told here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from auditor.model.case_insensitive import get
from auditor.model.resource import Origin, Resource, Unknown, holds_unknown
from auditor.plans.private_endpoints import ELSEWHERE, ENDPOINT, Asked, asked, connection

_CONNECTIONS: Final = "privateEndpointConnections"
_OWN: Final = ("plan", "template", "change")
"""Where a resource is from that is itself a part of the change."""


def with_endpoints(
    resources: Sequence[Resource], made: Iterable[Resource], gone: Mapping[str, Origin]
) -> Sequence[Resource]:
    """The resources, their services with the endpoints among those that are `made`, without those that are `gone`
    (casefolded id → where it is taken away)."""
    new: dict[str, list[tuple[Resource, Asked]]] = {}
    for endpoint in made:
        for wanted in asked(endpoint.body) if endpoint.type.casefold() == ENDPOINT else ():
            if isinstance(wanted.target, str):
                new.setdefault(wanted.target.casefold().rstrip("/"), []).append((endpoint, wanted))
    if not new and not gone:
        return resources
    return [_told(resource, new.get(resource.id.casefold(), []), gone) for resource in resources]


def _told(resource: Resource, new: Sequence[tuple[Resource, Asked]], gone: Mapping[str, Origin]) -> Resource:
    properties = resource.body.get("properties")
    if not isinstance(properties, dict):
        return resource
    key = next((name for name in properties if str(name).casefold() == _CONNECTIONS.casefold()), _CONNECTIONS)
    listed = properties.get(key)
    if isinstance(listed, Unknown) and listed is not ELSEWHERE:
        return resource
    old = listed if isinstance(listed, list) else []
    lost = [gone[own] for own in map(_endpoint_of, old) if own in gone]
    kept = [one for one in old if _endpoint_of(one) not in gone]
    there = set(map(_endpoint_of, kept))
    added = [(endpoint, wanted) for endpoint, wanted in new if endpoint.id.casefold() not in there]
    if not lost and not added:
        return resource
    shown = [connection(wanted, endpoint.id) for endpoint, wanted in added]
    body = {**resource.body, "properties": {**properties, key: [*kept, *shown]}}
    origin = resource.origin
    if origin.source not in _OWN:
        origin = replace([*(endpoint.origin for endpoint, _wanted in added), *lost][0], source="change")
    return Resource(resource.type, body, origin, resource.cluster, partial=holds_unknown(body))


def _endpoint_of(one: Any) -> str:
    """The casefolded id of the endpoint of a connection."""
    found = get(one, "properties", "privateEndpoint", "id")
    return found.casefold() if isinstance(found, str) else ""
