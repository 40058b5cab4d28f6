"""Documents of Kubernetes that hold other objects, or none: lists, tables, statuses and templates. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from auditor.model.paging import letters_of
from auditor.model.resource import Unknown

_PARAMETER: Final = re.compile(r"\$\{\{?\w+\}?\}")
_CONTENT: Final = ("spec", "data", "status", "rules")
"""Members that an object with a kind such as `AllowList` has, and a list has not."""
_TEMPLATES: Final = ("", "template.openshift.io")
_WRAPPED: Final = {"watchevent": "an event of a watch", "admissionreview": "a question to a webhook"}
"""Casefolded kinds of what the API server sends around an object."""


def items_of(document: Mapping[str, Any]) -> list[Any] | None:
    """The objects of a list, a table or an OpenShift template; None for anything else.

    A typed list (`PodList`) leaves out what kind its items are, so they are given it. A table row is the object in it,
    or the row itself, which is no object. Values of a template that hold a parameter are unknown.
    """
    kind = document["kind"].strip().casefold()
    items = _members(document, "items")
    if kind.endswith("list"):
        if items is None:
            return None if _has_name(document) and any(key in document for key in _CONTENT) else [None]
        return [with_kind_of_list(item, document) for item in items]
    if kind == "template":
        objects = [*(_members(document, "objects") or ()), *(items or ())]
        return [_without_parameters(item) for item in objects] or None
    if items and any(isinstance(item, list) or (isinstance(item, dict) and "metadata" in item) for item in items):
        return items  # a list whose kind is misspelled
    if kind == "table" and (rows := _members(document, "rows")) is not None:
        return [row.get("object", row) if isinstance(row, dict) else row for row in rows]
    return None


def with_kind_of_list(item: Any, envelope: Mapping[str, Any]) -> Any:
    """An item of a typed list (`PodList`), which the API server sends without its own kind, given it."""
    kind, version = envelope.get("kind"), envelope.get("apiVersion")
    bare = isinstance(item, dict) and "kind" not in item and isinstance(item.get("metadata"), dict)
    if bare and isinstance(kind, str) and isinstance(version, str):
        name, is_list = re.subn(r"list\s*\Z", "", kind, flags=re.IGNORECASE)
        return {"apiVersion": version, "kind": name, **item} if name and is_list else item
    return item


def refusal_of(document: Mapping[str, Any]) -> str | None:
    """Why a document is no object: the sentence for a `Status`, for a table or a template of nothing, and for what
    stands around an object. None for anything else."""
    kind = document["kind"].strip().casefold()
    group = document["apiVersion"].rpartition("/")[0].casefold()
    if kind == "table" and not _has_name(document):
        return "it is a table without rows"
    if kind == "template" and group in _TEMPLATES:
        return "it is a template without objects"
    if kind in _WRAPPED and (not group or group.endswith(".k8s.io")):
        return f"it is {_WRAPPED[kind]}, not an object: give the object in it"
    if kind != "status":
        return None
    reason, code = document.get("reason"), document.get("code")
    named = ", ".join(str(part) for part in (code, reason) if isinstance(part, int | str) and part)
    return f"the API server answered with a status instead of an object{f' ({named[:80]})' if named else ''}"


def _has_name(document: Mapping[str, Any]) -> bool:
    """Whether it is an object: an answer has no name."""
    metadata = document.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("name"))


def _members(document: Mapping[str, Any], name: str) -> list[Any] | None:
    """The elements of all members with a name, in any spelling; None where there is none."""
    found = [value for key, value in document.items() if letters_of(key) == name]
    return [item for items in found for item in (items if isinstance(items, list) else [items])] if found else None


def _without_parameters(value: Any) -> Any:
    if isinstance(value, str) and _PARAMETER.search(value):
        return Unknown("a parameter of the template")
    if isinstance(value, dict):
        if any(isinstance(key, str) and _PARAMETER.search(key) for key in value):
            return Unknown("a parameter of the template names one of its keys")
        return {key: _without_parameters(part) for key, part in value.items()}
    return [_without_parameters(part) for part in value] if isinstance(value, list) else value
