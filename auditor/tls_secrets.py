"""Kubernetes Secrets lose everything but their certificates before any other code sees them."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

_KEPT: Final = ("tls.crt", "ca.crt")
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_CERTIFICATE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)
_DER: Final = b"\x30"
"""Kubernetes wants PEM. A binary value may be a key as well as a certificate, so it is not kept."""


def without_secrets(body: dict[str, Any]) -> dict[str, Any]:
    """A copy of a core/Secret with metadata, type, and of its data `tls.crt` and `ca.crt` alone.

    `stringData` is folded into `data`, as the API server does. A private key that someone stored next to the
    certificate, in the same value, goes too.
    """
    kept = {key: body[key] for key in ("apiVersion", "kind", "type") if isinstance(body.get(key), str)}
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        metadata = dict(metadata)
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict):
            metadata["annotations"] = {key: annotations[key] for key in annotations if key != _LAST_APPLIED}
        elif annotations is not None:
            del metadata["annotations"]
        kept["metadata"] = metadata
    data = {key: value for key in _KEPT if (value := _certificates(body, key)) is not None}
    if data:
        kept["data"] = data
    return kept


def _certificates(body: dict[str, Any], key: str) -> str | None:
    """One value in base64, cut down to its certificates when a key stands beside them; None when it is not kept."""
    plain, encoded = body.get("stringData"), body.get("data")
    if isinstance(plain, dict) and isinstance(plain.get(key), str):
        value = plain[key].encode(errors="replace")
    elif isinstance(encoded, dict) and isinstance(encoded.get(key), str):
        try:
            value = base64.b64decode("".join(encoded[key].split()), validate=True)
        except (binascii.Error, ValueError):
            return None
    else:
        return None
    if value[:1] == _DER:
        return None
    if b"PRIVATE KEY" in value:
        value = b"".join(_CERTIFICATE.findall(value))
    return base64.b64encode(value).decode()
