"""What single policies ask of a caller or give to a backend, read from their attributes and children."""

from __future__ import annotations

import re
from typing import Any, Final

from auditor.lenses.api_policy.model import CertificateCheck, Place, TokenCheck, Weakness
from auditor.lenses.api_policy.scopes import NamedValues
from auditor.lenses.api_policy.settings import constant_of, names_certificates, switch_of
from auditor.lenses.api_policy.text import Element, is_expression, named_values, scheme_of, with_named_values
from auditor.lenses.truth import Truth, truth_and, truth_not, truth_or
from auditor.model.resource import Unknown


class Reading:
    """Reads the texts of one document: with its named values, and what of them is not known."""

    def __init__(self, values: NamedValues) -> None:
        self._values = values

    def text(self, raw: str | None) -> str:
        """The text with the named values that are known."""
        return with_named_values(raw, self._values.known).strip() if raw else ""

    def unknown(self, raw: str | None) -> str | None:
        """Why a text is not known: an expression, or a named value that is secret."""
        text = self.text(raw)
        if is_expression(text):
            return "it is an expression"
        for name in named_values(text):
            return self._values.hidden.get(name.casefold()) or f"the named value {name} is not known"
        return None

    def truth(self, raw: str | None, default: bool) -> Truth:
        """A switch."""
        if raw is None:
            return default
        text = self.text(raw)
        if is_expression(text):
            return switch_of(text, "it")
        why = self.unknown(raw)
        return Unknown(why) if why else text.casefold() == "true"

    def constant(self, raw: str | None) -> bool | None:
        """What a condition always is; None: it depends."""
        text = self.text(raw)
        if is_expression(text):
            found = switch_of(text, "")
            return None if isinstance(found, Unknown) else found
        return {"true": True, "false": False}.get(text.casefold())

    def texts(self, element: Element, outer: str, inner: str) -> tuple[str, ...]:
        """The texts of `<outer><inner>…</inner></outer>`, without empty ones; of an expression its constant."""
        found = (self.text(part.text) for group in element.all(outer) for part in group.all(inner))
        constants = ((text, constant_of(text)) for text in found)
        return tuple(text for text in (text if fixed is None else fixed for text, fixed in constants) if text)


# --- tokens -------------------------------------------------------------------------------------------------------

_ANY_TENANT: Final = re.compile(
    r"/(common|organizations|consumers|9188040d-6c67-4c5b-b112-36a304b66dad)/", re.IGNORECASE
)
"""Tokens of any tenant, or of any personal account (the last, by its id)."""


def token_check(element: Element, reading: Reading, place: Place, certain: bool) -> TokenCheck:
    """A `validate-jwt` or `validate-azure-ad-token`; the latter always asks for signature and expiry."""
    given, jwt = element.attributes, element.name == "validate-jwt"
    urls = tuple(reading.text(part.attributes.get("url")) for part in element.all("openid-config"))
    claims = [part for group in element.all("required-claims") for part in group.all("claim")]
    return TokenCheck(
        policy=element.name,
        place=place,
        certain=certain,
        signed=reading.truth(given.get("require-signed-tokens"), default=True) if jwt else True,
        expires=reading.truth(given.get("require-expiration-time"), default=True) if jwt else True,
        audiences=reading.texts(element, "audiences", "audience"),
        issuers=reading.texts(element, "issuers", "issuer"),
        configurations=tuple(url for url in urls if url),
        claims=tuple(  # without a value it is enough that the token has the claim
            reading.text(claim.attributes.get("name"))
            for claim in claims
            if any(reading.text(value.text) for value in claim.all("value"))
        ),
        applications=reading.texts(element, "client-application-ids", "application-id"),
        tenant=reading.text(given.get("tenant-id")) or None,
    )


def names_audience(check: TokenCheck) -> bool:
    """True when a token that was issued for somebody else is refused."""
    return bool(check.audiences) or "aud" in (name.casefold() for name in check.claims)


def names_issuer(check: TokenCheck) -> Truth:
    """True when tokens of named issuers alone are good: those of the configurations, or those that are listed.

    Each of several configurations adds its issuer to the accepted ones.
    https://learn.microsoft.com/azure/api-management/validate-jwt-policy
    """
    if check.issuers or {"iss", "tid"} & {name.casefold() for name in check.claims}:
        return True
    places = (*check.configurations, *([f"/{check.tenant}/"] if check.tenant else ()))
    return truth_and(*(_names_tenant(place) for place in places)) if places else False


def _names_tenant(place: str) -> Truth:
    if _ANY_TENANT.search(place):
        return False
    if is_expression(place.strip("/")) or named_values(place):
        return Unknown(f"{place.strip('/')[:60]} is not known")
    return True


def token_weaknesses(check: TokenCheck, element: Element, raw: str) -> list[Weakness]:
    """What it does without, and a configuration that is fetched in plain text."""
    found = []
    for kind, attribute, value, says in (
        ("unsigned", "require-signed-tokens", check.signed, "tokens need no signature"),
        ("unexpiring", "require-expiration-time", check.expires, "tokens need no expiry"),
    ):
        if value is False:
            written = not named_values(element.attributes.get(attribute, ""))
            found.append(Weakness(kind, check.policy, check.place, check.certain, says, written))
    for url in check.configurations:
        if scheme_of(url) == "http":
            says = f"keys are fetched from {url[:200]}"
            found.append(Weakness("openidHttp", check.policy, check.place, check.certain, says, url in raw))
    return found


# --- client certificates ------------------------------------------------------------------------------------------


def certificate_check(element: Element, reading: Reading, place: Place, certain: bool) -> CertificateCheck:
    """A `validate-client-certificate`. It stops nobody when errors are ignored, or when neither trust nor an identity
    is asked for. https://learn.microsoft.com/azure/api-management/validate-client-certificate-policy"""
    identities = tuple(
        {key: reading.text(value) for key, value in part.attributes.items()}
        for group in element.all("identities")
        for part in group.all("identity")
    )
    ignored = reading.truth(element.attributes.get("ignore-error"), default=False)
    trusted = reading.truth(element.attributes.get("validate-trust"), default=True)
    heeded = truth_and(truth_not(ignored), truth_or(trusted, names_certificates(identities)))
    return CertificateCheck(place, certain, heeded, identities)


# --- limits -------------------------------------------------------------------------------------------------------

LIMITS: Final = frozenset(
    {"rate-limit", "rate-limit-by-key", "quota", "quota-by-key", "llm-token-limit", "azure-openai-token-limit"}
)
"""Policies that limit how often, or how much, a caller may call."""
BY_SUBSCRIPTION: Final = frozenset({"rate-limit", "quota"})
"""Those that count for each subscription, and so do not count calls without a key.
https://learn.microsoft.com/azure/api-management/api-management-policies"""
_MOST_CALLS: Final = 10_000  # a second for one key: more than a unit of the gateway serves
_MOST_TOKENS: Final = 1_000_000_000  # a minute
_PLAIN_STRING: Final = re.compile(r'(?<!\$)"(?:[^"\\]|\\.)*"')
_NEW_FOR_EACH_CALL: Final = re.compile(r"\bNewGuid\b|\bcontext\.RequestId\b|\bRandom\b|\.Ticks\b")
_NEVER: Final = frozenset({"false", "@(false)"})


def limits(element: Element, reading: Reading) -> bool:
    """Whether one of `LIMITS` limits anything: a counter that every call begins anew, or that counts nothing, does not,
    nor does an amount that no gateway reaches. An amount that is not known limits."""
    given = element.attributes
    key = _PLAIN_STRING.sub("", reading.text(given.get("counter-key")))
    if is_expression(key) and _NEW_FOR_EACH_CALL.search(key):
        return False
    if reading.text(given.get("increment-condition")).casefold().replace(" ", "") in _NEVER:
        return False
    if reading.text(given.get("increment-count")) == "0":
        return False
    calls, seconds = (_number(reading.text(given.get(name))) for name in ("calls", "renewal-period"))
    tokens = _number(reading.text(given.get("tokens-per-minute")))
    too_many = bool(calls and seconds and calls / seconds > _MOST_CALLS) or bool(tokens and tokens > _MOST_TOKENS)
    return not too_many or bool({"bandwidth", "token-quota"} & given.keys())


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 20 else None


# --- CORS ---------------------------------------------------------------------------------------------------------


def cors(element: Element, reading: Reading, place: Place, certain: bool) -> tuple[dict[str, Any], list[Weakness]]:
    """The origins that may read answers, and whether with the visitor's credentials."""
    origins = reading.texts(element, "allowed-origins", "origin")
    raw = [part.text for group in element.all("allowed-origins") for part in group.all("origin")]
    written = any("*" in (text.strip(), constant_of(text)) for text in raw)
    credentials = reading.truth(element.attributes.get("allow-credentials"), default=False)
    told = {"origins": list(origins), "credentials": credentials, "document": place.document, "certain": certain}
    found = []
    if "*" in origins:
        found.append(Weakness("corsAnyOrigin", "cors", place, certain, "any origin may read answers", written))
        if credentials is True:
            plain = written and not named_values(element.attributes.get("allow-credentials", ""))
            says = "any origin may call with the visitor's credentials"
            found.append(Weakness("corsCredentials", "cors", place, certain, says, plain))
    return told, found
