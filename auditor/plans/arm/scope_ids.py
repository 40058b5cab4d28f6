"""Where a template is deployed, and the ids that follow from it: the resourceId() family and its own resources. Pure.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from auditor.model.resource import Unknown
from auditor.plans.arm.values import Refused, plain, text

DEPLOYMENT: Final = "Microsoft.Resources/deployments"
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_GROUPS: Final = "microsoft.resources/resourcegroups"
_MANAGEMENT: Final = "/providers/Microsoft.Management/managementGroups/"

OF_SUBSCRIPTION: Final = frozenset(
    {
        "microsoft.insights/logprofiles",
        "microsoft.resources/subscriptions",
        "microsoft.security/autoprovisioningsettings",
        "microsoft.security/pricings",
        "microsoft.security/securitycontacts",
        "microsoft.security/settings",
    }
)
"""Types that exist once a subscription, whatever the template that declares them says."""
OF_TENANT: Final = frozenset({"microsoft.management/managementgroups", "microsoft.subscription/aliases"})


@dataclass(frozen=True, slots=True)
class Place:
    """A resource group, a subscription (`group` None), a management group, or the tenant (all None).

    Each of the names may be unknown.
    """

    subscription: Any = None
    group: Any = None
    management_group: Any = None

    @property
    def id(self) -> str | Unknown:
        """`/subscriptions/S/resourceGroups/G`, and so on; empty for the tenant."""
        for part in (self.management_group, self.subscription, self.group):
            if isinstance(part, Unknown):
                return part
        if self.management_group is not None:
            return f"{_MANAGEMENT}{self.management_group}"
        if self.subscription is None:
            return ""
        return f"/subscriptions/{self.subscription}" + ("" if self.group is None else f"/resourceGroups/{self.group}")


def place_of_id(scope: str, otherwise: Place) -> Place:
    """The place that the `scope` of a deployment names: `/`, an id, or the relative name of a management group."""
    parts = scope.strip("/").split("/")
    folded = [part.casefold() for part in parts]
    if scope == "/":
        return Place()
    if folded[0] == "subscriptions" and len(parts) in (2, 4):
        return Place(parts[1], parts[3] if len(parts) == 4 else None)
    if "managementgroups" in folded[:-1]:
        return Place(management_group=parts[folded.index("managementgroups") + 1])
    return otherwise


def id_below(base: Any, kind: Any, names: Any) -> str | Unknown:
    """`base/providers/Namespace/type/name/type/name…`; names are one text with slashes, or a list."""
    given = names.split("/") if isinstance(names, str) else names
    for value in (base, kind, given, *(given if isinstance(given, list) else ())):
        if isinstance(value, Unknown):
            return _below_unknown(kind, given, value)
    namespace, *types = text(kind).strip("/").split("/")
    if not types or len(types) != len(given):
        raise Refused(f"{kind} does not have {len(given)} names")
    pairs = "".join(f"/{type_}/{text(name)}" for type_, name in zip(types, given, strict=True))
    return f"{base}/providers/{namespace}{pairs}"


def _below_unknown(kind: Any, names: Any, unknown: Unknown) -> Unknown:
    """An id of which the last type and name are known, when they are."""
    if isinstance(kind, str) and isinstance(names, list) and names and isinstance(names[-1], str):
        return Unknown(unknown.reason, f"/{kind.rpartition('/')[2]}/{names[-1]}")
    return unknown


def id_at(place: Place, kind: str, name: Any) -> str | Unknown:
    """The id of a resource that a template declares at a place."""
    folded = kind.casefold()
    if folded in OF_TENANT:
        return id_below("", kind, name)
    if folded == _GROUPS and not isinstance(name, Unknown):
        above = Place(place.subscription).id
        return above if isinstance(above, Unknown) else f"{above}/resourceGroups/{name}"
    if folded in OF_SUBSCRIPTION and place.subscription is not None:
        place = Place(place.subscription)
    return id_below(place.id, kind, name)


def resource_id(place: Place, arguments: list[Any]) -> Any:
    """resourceId([subscription], [resource group], type, name, …)."""
    before, kind, names = _parted(arguments)
    if len(before) == 2:
        place = Place(*before)
    elif before and isinstance(before[0], str) and _UUID.fullmatch(before[0]):
        place = Place(before[0])
    elif before:
        place = Place(place.subscription, before[0])
    return id_below(place.id, kind, names)


def subscription_resource_id(place: Place, arguments: list[Any]) -> Any:
    """subscriptionResourceId([subscription], type, name, …)."""
    before, kind, names = _parted(arguments)
    subscription = before[0] if before else place.subscription
    if subscription is None:
        raise Refused("there is no subscription at this scope")
    return id_below(Place(subscription).id, kind, names)


def management_group_resource_id(place: Place, arguments: list[Any]) -> Any:
    """managementGroupResourceId([management group], type, name, …)."""
    before, kind, names = _parted(arguments)
    group = before[0] if before else place.management_group
    if group is None:
        return Unknown("the management group is not known")
    return id_below(Place(management_group=group).id, kind, names)


def tenant_resource_id(_place: Place, arguments: list[Any]) -> Any:
    """tenantResourceId(type, name, …)."""
    if not arguments:
        _no_type()
    return id_below("", arguments[0], arguments[1:])


def extension_resource_id(_place: Place, arguments: list[Any]) -> Any:
    """extensionResourceId(id of the target, type, name, …)."""
    if len(arguments) < 3:
        _no_type()
    return id_below(_ended(arguments[0]), arguments[1], arguments[2:])


def _ended(base: Any) -> Any:
    return base.rstrip("/") if isinstance(base, str) else base


def _parted(arguments: list[Any]) -> tuple[list[Any], Any, list[Any]]:
    """What stands before the type, the type, the names. An unknown argument before the type is not mistaken for it."""
    for at, value in enumerate(arguments[:3]):
        if isinstance(value, str) and "/" in value.strip("/") and "." in value.partition("/")[0]:
            return arguments[:at], value, arguments[at + 1 :]
    unknown = next((plain(value) for value in arguments if isinstance(plain(value), Unknown)), None)
    if unknown is None:
        _no_type()
    return [], unknown, []


def _no_type() -> NoReturn:
    raise Refused("a resource type and its names are needed")
