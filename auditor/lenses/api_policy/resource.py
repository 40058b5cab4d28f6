"""An effective policy as the derived resource that rules judge."""

from __future__ import annotations

from typing import Any, Final

from auditor.lenses.api_policy.model import EffectivePolicy, Place, Target, TokenCheck, Weakness
from auditor.lenses.api_policy.text import is_expression, scheme_of
from auditor.lenses.derived import derived
from auditor.lenses.truth import Truth
from auditor.model.resource import Resource, Unknown, arm_scope, parent_of

TYPE: Final = "auditor/apiPolicy"


def resource_of(policy: EffectivePolicy, negotiates: Truth) -> Resource:
    """`negotiates`: the gateway asks callers for a client certificate."""
    unread = Unknown(policy.unread) if policy.unread else None
    incomplete = [Unknown(policy.incomplete)] if policy.incomplete else []
    properties: dict[str, Any] = {
        "service": policy.service,
        "api": policy.api,
        "operation": policy.operation,
        "operations": list(policy.operations),
        "documents": list(policy.documents) or unread or [],
        "products": list(policy.products),
        "keyRequired": policy.key_required,
        "asksForCertificate": negotiates,
        "authenticated": policy.authenticated,
        "switchedOff": policy.asked is True and policy.authenticated is False,
        "lostIn": list(policy.lost_in),
        "lostSurely": policy.lost_surely,
        "tokenChecked": policy.token_checked,
        "certificateChecked": policy.certificate_checked,
        "certificateSwitchedOff": policy.certificate_asked is True and policy.certificate_checked is False,
        "tokens": [*(_token(check) for check in policy.tokens), *incomplete] or unread or [],
        "certificates": [
            {
                "name": _at(check.place),
                "certain": check.certain,
                "effective": check.effective,
                "identities": list(check.identities),
            }
            for check in policy.certificates
        ],
        "audienceChecked": policy.audience_checked,
        "issuerChecked": policy.issuer_checked,
        "answersItself": policy.answers_itself,
        "answeredFirst": policy.answered_first,
        "targets": [_target(target) for target in policy.targets],
        "backendCertificate": policy.backend_certificate,
        "backendIdentity": policy.backend_identity,
        "backendCredentials": policy.backend_credentials,
        "filtered": policy.filtered,
        "addresses": list(policy.addresses),
        "limited": policy.limited,
        "frontDoorChecked": policy.front_door_checked,
        "cors": list(policy.cors),
        "weaknesses": [*(_weakness(weak) for weak in policy.weaknesses), *incomplete],
    }
    return derived(TYPE, policy.id, policy.name, properties, policy.origin, arm_scope({"id": policy.api}))


def _at(place: Place) -> str:
    """`apis/orders line 3`: where a policy stands, below the service."""
    scope = parent_of(place.document) if place.document.casefold().endswith("/policies/policy") else place.document
    inner = (scope or place.document).split("/")[9:]
    return f"{'/'.join(inner) or 'the service'} line {place.line}"


def _address(url: str, why: str) -> str | Unknown:
    """An address of which the scheme is known; of an expression that and no more."""
    scheme = scheme_of(url)
    if scheme is None:
        return Unknown(why)
    return f"{scheme}://{url}" if is_expression(url) else url


def _token(check: TokenCheck) -> dict[str, Any]:
    return {
        "name": f"{check.policy} in {_at(check.place)}",
        "policy": check.policy,
        "certain": check.certain,
        "signed": check.signed,
        "expires": check.expires,
        "audiences": list(check.audiences),
        "issuers": list(check.issuers),
        "configurations": [_address(url, f"{url[:60]} is not known") for url in check.configurations],
        "claims": list(check.claims),
        "applications": list(check.applications),
    }


def _weakness(weak: Weakness) -> dict[str, Any]:
    return {
        "name": f"{weak.policy} in {_at(weak.place)}",
        "kind": weak.kind,
        "certain": weak.certain,
        "says": weak.says,
        "written": weak.written,
    }


def _target(target: Target) -> dict[str, Any]:
    url: Any = target.url
    if target.unknown or (target.backend and not target.resource):
        url = _address(url or "", target.unknown or f"backend {target.backend} was not read")
    told: dict[str, Any] = {"name": target.backend or target.url or "unknown", "source": target.source, "url": url}
    if target.backend:
        told |= {"backend": target.backend, "resource": target.resource}
    if target.named:
        told |= {"named": True}
    return told | {"certain": target.certain, "place": _at(target.place) if target.place else None}
