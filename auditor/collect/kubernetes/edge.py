"""What an object loses before any other code sees it: secrets, and what no rule reads but much of every object is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from auditor.collect.secret_texts import credentials_in, holds_secret, is_secret, is_secret_setting, masked
from auditor.model import NO_CREDENTIAL, WORKLOADS, Unknown
from auditor.tls_secrets import without_secrets

TLS: Final = "kubernetes.io/tls"
REMOVED: Final = "removed-by-auditor"
"""What stands for a secret. It is as long and as plain as one, so that a rule about literal secrets still finds it."""
_HARMLESS: Final = f"$({REMOVED})"
"""For what goes by the name of a secret and is none: rules take it for a reference."""

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----"


def at_the_edge(kind: str, body: dict[str, Any], configuration: frozenset[str] | None) -> dict[str, Any] | None:
    """The object without secrets; None for a Secret of another type than TLS.

    `configuration` are the keys of ConfigMaps whose values are kept, None for all. Certificates are kept anyway; of the
    others it is kept which hold a credential.
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
    if kind == "core/ConfigMap":
        for part in ("data", "binaryData"):
            values = body.get(part)
            if isinstance(values, dict):
                body[part] = {key: _setting(key, value, configuration) for key, value in values.items()}
    for variable in _environment(kind, body):
        name, value = variable.get("name"), variable.get("value")
        if is_secret(name, value):
            variable["value"] = REMOVED if is_secret_setting(name, value) else _HARMLESS
    return body if kind == "core/Secret" else masked(body, REMOVED)


def _setting(key: Any, value: Any, configuration: frozenset[str] | None) -> Any:
    """What is left of a value of a ConfigMap: of one that nobody reads, which credentials it holds, without them."""
    if holds_secret(key, value):
        return REMOVED
    if configuration is None or key in configuration or _CERTIFICATE in str(value):
        return value
    return credentials_in(str(value), REMOVED) or Unknown(NO_CREDENTIAL)


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
