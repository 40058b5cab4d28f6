"""Resources nested below `resources` of their parent, made resources of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from auditor.model.resource import Resource

USUAL: Final = frozenset(
    ("id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy", "sku")
    + ("plan", "properties", "tags", "identity", "zones", "extendedLocation", "apiVersion", "systemData", "etag")
)
"""Members of a resource, as Azure Resource Graph and Resource Manager give them."""


def may_have_children(body: Mapping[str, Any]) -> bool:
    """Whether a resource has `resources`, or another list or object that resources of Azure usually do not have."""
    if USUAL.issuperset(body):
        return False
    others = (value for key, value in body.items() if key not in USUAL)
    return "resources" in body or any(isinstance(value, list | dict) for value in others)


def child_of(parent: Resource, child: Any) -> dict[str, Any] | None:
    """A copy of the child with its full type, and an id when it has none. None when it has no type."""
    relative = child.get("type") if isinstance(child, dict) else None
    if not isinstance(relative, str) or not relative.strip("/"):
        return None
    kind = relative if _is_full(relative) else f"{parent.type}/{relative.strip('/')}"
    body = {**child, "type": kind}
    if not isinstance(child.get("id"), str) or not child["id"]:
        name = child.get("name")
        if isinstance(name, str) and name:
            body["id"] = _id_below(parent, kind, name)
        else:
            body.pop("id", None)
    return body


def _is_full(kind: str) -> bool:
    """`Microsoft.Sql/servers` names its provider; `databases` does not."""
    provider, slash, rest = kind.partition("/")
    return "." in provider and bool(slash and rest)


def _id_below(parent: Resource, kind: str, name: str) -> str:
    prefix = f"{parent.type}/"
    if not kind.casefold().startswith(prefix.casefold()):
        return f"{parent.id}/providers/{kind}/{name.rpartition('/')[2]}"
    types, names = kind[len(prefix) :].split("/"), name.split("/")
    if len(types) == 1 or len(names) < len(types):
        return f"{parent.id}/{types[-1]}/{names[-1]}"
    pairs = zip(types, names[-len(types) :], strict=True)  # a grandchild written directly below its grandparent
    return "/".join([parent.id, *(f"{type_}/{name_}" for type_, name_ in pairs)])
