"""What an object of Kubernetes loses before any other code sees it. Pure.

Rules report credentials in variables and in ConfigMaps. A value that they report is replaced by `KUBERNETES.secret`,
one that they take for harmless by `KUBERNETES.harmless`, so that they answer the same.
"""

from __future__ import annotations

import re
from typing import Any, Final

from auditor.model.resource import NO_CREDENTIAL, Unknown
from auditor.sanitize.hide import hide, state_of
from auditor.sanitize.kubernetes_secrets import without_secrets
from auditor.sanitize.literal_secrets import in_configuration, in_workload, is_reported_entry, is_reported_variable
from auditor.sanitize.marks import KUBERNETES
from auditor.sanitize.names import may_name_secret
from auditor.sanitize.texts import masked, spans
from auditor.sanitize.values import is_file, is_opaque, is_reference
from auditor.sanitize.walk import Walker

TLS: Final = "kubernetes.io/tls"
_CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----"
_COPIES: Final = re.compile(r"(?i)last-?applied|/original$|/applied$|last-?handled|/snapshot$|revision-history")
"""Annotations that hold the whole object once more."""


def sanitized_kubernetes(
    kind: str, body: dict[str, Any], configuration: frozenset[str] | None, *, texts: bool = True
) -> dict[str, Any]:
    """The object without its secrets; the body itself when it has none. The body is not changed.

    `configuration` are the keys of ConfigMaps whose values are kept, None for all. Certificates are kept anyway; of the
    others it is kept which hold a credential. Without `texts` none of them has a secret in it.
    """
    if kind == "core/Secret":
        return without_secrets(body)
    walker = _WALKER if texts else _OF_FIELDS
    body = without_copies(body)
    if kind == "core/ConfigMap":
        for part in ("data", "binaryData"):
            values = body.get(part)
            if isinstance(values, dict):
                kept = {key: _setting(key, value, configuration) for key, value in values.items()}
                body = body if all(kept[key] is values[key] for key in kept) else {**body, part: kept}
        data = {part: body[part] for part in ("data", "binaryData") if part in body}
        rest = {key: value for key, value in body.items() if key not in data}
        walked = walker.walk(rest)
        return body if walked is rest else {key: walked.get(key, value) for key, value in body.items()}
    found: dict[str, Any] = walker.walk(hide(body, state_of(kind), KUBERNETES.secret))
    return found


def without_copies(body: dict[str, Any]) -> dict[str, Any]:
    """The object without the copies of itself in its metadata."""
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        return body
    annotations = metadata.get("annotations")
    copies = [key for key in annotations if _COPIES.search(str(key))] if isinstance(annotations, dict) else []
    if not copies and "managedFields" not in metadata:
        return body
    kept = {key: value for key, value in metadata.items() if key != "managedFields"}
    if isinstance(annotations, dict) and copies:
        kept["annotations"] = {key: value for key, value in annotations.items() if key not in copies}
    return {**body, "metadata": kept}


_REPORTED: Final = re.compile(rf"(?<!\(){KUBERNETES.secret}")
"""The mark of what rules report in a text; the other mark has it in parentheses."""


class KubernetesWalker(Walker):
    """Walks through an object."""

    def pair(self, name: Any, value: Any) -> Any:
        """The value of a variable whose name may be that of a secret."""
        if not isinstance(value, str):
            return self.hidden(value)
        if len(value) < 4 or _is_reference(value):
            return value
        reported = is_reported_variable(name, value) or _REPORTED.search(self.masked(value))
        return self.marks.secret if reported else self.marks.harmless

    def masked(self, text: str) -> str:
        """A text with marks for the secrets in it, of two kinds: those that rules report and others."""
        return masked(text, self.marks, in_workload)

    def hidden(self, value: Any) -> Any:
        """A secret, by the name of its field."""
        return value if isinstance(value, str) and _is_reference(value) else super().hidden(value)

    def _pairs(self, body: dict[str, Any], shape: Any) -> dict[str, Any]:
        found = super()._pairs(body, shape)
        value = body.get("value")
        if (
            not found
            and "name" in body
            and isinstance(value, str)
            and is_opaque(value)
            and masked(value, self.marks) == value
        ):
            return {"value": self.marks.harmless}  # no rule reports it: nothing but its form says that it is one
        return found


_WALKER: Final = KubernetesWalker(KUBERNETES, kubernetes=True)
_OF_FIELDS: Final = KubernetesWalker(KUBERNETES, kubernetes=True, texts=False)


def _is_reference(value: str) -> bool:
    return is_reference(value) or bool(_ADDRESS.fullmatch(value)) or is_file(value)


_ADDRESS: Final = re.compile(r"https?://[^@?\s]*")


def _setting(key: Any, value: Any, configuration: frozenset[str] | None) -> Any:
    """What is left of a value of a ConfigMap: of one that nobody reads, which credentials it holds, without them."""
    if may_name_secret(key) and isinstance(value, str) and len(value) > 3 and not _is_reference(value):
        if is_reported_entry(key, value):
            return KUBERNETES.secret
        if not _IN_LINES.search(value):
            return KUBERNETES.harmless if configuration is None or key in configuration else Unknown(NO_CREDENTIAL)
    if configuration is None or key in configuration or _CERTIFICATE in str(value):
        return masked(value, KUBERNETES, in_configuration) if isinstance(value, str) else value
    return credentials_in(str(value)) or Unknown(NO_CREDENTIAL)


_IN_LINES: Final = re.compile(r"[\n=;{]|://")
"""Of texts that are more than the value itself, the parts that are secrets are replaced."""


def credentials_in(text: str) -> str:
    """The places of a text that hold a secret, with a mark for it, one a line; empty when there is none.
    What stands in comments, and words, are none (`in_configuration`)."""
    data = text.encode("utf-8", "surrogatepass")
    found = []
    for span in spans(data):
        if in_configuration(data, span):
            after = b"@" if data[span.end : span.end + 1] == b"@" else b""
            found.append(span.before[-200:] + KUBERNETES.secret.encode() + after)
    return b"\n".join(found).decode("utf-8", "replace")
