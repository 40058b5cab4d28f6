"""Puts together what a template may declare apart and Resource Manager shows together. Pure.

Subnets stand in their network, security rules in their group, node pools in their cluster; services know their private
endpoints. The children stay resources of their own. Bodies are changed in place: they must be fresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from auditor.model import Unknown, parent_of


@dataclass(eq=False, slots=True)
class Item:
    """A resource: `id` as composed, `doubt` when it may not be deployed."""

    kind: str
    id: str | Unknown
    body: dict[str, Any]
    doubt: Unknown | None = None


_GROUP: Final = "Microsoft.Network/networkSecurityGroups"
_RULE: Final = "microsoft.network/networksecuritygroups/securityrules"
_ENDPOINT: Final = "microsoft.network/privateendpoints"

_ARRAYS: Final = {
    _RULE: "securityRules",
    "microsoft.network/virtualnetworks/subnets": "subnets",
    "microsoft.containerservice/managedclusters/agentpools": "agentPoolProfiles",
}
"""Children that also stand in an array of their parent's properties."""
_MOST_DENIALS: Final = 100
_FLAT: Final = frozenset({"agentPoolProfiles"})
"""Arrays whose elements have their properties beside the name."""

_SERVICES: Final = {
    "vault": "microsoft.keyvault/vaults",
    "sqlserver": "microsoft.sql/servers",
    "registry": "microsoft.containerregistry/registries",
    "sql": "microsoft.documentdb/databaseaccounts",
    "mongodb": "microsoft.documentdb/databaseaccounts",
    "blob": "microsoft.storage/storageaccounts",
    "file": "microsoft.storage/storageaccounts",
    "queue": "microsoft.storage/storageaccounts",
    "table": "microsoft.storage/storageaccounts",
    "gateway": "microsoft.apimanagement/service",
}
"""What an endpoint may belong to when its target is not known, by its group."""


def join(items: list[Item]) -> list[tuple[Item, Item]]:
    """Complete the parents and services among the resources. Returns what stands for security rules without a group in
    the template: each rule with a group of its own, which holds the denials beside it too."""
    by_id = {item.id.casefold(): item for item in items if isinstance(item.id, str)}
    lone: list[Item] = []
    for item in items:
        array = _ARRAYS.get(item.kind.casefold())
        if array is not None:
            parent = by_id.get((parent_of(item.id) or "").casefold()) if isinstance(item.id, str) else None
            if parent is not None:
                _fold(parent, array, item)
            elif item.kind.casefold() == _RULE:
                lone.append(item)
        elif item.kind.casefold() == _ENDPOINT:
            _connect(item, items, by_id)
    return _groups(lone)


def _element(item: Item, array: str) -> Any:
    if item.doubt is not None:
        return item.doubt
    body, properties = item.body, item.body.get("properties")
    name = body["name"].rpartition("/")[2] if isinstance(body["name"], str) else body["name"]
    if array in _FLAT:
        return {"name": name, **properties} if isinstance(properties, dict) else properties
    return {"id": item.id, "name": name, "type": item.kind, "properties": properties}


def _fold(parent: Item, array: str, item: Item) -> None:
    properties = parent.body.setdefault("properties", {})
    if not isinstance(properties, dict):
        return
    key = next((name for name in properties if name.casefold() == array.casefold()), array)
    elements = properties.get(key)
    if elements is not None and not isinstance(elements, list):
        return  # unknown, and stays so
    element = _element(item, array)
    kept = [old for old in elements or () if not _same_name(old, element)]
    properties[key] = [*kept, element]


def _same_name(one: Any, other: Any) -> bool:
    names = [thing.get("name") if isinstance(thing, dict) else None for thing in (one, other)]
    folded = [name.casefold() for name in names if isinstance(name, str)]
    return len(folded) == 2 and folded[0] == folded[1]


def _connect(endpoint: Item, items: list[Item], by_id: dict[str, Item]) -> None:
    properties = endpoint.body.get("properties")
    if not isinstance(properties, dict):
        return
    for key, status in (
        ("privateLinkServiceConnections", "Approved"),
        ("manualPrivateLinkServiceConnections", "Pending"),
    ):
        connections = properties.get(key)
        for connection in connections if isinstance(connections, list) else ():
            inner = connection.get("properties") if isinstance(connection, dict) else None
            if isinstance(inner, dict):
                _tell(endpoint, connection.get("name"), inner, status, items, by_id)


def _tell(
    endpoint: Item, name: Any, inner: dict[str, Any], status: str, items: list[Item], by_id: dict[str, Item]
) -> None:
    target, groups = inner.get("privateLinkServiceId"), inner.get("groupIds")
    if isinstance(target, Unknown):
        named = groups if isinstance(groups, list) else []
        kinds = {_SERVICES.get(group.casefold()) for group in named if isinstance(group, str)}
        for item in items:
            if item.kind.casefold() in kinds:
                _append(item, target)
    service = by_id.get(target.casefold()) if isinstance(target, str) else None
    if service is not None:
        state = {
            "groupIds": groups,
            "privateEndpoint": {"id": endpoint.id},
            "privateLinkServiceConnectionState": {"status": status},
        }
        _append(service, endpoint.doubt or {"name": name, "properties": state})


def _append(service: Item, connection: Any) -> None:
    properties = service.body.setdefault("properties", {})
    if isinstance(properties, dict):
        known = properties.get("privateEndpointConnections")
        properties["privateEndpointConnections"] = [*(known if isinstance(known, list) else ()), connection]


def _groups(lone: list[Item]) -> list[tuple[Item, Item]]:
    denials: dict[str, list[Item]] = {}
    for rule in lone:
        parent = parent_of(rule.id) if isinstance(rule.id, str) else None
        if parent and _denies(rule) and len(denials.setdefault(parent, [])) < _MOST_DENIALS:
            denials[parent].append(rule)
    found = []
    for rule in lone:
        beside = denials.get((parent_of(rule.id) or "") if isinstance(rule.id, str) else "", [])
        rules = [rule, *(denial for denial in beside if denial is not rule)]
        elements = [_element(one, "securityRules") for one in rules]
        body = {**rule.body, "type": _GROUP, "properties": {"securityRules": elements}}
        found.append((rule, Item(_GROUP, rule.id, body, rule.doubt)))
    return found


def _denies(rule: Item) -> bool:
    properties = rule.body.get("properties")
    access = properties.get("access") if isinstance(properties, dict) else None
    return isinstance(access, str) and access.casefold() == "deny"
