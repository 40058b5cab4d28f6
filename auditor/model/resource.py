"""One resource in its native ARM or Kubernetes shape, and what its values may be besides those of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from auditor.model.kubernetes_types import CLUSTER_SCOPED, kubernetes_type


class Missing:
    """The value of a field that is not there. One instance: `MISSING`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "absent"


MISSING: Final = Missing()


class Unknown:
    """A value or a verdict that cannot be known, with the reason. A first-class value, never an absent one.

    Of a text its end may be known all the same: `/httpListeners/https`, of an id below something without a known name.
    """

    __slots__ = ("end", "reason")

    def __init__(self, reason: str, end: str = "") -> None:
        self.reason = reason
        self.end = end

    def __repr__(self) -> str:
        return f"unknown ({self.reason})"


class Record(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A frozen record; its JSON form uses camelCase names."""


class Tally(msgspec.Struct, kw_only=True, rename="camel"):
    """A record that is filled while an audit runs; its JSON form uses camelCase names."""


class Origin(Record, frozen=True, kw_only=True):
    """Where a resource was read: a live call, a snapshot, a file, a plan address."""

    source: str = "file"  # live snapshot file plan template manifest, change (laid over what is there)
    address: str | None = None
    file: str | None = None
    line: int | None = None


def kind_of(value: Any) -> str:
    """The JSON type of a value, in words."""
    return _KINDS.get(type(value), "a number")


_KINDS: Final[Mapping[type, str]] = {
    dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null",
}  # fmt: skip


def holds_unknown(value: Any) -> bool:
    """True when a value is `Unknown`, or holds one at any depth."""
    pending: list[Any] = [[value]]
    while pending:
        holder = pending.pop()
        for item in holder.values() if isinstance(holder, dict) else holder:
            kind = type(item)  # a third cheaper here than isinstance, and JSON has no subclasses
            if kind is dict or kind is list:
                pending.append(item)
            elif kind is Unknown:
                return True
    return False


NO_CREDENTIAL: Final = "no selected rule reads it, so it was not kept; it was looked through, and holds no credential"

CERTIFICATES_REDACTED: Final = "redacted: certificates hold names that cannot be replaced"
"""Why the value of a setting is not known, of which it is known all the same that it holds no credential."""


class Resource:
    """One thing judged, in its native ARM or Kubernetes shape.

    `body` is the raw dict as read; `type` an ARM type or a Kubernetes `group/Kind`; `partial` says that some values in
    the body are `Unknown`. The other properties are derived from these when first asked for, so that judging a resource
    that passes costs nothing more than its `body`.
    """

    __slots__ = ("_id", "_kubernetes", "body", "cluster", "origin", "partial", "type")

    def __init__(
        self, type: str, body: dict[str, Any], origin: Origin, cluster: str = "", *, partial: bool = False
    ) -> None:
        self.type = type
        self.body = body
        self.origin = origin
        self.cluster = cluster
        self.partial = partial
        self._id: str | None = None
        self._kubernetes: bool | None = None

    def __repr__(self) -> str:
        return f"<{self.type} {self.name}>"

    @property
    def is_kubernetes(self) -> bool:
        """A Kubernetes object, not an ARM resource (which has `apiVersion` and `kind` too, in a template)."""
        if self._kubernetes is None:
            body = self.body
            self._kubernetes = "apiVersion" in body and "kind" in body and self.type == kubernetes_type(body)
        return self._kubernetes

    @property
    def _metadata(self) -> dict[str, Any]:
        metadata = self.body.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def id(self) -> str:
        """The ARM id; for Kubernetes a made one: `/clusters/C/namespaces/N/GROUP/KIND/NAME`."""
        if self._id is None:
            if self.is_kubernetes:
                scope = f"/namespaces/{self.namespace}" if self.namespace else ""
                self._id = f"/clusters/{self.cluster or '-'}{scope}/{self.type}/{self.name}"
            else:
                found = self.body.get("id")
                self._id = found if isinstance(found, str) and found else f"/-/{self.type}/{self.name}"
        return self._id

    @property
    def name(self) -> str:
        """The last part of the name: `db1`, not `server1/db1`."""
        metadata = self._metadata if self.is_kubernetes else self.body
        name = metadata.get("name") or metadata.get("generateName")  # the beginning of what the server will name it
        if isinstance(name, Unknown):
            return self.origin.address or "(name not known)"
        if not isinstance(name, str) or not name:
            found = self.body.get("id")
            name = found if isinstance(found, str) else "(no name)"
        if self.type.startswith("auditor/"):
            return name  # given by a lens, and no path
        return name.rpartition("/")[2] or name

    @property
    def namespace(self) -> str | None:
        """The Kubernetes namespace; `default` for a namespaced object that names none; None for an ARM resource."""
        if not self.is_kubernetes:
            return None
        namespace = self._metadata.get("namespace")
        if isinstance(namespace, str) and namespace:
            return namespace
        # a server names the namespace of every object that lies in one
        return None if self.type in CLUSTER_SCOPED or "uid" in self._metadata else "default"

    @property
    def subscription_id(self) -> str | None:
        """From the id, so that its spelling is the id's."""
        return arm_scope(self.body)[0]

    @property
    def resource_group(self) -> str | None:
        """From the id, so that its spelling is the id's."""
        return arm_scope(self.body)[1]

    @property
    def parent_id(self) -> str | None:
        """The id that this resource hangs below: of a child its parent, of an extension resource its target,
        of a subscription-level resource the subscription."""
        return None if self.is_kubernetes else parent_of(self.id)


def parent_of(resource_id: str) -> str | None:
    """The ARM id above this one. None for a subscription, a tenant or an id of another form.

    `…/servers/s/databases/d` → `…/servers/s`; `X/providers/Microsoft.Insights/diagnosticSettings/d` → `X`.
    """
    head, sep, tail = _rpartition_fold(resource_id, "/providers/")
    if not sep:
        return None
    parts = tail.split("/")  # namespace, type, name[, type, name …]
    if len(parts) > 3:
        return f"{head}{sep}{'/'.join(parts[:-2])}"
    return head or None


def _rpartition_fold(text: str, separator: str) -> tuple[str, str, str]:
    at = text.casefold().rfind(separator)
    if at < 0:
        return "", "", text
    return text[:at], text[at : at + len(separator)], text[at + len(separator) :]


def arm_scope(body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Subscription and resource group of an ARM resource: from its id, else as Resource Graph says them."""
    subscription = group = None
    found = body.get("id")
    if isinstance(found, str):
        parts = found.split("/", 5)
        if len(parts) > 2 and parts[1].casefold() == "subscriptions":
            subscription = parts[2] or None
        if len(parts) > 4 and parts[3].casefold() == "resourcegroups":
            group = parts[4] or None
    return subscription or _text_at(body, "subscriptionId"), group or _text_at(body, "resourceGroup")


def _text_at(body: Mapping[str, Any], key: str) -> str | None:
    value = body.get(key)
    return value if isinstance(value, str) and value else None
