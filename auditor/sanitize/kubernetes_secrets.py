"""Kubernetes Secrets lose everything but their certificates before any other code sees them. Pure.

What says that it is a Secret is one, in whatever spelling and envelope: a manifest may be written by anybody, and what
an API server would refuse is still read here.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from auditor.sanitize.marks import KUBERNETES
from auditor.sanitize.texts import masked

_KEPT: Final = ("tls.crt", "ca.crt")
_METADATA: Final = ("name", "namespace", "labels", "uid", "generateName")
_DATA: Final = frozenset({"data", "stringdata", "binarydata"})
_ITEMS: Final = frozenset({"items", "rows", "objects"})
_KINDS: Final = frozenset({"secret", "secrets"})
_LISTS: Final = frozenset({"secretlist", "secretslist"})
_ALL: Final = _KINDS | _LISTS
_REFERENCE: Final = frozenset(
    {
        "apigroup", "apiversion", "blockownerdeletion", "controller", "fieldpath", "group", "key", "kind", "name",
        "namespace", "optional", "resourceversion", "sectionname", "targetpath", "uid", "valueskey", "version",
    }
)  # fmt: skip
"""Fields of a reference to a Secret, in lower case."""
_TYPES: Final = re.compile(
    r"(?i)opaque|kubernetes\.io/(?:tls|dockercfg|dockerconfigjson|basic-auth|ssh-auth|service-account-token)"
    r"|bootstrap\.kubernetes\.io/token|helm\.sh/release\.v1"
)
_CERTIFICATE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)
_DER: Final = b"\x30"
"""Kubernetes wants PEM. A binary value may be a key as well as a certificate, so it is not kept."""


def is_secret_object(body: Mapping[str, Any], kind: str | None = "kind", data: str | None = "data") -> bool:
    """Whether a mapping says that it is a Secret, a list of Secrets, or a reference to one; or has the fields of one.

    `kind` and `data` are the keys that say what it is and hold its values.
    """
    named, type_ = body.get(kind) if kind else None, body.get("type")
    if isinstance(named, str):
        return _plain(named.rpartition("/")[2]) in _ALL and not _is_arm(body)
    held = body.get(data) if data else None
    return isinstance(held, Mapping) and isinstance(type_, str) and bool(_TYPES.fullmatch(type_.strip()))


def without_secrets(body: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a Secret with its name, namespace, labels and type, and of its data `tls.crt` and `ca.crt` alone.

    `stringData` is folded into `data`, as the API server does. A private key that someone stored next to the
    certificate, in the same value, goes too. Of a list every item is treated so, of a reference its name is kept.
    """
    parts = {_plain(key): value for key, value in reversed(list(body.items())) if isinstance(key, str)}
    kind = parts.get("kind")
    if (isinstance(kind, str) and _plain(kind.rpartition("/")[2]) in _LISTS) or not _ITEMS.isdisjoint(parts):
        return _list(body)
    if "metadata" not in parts and _DATA.isdisjoint(parts):
        return {
            key: value
            for key, value in body.items()
            if isinstance(key, str) and key.casefold() in _REFERENCE and not isinstance(value, (dict, list))
        }
    kept: dict[str, Any] = {}
    if isinstance(parts.get("apiversion"), str):
        kept["apiVersion"] = parts["apiversion"].strip()
    if isinstance(kind, str):
        kept["kind"] = "Secret"
    if isinstance(parts.get("type"), str):
        kept["type"] = parts["type"]
    if isinstance(metadata := parts.get("metadata"), Mapping):
        kept["metadata"] = _metadata(metadata)
    data = {key: value for key in _KEPT if (value := _certificates(parts, key)) is not None}
    if data:
        kept["data"] = data
    return kept


def _list(body: Mapping[str, Any]) -> dict[str, Any]:
    """A list of Secrets, whose items are a list, one item, or items by name."""
    found: dict[str, Any] = {}
    for key, value in body.items():
        plain = _plain(key)
        if plain in _ITEMS or plain in ("metadata", "object"):
            found[key] = _paging(value) if plain == "metadata" else _items(value)
        elif isinstance(value, (str, int)) and plain in ("kind", "apiversion"):
            found[key] = value
    return found


def _paging(metadata: Any) -> Any:
    """The metadata of a list: whether it goes on."""
    wanted = ("continue", "remainingItemCount", "resourceVersion")
    return {key: metadata[key] for key in wanted if key in metadata} if isinstance(metadata, Mapping) else None


def _items(value: Any) -> Any:
    if isinstance(value, list):
        return [_items(item) for item in value]
    if not isinstance(value, Mapping):
        return None
    parts = {_plain(key) for key in value}
    if "object" in parts and "cells" in parts:  # the row of a table
        return {key: _items(inner) for key, inner in value.items() if _plain(key) == "object"}
    if "metadata" in parts or not _DATA.isdisjoint(parts) or "kind" in parts:
        return without_secrets(value)
    return {key: _items(inner) for key, inner in value.items()}


def _metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Name, namespace and labels; `uid` says that an API server has it."""
    kept: dict[str, Any] = {}
    for key, value in metadata.items():
        name = next((name for name in _METADATA if _plain(key) == name.casefold()), None)
        if name == "labels" and isinstance(value, Mapping):
            kept[name] = {label: masked(text, KUBERNETES) for label, text in value.items() if isinstance(text, str)}
        elif name and name != "labels" and not isinstance(value, (dict, list)):
            kept.setdefault(name, value)
    return kept


def _certificates(parts: Mapping[str, Any], key: str) -> str | None:
    """One value in base64, cut down to its certificates when a key stands beside them; None when it is not kept."""
    plain, encoded = parts.get("stringdata"), parts.get("data")
    if isinstance(plain, Mapping) and isinstance(plain.get(key), str):
        value = plain[key].encode(errors="replace")
    elif isinstance(encoded, Mapping) and isinstance(encoded.get(key), str):
        try:
            value = base64.b64decode("".join(encoded[key].split()), validate=True)
        except (binascii.Error, ValueError):
            return None
    else:
        return None
    if value[:1] == _DER:
        return None
    certificates = b"".join(_CERTIFICATE.findall(value))
    if value.strip() != certificates.strip():
        value = certificates or (value.strip() and KUBERNETES.secret.encode())  # of what is none it is kept that it is
    return base64.b64encode(value).decode()


def _is_arm(body: Mapping[str, Any]) -> bool:
    """Whether it is a resource of Azure whose `kind` happens to be that word."""
    type_ = body.get("type")
    return isinstance(type_, str) and type_.casefold().startswith("microsoft.") and "data" not in body


def _plain(text: Any) -> str:
    """A word without case, blanks and signs, in the letters that it looks like."""
    if not isinstance(text, str):
        return ""
    if text.isascii() and text.isalpha():
        return text.casefold()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalpha())
