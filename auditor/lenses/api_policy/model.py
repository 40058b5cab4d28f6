"""What the effective policy of an API says, as other lenses read it: True, False, or `Unknown` with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from auditor.lenses.truth import Truth
from auditor.model.resource import Origin, Unknown


@dataclass(frozen=True, slots=True)
class Place:
    """Where a policy stands: the ARM id of its document, and the line in it (from 1)."""

    document: str
    line: int


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """A `validate-jwt` or `validate-azure-ad-token`. Texts have their named values resolved; what is not known of
    them (a secret, an expression) stands as it was written, `{{name}}` or `@(…)`."""

    policy: str
    place: Place
    certain: bool  # no condition stands around it
    signed: Truth
    expires: Truth
    audiences: tuple[str, ...]
    issuers: tuple[str, ...]
    configurations: tuple[str, ...]  # addresses of `openid-config`
    claims: tuple[str, ...]  # names of required claims
    applications: tuple[str, ...]  # client applications
    tenant: str | None


@dataclass(frozen=True, slots=True)
class CertificateCheck:
    """A `validate-client-certificate`. `effective`: it refuses a certificate that nobody vouches for."""

    place: Place
    certain: bool
    effective: Truth
    identities: tuple[dict[str, str], ...]  # attributes as written: thumbprint, subject, issuer-subject, …


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call may go. `url` or `backend` (the name of a backend of the service) is set; neither: no address."""

    source: str  # policy | api (its serviceUrl)
    url: str | None
    backend: str | None
    resource: str | None  # ARM id of the backend
    place: Place | None  # of the set-backend-service
    certain: bool  # the only one there is
    unknown: str | None = None  # why the address is not known (an expression, a secret)
    named: bool = False  # a named value stands in the API or backend in place of the address


@dataclass(frozen=True, slots=True)
class Weakness:
    """A setting of one policy that takes from what it protects. Kinds: `unsigned`, `unexpiring`, `openidHttp`,
    `anyCertificate`, `corsAnyOrigin`, `corsCredentials`."""

    kind: str
    policy: str
    place: Place
    certain: bool
    says: str
    written: bool = True  # the document shows it without its named values


@dataclass(frozen=True, slots=True)
class EffectivePolicy:
    """What every call of one operation meets, or of the operations of an API that have no policy of their own.

    An API that is reached in several ways (with and without products) has the worst of each.
    """

    id: str
    name: str
    service: str  # ARM ids, spelled as their resources spell them
    api: str
    operation: str | None  # None: of the API itself
    operations: tuple[str, ...]  # the operations it stands for; empty: not known, or none
    origin: Origin
    documents: tuple[str, ...]  # ids of the policy documents that take part, outermost first; fragments last
    products: tuple[str, ...]  # names of the products that lead to it
    key_required: Truth
    authenticated: Truth  # a token or a client certificate is checked, on every way in, before anything is answered
    lost_in: tuple[str, ...]  # documents that leave out, for want of `<base/>`, a check that stands above them
    lost_surely: Literal[True] | Unknown  # that they do so, and that nothing else checks the caller
    asked: Truth  # a token or certificate check stands on every way in, whether or not it is switched off
    token_checked: Truth
    certificate_checked: Truth
    certificate_asked: Truth  # the same of certificate checks alone
    tokens: tuple[TokenCheck, ...]
    certificates: tuple[CertificateCheck, ...]
    audience_checked: Truth  # no token check accepts a token for somebody else
    issuer_checked: Truth  # no token check accepts a token of somebody else's tenant
    answers_itself: bool  # no call goes on to a backend
    answered_first: Truth  # something answers, or calls out, before the caller is known
    targets: tuple[Target, ...]
    backend_certificate: Truth  # sends a client certificate to the backend
    sent_certificates: tuple[str, ...]  # which, by its name or thumbprint; those of backends are not among them
    backend_identity: Truth  # sends a token of a managed identity to the backend
    backend_credentials: Truth  # sends a password, key or token to the backend
    filtered: Truth  # ip-filter with action allow
    addresses: tuple[str, ...]  # that it lets in: single, or `from-to`
    limited: Truth  # a rate limit or quota
    front_door_checked: Truth  # calls come through one Front Door (`X-Azure-FDID`), others are refused
    cors: tuple[dict[str, Any], ...]
    weaknesses: tuple[Weakness, ...]
    unread: str | None = None  # why documents may exist that were not read
    incomplete: str | None = None  # the same, but for documents that a change leaves as they are
