"""Brings a declared resource to the shape that Resource Manager answers with. Pure.

Elements of an Application Gateway get the ids that they will have; a role assignment gets the scope that it lies at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.model.resource import Unknown, parent_of

GATEWAY_ELEMENTS: Final = (
    "backendAddressPools",
    "backendHttpSettingsCollection",
    "backendSettingsCollection",
    "frontendIPConfigurations",
    "frontendPorts",
    "gatewayIPConfigurations",
    "httpListeners",
    "listeners",
    "probes",
    "redirectConfigurations",
    "requestRoutingRules",
    "rewriteRuleSets",
    "routingRules",
    "sslCertificates",
    "sslProfiles",
    "trustedClientCertificates",
    "trustedRootCertificates",
    "urlPathMaps",
)
"""Arrays of an Application Gateway whose elements other elements name by id."""


def fresh(value: Any) -> Any:
    """A copy: what a template shares between resources is theirs alone from here on."""
    if isinstance(value, dict):
        return {key: fresh(item) for key, item in value.items()}
    return [fresh(item) for item in value] if isinstance(value, list) else value


def completed(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """A fresh body in its live shape."""
    made: dict[str, Any] = fresh(body)
    complete = _COMPLETE.get(kind.casefold())
    if complete is not None and isinstance(made.get("properties"), dict):
        complete(made["id"], made["properties"])
    return made


def _gateway(gateway: str | Unknown, properties: dict[str, Any]) -> None:
    for collection in GATEWAY_ELEMENTS:
        elements = properties.get(collection)
        for element in elements if isinstance(elements, list) else ():
            if isinstance(element, dict) and element.get("id") is None:
                name = element.get("name")
                unknown = next((part for part in (gateway, name) if isinstance(part, Unknown)), None)
                element["id"] = unknown or f"{gateway}/{collection}/{name}"


def _role_assignment(assignment: str | Unknown, properties: dict[str, Any]) -> None:
    if properties.get("scope") is None:
        properties["scope"] = assignment if isinstance(assignment, Unknown) else parent_of(assignment) or "/"


_COMPLETE: Final[Mapping[str, Callable[[str | Unknown, dict[str, Any]], None]]] = {
    "microsoft.authorization/roleassignments": _role_assignment,
    "microsoft.network/applicationgateways": _gateway,
}
