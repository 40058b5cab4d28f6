"""What a change says of the private endpoints of a service that it makes, and what it leaves open. Pure.

Endpoints are often made by another team, in another deployment. A service that is shut to the public, and of whose
endpoints a change says nothing, has one elsewhere or is not reachable at all: which of the two is not known. One that
is open to the public, and has no endpoint in the change, is taken as it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.keys import value_of
from auditor.model import MISSING, Unknown

ENDPOINT: Final = "microsoft.network/privateendpoints"
ASKED: Final = {"privateLinkServiceConnections": "Approved", "manualPrivateLinkServiceConnections": "Pending"}
"""Lists of connections in an endpoint, and what becomes of each."""
_SERVED: Final = frozenset(
    {
        "microsoft.appconfiguration/configurationstores",
        "microsoft.cache/redis",
        "microsoft.cognitiveservices/accounts",
        "microsoft.containerregistry/registries",
        "microsoft.dbformysql/flexibleservers",
        "microsoft.dbforpostgresql/flexibleservers",
        "microsoft.documentdb/databaseaccounts",
        "microsoft.documentdb/mongoclusters",
        "microsoft.eventhub/namespaces",
        "microsoft.keyvault/vaults",
        "microsoft.servicebus/namespaces",
        "microsoft.sql/servers",
        "microsoft.storage/storageaccounts",
    }
)
_SHUT: Final = ("disabled", "securedbyperimeter")
ELSEWHERE: Final = Unknown("this change makes no private endpoint for it; another one may")


def asked(endpoint: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The properties of each connection in the body of an endpoint, and what becomes of it."""
    properties = endpoint.get("properties")
    for name, status in ASKED.items():
        connections = properties.get(name) if isinstance(properties, dict) else None
        for connection in connections if isinstance(connections, list) else ():
            inner = connection.get("properties") if isinstance(connection, dict) else None
            if isinstance(inner, dict):
                yield inner, status


def connection(endpoint: str | Unknown, status: str) -> dict[str, Any]:
    """A connection as its service shows it, by the id of the endpoint."""
    state = {"privateLinkServiceConnectionState": {"status": status}, "privateEndpoint": {"id": endpoint}}
    return {"properties": state}


def leave_open(kind: str, body: dict[str, Any]) -> None:
    """Say in a body that its private endpoints are not known, where a change cannot tell that there are none."""
    properties = body.get("properties")
    if kind.casefold() not in _SERVED or not isinstance(properties, dict):
        return
    if not _value(properties, "privateEndpointConnections") and _is_shut(properties):
        properties["privateEndpointConnections"] = ELSEWHERE


def _is_shut(properties: dict[str, Any]) -> bool:
    network = _value(properties, "network")  # where the servers of PostgreSQL and MySQL say it
    access = _value(network if isinstance(network, dict) else properties, "publicNetworkAccess")
    if isinstance(access, Unknown) or str(access).casefold() in _SHUT:
        return True
    rules = _value(properties, "networkAcls") or _value(properties, "networkRuleSet")
    action = _value(rules, "defaultAction") if isinstance(rules, dict) else rules
    return isinstance(action, Unknown) or str(action).casefold() == "deny"


def _value(tree: dict[str, Any], name: str) -> Any:
    """A value by its key, whatever the casing."""
    found = value_of(tree, name)
    return None if found is MISSING else found
