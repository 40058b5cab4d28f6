"""What a BackendTLSPolicy of the Gateway API, or of Azure's gateway for containers, says of the way to pods. Pure."""

from __future__ import annotations

from typing import Final

from auditor.lenses.paths.model import VERIFIED, Protection
from auditor.lenses.values import items, text_at, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

_REFUSED: Final = Unknown("no Gateway accepts the BackendTLSPolicy")


def protection_of(policy: Resource) -> tuple[Protection, str | None]:
    """What a BackendTLSPolicy says: the certificate is always verified, against a name that must be given."""
    if _is_refused(policy):
        return _REFUSED, None
    spec = get(policy.body, "spec")
    validation = get(spec, "validation")
    if isinstance(validation, Unknown):
        return validation, None
    if validation is not None:
        if not text_at(validation, "wellKnownCACertificates") and not list(items(validation, "caCertificateRefs")):
            return Unknown("the BackendTLSPolicy names no authority"), None
        return VERIFIED, text_at(validation, "hostname")
    default = get(spec, "default")
    name = text_at(default, "sni") or text_at(default, "verify", "subjectAltName")
    if get(default, "verify") is None:
        return Unknown("the BackendTLSPolicy does not say whom it trusts"), name
    return VERIFIED, name


def _is_refused(policy: Resource) -> bool:
    """Whether every Gateway that evaluated the policy rejects it."""
    ancestors = list(items(policy.body, "status", "ancestors"))
    return bool(ancestors) and all(
        any(
            word(condition, "type") == "accepted" and word(condition, "status") == "false"
            for condition in items(ancestor, "conditions")
        )
        for ancestor in ancestors
    )
