"""Answers of Resource Manager → resources, with the type and the id that they have or that follow from their place."""

from __future__ import annotations

from typing import Any, Final

from auditor.collect.azure.children import Child
from auditor.collect.azure.replies import CallFailed, Reply, refused
from auditor.model.case_insensitive import names_of
from auditor.model.resource import Origin, Resource, Unknown
from auditor.sanitize.azure import sanitized_azure

_ABSENT: Final = frozenset({"resourcenotfound", "notfound", "policynotfound", "keynotfound"})
Managed = frozenset[str] | Unknown | None
"""The casefolded names of the certificates of a vault, why they are not known, or None elsewhere."""


def one(reply: Reply, holding: str = "properties") -> dict[str, Any]:
    """The resource of an answer, which has this member. Raises `CallFailed`."""
    if reply.status != 200:
        raise refused(reply)
    if not isinstance(reply.body, dict) or reply.failed or not isinstance(reply.body.get(holding), dict):
        raise CallFailed("unreadable", "its answer is not a resource")
    return reply.body


def is_absent(reply: Reply) -> bool:
    """Whether the service says that this one thing is not there: not that its place, its type or the page is not."""
    return reply.status == 404 and reply.code.casefold() in _ABSENT


def cannot_have(child: Child, reply: Reply) -> bool:
    """Whether the service says that this parent has no such children, whatever it holds."""
    said = reply.code.casefold()
    return any(
        said == code and (not words or reply.says(words))
        for code, _, words in (entry.partition(": ") for entry in child.absent)
    )


def with_value(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of a body with a value where a dotted path leads to, unless one is there. None is no value."""
    head, _, rest = path.partition(".")
    name = names_of(body).get(head.casefold(), head)
    inner = body.get(name)
    if value is None or (inner is not None and not (rest and isinstance(inner, dict))):
        return body
    return {**body, name: with_value(inner or {}, rest, value) if rest else value}


def resource_of(
    body: dict[str, Any], child: Child, parent: str, managed: Managed = None, *, stable: bool = False
) -> Resource:
    """A child with the type and the id that it has, or that follow from where it was read; without secrets.

    `stable`: it was read in the generally available version, because the service refused the preview.
    """
    kind = body.get("type")
    if not isinstance(kind, str) or kind.casefold() != child.type.casefold():
        body = {**body, "type": child.type}
    if child.link or not isinstance(body.get("id"), str) or not body["id"]:
        name = body.get("name") or child.path.rpartition("/")[2]
        body = {**body, "id": f"{parent}/{child.path}" if child.single else f"{parent}/{child.path}/{name}"}
    if "rawxml" in child.query and isinstance(body.get("properties"), dict):
        body = {**body, "properties": {"format": "rawxml", **body["properties"]}}
    if managed is not None:
        owned = managed if isinstance(managed, Unknown) else str(body.get("name", "")).casefold() in managed
        body = {**body, "properties": {**(body.get("properties") or {}), "managed": owned}}
    lacks = child.version.lacks if stable else ()
    for path in lacks:
        body = with_value(body, path, Unknown(child.version.refused))
    origin = Origin(source="live", address=f"{parent}/{child.path}")
    return Resource(body["type"], sanitized_azure(body), origin, partial=isinstance(managed, Unknown) or bool(lacks))
