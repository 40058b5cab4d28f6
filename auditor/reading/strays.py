"""Members of a document that hold resources and that no reader takes, each as a gap."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from auditor.paging import letters_of
from auditor.stray_members import stray, stray_members

if TYPE_CHECKING:
    from auditor.reading.log import Log
    from auditor.reading.shapes import At

_CHILDREN: Final = ("resources",)
_OF_A_RESOURCE: Final = ("properties", "tags", "identity", "sku", "plan", "extendedLocation")


def note_strays(document: Mapping[str, Any], read: Collection[str], at: At, log: Log) -> None:
    """Resources in members of an envelope beside those that are read."""
    for key, count in stray_members(document, read, (), _is_resource):
        log.gap(at.file, at.place, stray(key, count), element="new")


def note_stray_children(document: Mapping[str, Any], at: At, log: Log) -> None:
    """Children of a resource of Azure below `resources` in another spelling, or in another member.

    Commands of the Azure CLI give a resource without `properties`, with these in its place: they are no children.
    """
    is_whole = isinstance(document.get("properties"), dict)
    for key, count in stray_members(document, _CHILDREN, _OF_A_RESOURCE, _is_resource if is_whole else _is_none):
        name = document.get("id") or document.get("name")
        place = f"{at.place} ({name})" if at.place and isinstance(name, str) else at.place or str(name or "")
        log.gap(at.file, place, stray(key, count), element="new")


def note_stray_items(document: Mapping[str, Any], at: At, log: Log) -> None:
    """Objects in members of a list of Kubernetes beside its `items`."""
    items = [key for key in document if letters_of(key) == "items"]
    for key, count in stray_members(document, items, ("metadata", "rows", "objects"), _is_object):
        log.gap(at.file, at.place, stray(key, count), element="new")


def _is_none(_value: Mapping[str, Any]) -> bool:
    return False


def _is_object(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("metadata"), dict)


def _is_resource(value: Mapping[str, Any]) -> bool:
    kind = value.get("type")
    return (isinstance(kind, str) and "/" in kind and "name" in value) or ("apiVersion" in value and "kind" in value)
