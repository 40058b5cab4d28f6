"""Private endpoints that a change makes or takes away, told to services that it does not make. Pure.

Azure shows in a service which endpoints it has. A reader tells the services of its own file; those of another file, and
of the estate that a change is laid over, are told here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from auditor.model import Origin, Resource, Unknown, holds_unknown
from auditor.plans.private_endpoints import ELSEWHERE

_ENDPOINT: Final = "microsoft.network/privateendpoints"
_CONNECTIONS: Final = "privateEndpointConnections"
_OWN: Final = ("plan", "template", "change")
"""Where a resource is from that is itself a part of the change."""
_ASKED: Final = {"privateLinkServiceConnections": "Approved", "manualPrivateLinkServiceConnections": "Pending"}
"""Lists of connections in an endpoint, and what becomes of each."""


def with_endpoints(
    resources: Sequence[Resource], made: Iterable[Resource], gone: Mapping[str, Origin]
) -> Sequence[Resource]:
    """The resources, their services with the endpoints among those that are `made`, without those that are `gone`
    (casefolded id → where it is taken away)."""
    new: dict[str, list[tuple[Resource, str]]] = {}
    for endpoint in made:
        if endpoint.type.casefold() == _ENDPOINT:
            for target, status in _targets(endpoint.body):
                new.setdefault(target.casefold().rstrip("/"), []).append((endpoint, status))
    if not new and not gone:
        return resources
    return [_told(resource, new.get(resource.id.casefold(), []), gone) for resource in resources]


def _targets(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The ids of the services that an endpoint asks for, and whether they have to agree first."""
    properties = body.get("properties")
    for name, status in _ASKED.items():
        connections = properties.get(name) if isinstance(properties, dict) else None
        for connection in connections if isinstance(connections, list) else ():
            target = _at(connection, "properties", "privateLinkServiceId")
            if isinstance(target, str):
                yield target, status


def _told(resource: Resource, new: Sequence[tuple[Resource, str]], gone: Mapping[str, Origin]) -> Resource:
    properties = resource.body.get("properties")
    if not isinstance(properties, dict):
        return resource
    key = next((name for name in properties if str(name).casefold() == _CONNECTIONS.casefold()), _CONNECTIONS)
    listed = properties.get(key)
    if isinstance(listed, Unknown) and listed is not ELSEWHERE:
        return resource
    old = listed if isinstance(listed, list) else []
    lost = [gone[own] for own in map(_endpoint_of, old) if own in gone]
    kept = [connection for connection in old if _endpoint_of(connection) not in gone]
    there = set(map(_endpoint_of, kept))
    added = [(endpoint, status) for endpoint, status in new if endpoint.id.casefold() not in there]
    if not lost and not added:
        return resource
    body = {**resource.body, "properties": {**properties, key: [*kept, *(_connection(*each) for each in added)]}}
    origin = resource.origin
    if origin.source not in _OWN:
        origin = replace([*(endpoint.origin for endpoint, _status in added), *lost][0], source="change")
    return Resource(resource.type, body, origin, resource.cluster, partial=holds_unknown(body))


def _connection(endpoint: Resource, status: str) -> dict[str, Any]:
    state = {"privateLinkServiceConnectionState": {"status": status}, "privateEndpoint": {"id": endpoint.id}}
    return {"properties": state}


def _endpoint_of(connection: Any) -> str:
    """The casefolded id of the endpoint of a connection."""
    found = _at(connection, "properties", "privateEndpoint", "id")
    return found.casefold() if isinstance(found, str) else ""


def _at(value: Any, *way: str) -> Any:
    for key in way:
        value = value.get(key) if isinstance(value, dict) else None
    return value
