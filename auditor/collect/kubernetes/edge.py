"""What an object loses before any other code sees it: secrets, and what no rule reads but much of every object is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson
import re2

from auditor.model import WORKLOADS, Unknown
from auditor.tls_secrets import without_secrets

TLS: Final = "kubernetes.io/tls"
REMOVED: Final = "removed-by-auditor"
"""What stands for a secret. It is as long and as plain as one, so that a rule about literal secrets still finds it."""

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----"
_NOT_ASKED_FOR: Final = "no selected rule reads it, so it was not kept"
_NAME_OF_SECRET: Final = re.compile(
    r"(?i)passw|passphrase|secret|token|credential|api_?key|(access|account|private|encryption|signing|shared)_?key"
    r"|connection_?string|conn_?str|(^|_)(pwd|pass|dsn|sas)(_|$)"
)
_NO_SECRET: Final = re.compile(r"(?i)[/$<{\s]|https?://[^@]*$|(true|false|none|null)$")
"""Values that are the path of a file, a reference, an address or a switch: what rules take for no secret."""
_IN_TEXT: Final = re.compile(
    r"(?i)((?:accountkey|sharedaccesskey|sharedaccesssignature|password|passwd|pwd|[?&]sig)[\"']?\s*[=:]\s*[\"']?)"
    r"[^;$<{\s\"'&,]{3,}"
    r"|(://[^/\s:@]*:)[^/\s@$<{]{3,}(?=@)"
    r"|(\bbearer\s+)[a-z0-9+/._~=-]{16,}"
    r"|(-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----)(?:[^-]|-(?!----END))*"
    r"|()\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?"
)
"""Connection strings, passwords in addresses, tokens, private keys: what stands before the secret is a group."""
_MAY_BE_IN: Final = re2.compile(
    rb"(?i)accountkey|sharedaccess|passw|pwd|[?&]sig=|://[^/\s:@]*:[^/\s@]+@|bearer\s|PRIVATE KEY-----|eyJ"
)
"""What an object has in its text when `_IN_TEXT` finds something: few have, and the others need not be walked."""


def at_the_edge(kind: str, body: dict[str, Any], configuration: frozenset[str] | None) -> dict[str, Any] | None:
    """The object without secrets; None for a Secret of another type than TLS.

    `configuration` are the keys of ConfigMaps whose values are kept, None for all. Certificates are kept anyway.
    """
    if kind == "core/Secret":
        if body.get("type") != TLS:
            return None
        body = without_secrets(body)
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop("managedFields", None)
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict):
            annotations.pop(_LAST_APPLIED, None)
    if kind == "core/ConfigMap" and configuration is not None:
        for part in ("data", "binaryData"):
            values = body.get(part)
            if isinstance(values, dict):
                left = [key for key in values if key not in configuration and _CERTIFICATE not in str(values[key])]
                values.update((key, Unknown(_NOT_ASKED_FOR)) for key in left)
    for variable in _environment(kind, body):
        if _is_secret(variable.get("name"), variable.get("value")):
            variable["value"] = REMOVED
    if kind == "core/Secret" or not _MAY_BE_IN.search(orjson.dumps(body, default=repr)):
        return body
    masked: dict[str, Any] = _masked(body)
    return masked


def _environment(kind: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The variables of every container of a workload."""
    node: Any = body
    for key in WORKLOADS.get(kind, ("",)):
        node = node.get(key) if isinstance(node, dict) else None
    for containers in ("initContainers", "containers", "ephemeralContainers"):
        for container in _dicts(node, containers):
            yield from _dicts(container, "env")


def _dicts(value: Any, key: str) -> list[dict[str, Any]]:
    found = value.get(key) if isinstance(value, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _is_secret(name: Any, value: Any) -> bool:
    return (
        isinstance(name, str)
        and isinstance(value, str)
        and len(value) > 3
        and bool(_NAME_OF_SECRET.search(name))
        and not _NO_SECRET.match(value)
    )


def _masked(value: Any) -> Any:
    """The same value, with `REMOVED` for the secrets in its texts."""
    if isinstance(value, str):
        return _IN_TEXT.sub(_mask, value) if len(value) > 8 else value
    if isinstance(value, dict):
        return {key: _masked(inner) for key, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list) else value


def _mask(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group is not None) + REMOVED
