"""Members of a document that hold resources and that no reader takes, each as a gap."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from auditor.ingest.stray_members import stray, stray_members
from auditor.model.case_insensitive import value_of
from auditor.model.paging import letters_of, lists_of
from auditor.model.resource import MISSING

if TYPE_CHECKING:
    from auditor.ingest.diagnostics import Log
    from auditor.ingest.envelopes import At

_OF_ARM: Final = frozenset({"id", "name", "properties"})
_CHILDREN: Final = ("resources",)
_OF_A_RESOURCE: Final = ("properties", "tags", "identity", "sku", "plan", "extendedLocation")


def note_strays(document: Mapping[str, Any], read: Collection[str], at: At, log: Log) -> None:
    """Resources in members of an envelope beside those that are read."""
    is_element = _is_row if "rows" in read else _is_resource_or_page
    for key, count in stray_members(document, read, ("facets",), is_element):
        log.gap(at.file, at.place, stray(key, count), element="new")


def note_stray_children(document: Mapping[str, Any], at: At, log: Log) -> None:
    """Children of a resource of Azure below `resources` in another spelling, or in another member.

    Commands of the Azure CLI give a resource without the key `properties`, with these in its place. What they hold of
    the same provider is a part of the resource, or what it refers to.
    """
    is_element = _is_resource_or_row
    if value_of(document, "properties") is MISSING:
        is_element = partial(_is_of_another_provider, f"{document['type'].partition('/')[0]}/".casefold())
    for key, count in stray_members(document, _CHILDREN, _OF_A_RESOURCE, is_element):
        name = document.get("id") or document.get("name")
        place = f"{at.place} ({name})" if at.place and isinstance(name, str) else at.place or str(name or "")
        log.gap(at.file, place, stray(key, count), element="new")


def note_stray_items(document: Mapping[str, Any], at: At, log: Log) -> None:
    """Objects in members of a list of Kubernetes beside its `items`."""
    items = [key for key in document if letters_of(key) == "items"]
    for key, count in stray_members(document, items, ("metadata", "rows", "objects"), _is_object):
        log.gap(at.file, at.place, stray(key, count), element="new")


def _is_of_another_provider(provider: str, value: Any) -> bool:
    return _is_resource(value) and not str(value.get("type", "")).casefold().startswith(provider)


def _is_row(value: Any) -> bool:
    return isinstance(value, list) or _is_resource_or_row(value)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and ("spec" in value or isinstance(value.get("metadata"), dict))


def _is_resource(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    kind = value.get("type")
    is_arm = isinstance(kind, str) and "/" in kind and not _OF_ARM.isdisjoint(value)
    return is_arm or ("apiVersion" in value and "kind" in value)


def _is_resource_or_row(value: Any) -> bool:
    """Whether a value is a resource, or looks like one of Azure that has lost its type."""
    if not isinstance(value, dict):
        return False
    own_id = value.get("id")
    parts = [key for key in ("name", "properties") if key in value]
    has_id = isinstance(own_id, str) and "/providers/" in own_id.casefold()
    return _is_resource(value) or len(parts) + has_id > 1


def _is_resource_or_page(value: Any) -> bool:
    pages = lists_of(value) if isinstance(value, dict) else ()
    return (
        _is_resource_or_row(value)
        or _is_object(value)
        or any(isinstance(listed, list) and listed for _key, listed in pages)
    )
