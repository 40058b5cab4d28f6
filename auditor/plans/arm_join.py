"""Puts together what a template may declare apart and Resource Manager shows together. Pure.

Subnets stand in their network, security rules in their group, node pools in their cluster; services know their private
endpoints. The children stay resources of their own. Bodies are changed in place: they must be fresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from auditor.model import Unknown, parent_of
from auditor.plans.gateway_subnets import tell_subnets
from auditor.plans.lone_subnets import SUBNET, list_itself
from auditor.plans.private_endpoints import ASKED, ENDPOINT, leave_open


@dataclass(eq=False, slots=True)
class Item:
    """A resource: `id` as composed, `doubt` when it may not be deployed."""

    kind: str
    id: str | Unknown
    body: dict[str, Any]
    doubt: Unknown | None = None


_GROUP: Final = "Microsoft.Network/networkSecurityGroups"
_RULE: Final = "microsoft.network/networksecuritygroups/securityrules"

_ARRAYS: Final = {
    _RULE: "securityRules",
    SUBNET: "subnets",
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
    "gateway": "microsoft.apimanagement/service",
}  # of an Application Gateway the group is the name of its frontend
"""What an endpoint may belong to when its target is not known, by its group."""


_CONNECTED: Final = frozenset({*_SERVICES.values(), "microsoft.network/applicationgateways"})


def join(items: list[Item]) -> list[tuple[Item, Item]]:
    """Complete the parents and services among the resources. Returns what stands for security rules without a group in
    the template: each rule with a group of its own, which holds the denials beside it too."""
    tell_subnets((item.kind, item.id, item.body) for item in items)
    by_id = {item.id.casefold(): item for item in items if isinstance(item.id, str)}
    lone: list[Item] = []
    folded: dict[tuple[Item, str], dict[str, Any]] = {}
    nowhere: dict[str, Unknown] = {}  # child type → why the parent of one of them is not known
    doubts: dict[str, Unknown] = {}  # type of service → why it is not known whether an endpoint is theirs
    for item in items:
        kind = item.kind.casefold()
        array = _ARRAYS.get(kind)
        if array is not None and isinstance(item.id, Unknown) and kind != _RULE:
            nowhere.setdefault(kind, item.id)
        elif array is not None:
            parent = by_id.get((parent_of(item.id) or "").casefold()) if isinstance(item.id, str) else None
            if parent is not None:
                element = _element(item, array)
                folded.setdefault((parent, array), {})[_name_of(element)] = element
            elif kind == _RULE:
                lone.append(item)
            elif kind == SUBNET:
                list_itself(item.body)
        elif kind == ENDPOINT:
            _connect(item, by_id, doubts)
    for item in items:
        kind = item.kind.casefold()
        for child, array in _ARRAYS.items():
            if child in nowhere and child.rpartition("/")[0] == kind:
                folded.setdefault((item, array), {})[""] = nowhere[child]
        if kind in doubts:
            _append(item, doubts[kind])
    for (parent, array), elements in folded.items():
        _fold(parent, array, elements)
    for item in items:
        leave_open(item.kind, item.body)
    return _groups(lone)


def _element(item: Item, array: str) -> Any:
    if item.doubt is not None:
        return item.doubt
    body, properties = item.body, item.body.get("properties")
    name = body["name"].rpartition("/")[2] if isinstance(body["name"], str) else body["name"]
    if array in _FLAT:
        return {"name": name, **properties} if isinstance(properties, dict) else properties
    return {"id": item.id, "name": name, "type": item.kind, "properties": properties}


def _name_of(element: Any) -> str:
    """In small letters; empty for an element that is not known: one of these tells as much as many."""
    name = element.get("name") if isinstance(element, dict) else None
    return name.casefold() if isinstance(name, str) else ""


def _fold(parent: Item, array: str, elements: dict[str, Any]) -> None:
    """Add elements by name to an array of the parent; they replace those of the same name."""
    properties = parent.body.setdefault("properties", {})
    if not isinstance(properties, dict):
        return
    key = next((name for name in properties if name.casefold() == array.casefold()), array)
    given = properties.get(key)
    if given is None or isinstance(given, list):  # anything else is unknown, and stays so
        kept = [old for old in given or () if _name_of(old) == "" or _name_of(old) not in elements]
        properties[key] = [*kept, *elements.values()]


def _connect(endpoint: Item, by_id: dict[str, Item], doubts: dict[str, Unknown]) -> None:
    properties = endpoint.body.get("properties")
    for key, status in ASKED.items():
        connections = properties.get(key) if isinstance(properties, dict) else properties
        for connection in connections if isinstance(connections, list) else [connections]:
            inner = connection.get("properties") if isinstance(connection, dict) else connection
            target = inner.get("privateLinkServiceId") if isinstance(inner, dict) else inner
            groups = inner.get("groupIds") if isinstance(inner, dict) else None
            service = by_id.get(target.casefold()) if isinstance(target, str) else None
            if isinstance(target, Unknown):
                for kind in _kinds_of(groups):
                    doubts.setdefault(kind, target)
            elif service is not None and isinstance(connection, dict):
                state = {
                    "groupIds": groups,
                    "privateEndpoint": {"id": endpoint.id},
                    "privateLinkServiceConnectionState": {"status": status},
                }
                _append(service, endpoint.doubt or {"name": connection.get("name"), "properties": state})


def _kinds_of(groups: Any) -> frozenset[str]:
    """The types that have one of the groups; all, when these are not known."""
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        return _CONNECTED
    found = frozenset(_SERVICES[group.casefold()] for group in groups if group.casefold() in _SERVICES)
    return found or _CONNECTED


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
