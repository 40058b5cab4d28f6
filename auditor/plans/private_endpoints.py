"""What a change says of the private endpoints of a service that it makes, and what it leaves open. Pure.

Endpoints are often made by another team, in another deployment. A service that is shut to the public, and of whose
endpoints a change says nothing, has one elsewhere or is not reachable at all: which of the two is not known. One that
is open to the public, and has no endpoint in the change, is taken as it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from auditor.model.case_insensitive import get
from auditor.model.resource import Unknown

ENDPOINT: Final = "microsoft.network/privateendpoints"
_LISTS: Final = {"privateLinkServiceConnections": "Approved", "manualPrivateLinkServiceConnections": "Pending"}
"""Lists of connections in an endpoint, and what becomes of each."""
_CONNECTIONS: Final = "privateEndpointConnections"
_COSMOS: Final = "microsoft.documentdb/databaseaccounts"
_STORAGE: Final = "microsoft.storage/storageaccounts"
OWNERS: Final[Mapping[str, tuple[str, ...]]] = {
    "account": ("microsoft.cognitiveservices/accounts",),
    "analytical": (_COSMOS,),
    "blob": (_STORAGE,),
    "cassandra": (_COSMOS,),
    "configurationstores": ("microsoft.appconfiguration/configurationstores",),
    "dfs": (_STORAGE,),
    "file": (_STORAGE,),
    "gateway": ("microsoft.apimanagement/service",),
    "gremlin": (_COSMOS,),
    "mongocluster": ("microsoft.documentdb/mongoclusters",),
    "mongodb": (_COSMOS,),
    "mysqlserver": ("microsoft.dbformysql/flexibleservers",),
    "namespace": ("microsoft.eventhub/namespaces", "microsoft.servicebus/namespaces"),
    "postgresqlserver": ("microsoft.dbforpostgresql/flexibleservers",),
    "queue": (_STORAGE,),
    "rediscache": ("microsoft.cache/redis",),
    "registry": ("microsoft.containerregistry/registries",),
    "sites": ("microsoft.web/sites",),
    "sql": (_COSMOS,),
    "sqlserver": ("microsoft.sql/servers",),
    "table": (_COSMOS, _STORAGE),
    "vault": ("microsoft.keyvault/vaults",),
    "web": (_STORAGE,),
}
"""The types of services that have a group, by its name in small letters (learn.microsoft.com/azure/private-link/
private-endpoint-overview). One whose group is not here is no service that rules ask for endpoints."""
_NAMED_FREELY: Final = "microsoft.network/applicationgateways"
"""Its groups have the names of its frontends."""
SERVED: Final = frozenset(
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
"""Services that rules ask for private endpoints."""
_SHUT: Final = ("disabled", "securedbyperimeter")
ELSEWHERE: Final = Unknown("this change makes no private endpoint for it; another one may")


class Asked(NamedTuple):
    """A connection that an endpoint asks for, with what becomes of it. Each part as it stands there, or unknown."""

    name: Any
    target: Any
    groups: Any
    status: str


def asked(endpoint: Mapping[str, Any]) -> Iterator[Asked]:
    """What the body of an endpoint asks for."""
    for name, status in _LISTS.items():
        listed = get(endpoint, "properties", name)
        for one in listed if isinstance(listed, list) else [listed]:
            target, groups = (get(one, "properties", key) for key in ("privateLinkServiceId", "groupIds"))
            yield Asked(get(one, "name"), target, groups, status)


def owners(groups: Any) -> frozenset[str]:
    """The casefolded types that an endpoint for some groups may be for; all, when the groups are not known."""
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        return frozenset({_NAMED_FREELY, *(kind for kinds in OWNERS.values() for kind in kinds)})
    names = (group.casefold().removesuffix("_secondary") for group in groups)
    return frozenset(kind for name in names for kind in OWNERS.get(name, (_NAMED_FREELY,)))


def connection(wanted: Asked, endpoint: str | Unknown) -> dict[str, Any]:
    """A connection as its service shows it, by the id of the endpoint."""
    state = {
        "groupIds": wanted.groups,
        "privateEndpoint": {"id": endpoint},
        "privateLinkServiceConnectionState": {"status": wanted.status},
    }
    return {"name": wanted.name, "properties": state}


def tell(service: dict[str, Any], one: Any) -> None:
    """Put a connection, or that there may be one, into the body of a service."""
    properties = service.setdefault("properties", {})
    if isinstance(properties, dict):
        known = properties.get(_CONNECTIONS)
        properties[_CONNECTIONS] = [*(known if isinstance(known, list) else ()), one]


def leave_open(kind: str, body: dict[str, Any]) -> None:
    """Say in a body that its private endpoints are not known, where a change cannot tell that there are none."""
    properties = body.get("properties")
    if kind.casefold() not in SERVED or not isinstance(properties, dict):
        return
    if not get(properties, _CONNECTIONS) and _is_shut(properties):
        properties[_CONNECTIONS] = ELSEWHERE


def _is_shut(properties: dict[str, Any]) -> bool:
    network = get(properties, "network")  # where the servers of PostgreSQL and MySQL say it
    access = get(network if isinstance(network, dict) else properties, "publicNetworkAccess")
    if isinstance(access, Unknown) or str(access).casefold() in _SHUT:
        return True
    action = get(get(properties, "networkAcls") or get(properties, "networkRuleSet"), "defaultAction")
    return isinstance(action, Unknown) or str(action).casefold() == "deny"
