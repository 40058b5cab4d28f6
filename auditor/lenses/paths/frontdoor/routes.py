"""Azure Front Door (Standard and Premium): endpoint and custom domains → route. Behind it `origins.py`.

Sources, learn.microsoft.com: frontdoor/end-to-end-tls, rest/api/frontdoor.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from auditor.lenses.certificates.certificate_locations import VaultRef
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.frontdoor.origins import FLOOR, Origins, is_on
from auditor.lenses.paths.frontdoor.rule_sets import Effects, RuleSets
from auditor.lenses.paths.hop_builder import unseen
from auditor.lenses.paths.model import (
    PLAINTEXT,
    VERIFIED,
    Entered,
    Hop,
    Missing,
    Place,
    Protection,
    evidence,
    hop,
    lost,
    place,
    redirected,
)
from auditor.lenses.paths.receivers import Landings
from auditor.lenses.paths.routes import is_taken
from auditor.lenses.paths.trust import Trust
from auditor.lenses.truth import Truth, truth_and
from auditor.lenses.values import hidden_in, items, last, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown, parent_of

PROFILES: Final = "microsoft.cdn/profiles"
ENDPOINTS: Final = f"{PROFILES}/afdendpoints"
ROUTES: Final = f"{ENDPOINTS}/routes"
DOMAINS: Final = f"{PROFILES}/customdomains"
SECRETS: Final = f"{PROFILES}/secrets"
READS: Final = frozenset({ENDPOINTS, ROUTES, DOMAINS, SECRETS})
_VERSIONS: Final = {"tls10": "1.0", "tls12": "1.2", "tls13": "1.3"}


class _Host(NamedTuple):
    """A name that a route answers; `domain`: its resource, None for the name that Azure gave."""

    name: str
    domain: Resource | None = None
    public: Truth = True
    missing: tuple[Missing, ...] = ()


class FrontDoors:
    """The Front Doors of the estate. What they send elsewhere is not followed: it is no way in."""

    def __init__(self, estate: Estate, trust: Trust, landings: Landings) -> None:
        self._estate, self._trust = estate, trust
        self._origins = Origins(estate, trust, landings)
        self._rule_sets = RuleSets(estate)
        self._routes: dict[str, list[Resource]] = defaultdict(list)  # by casefolded id of the endpoint
        for route in estate.all(ROUTES):
            self._routes[(parent_of(route.id) or "").casefold()].append(route)

    def paths(self) -> Iterator[Entered]:
        """What clients reach through Front Door."""
        for endpoint in self._estate.all(ENDPOINTS):
            routes = self._routes.get(endpoint.id.casefold(), [])
            for route in routes:
                patterns = [
                    pattern
                    for one in routes
                    if one is not route
                    for pattern in texts(one.body, "properties", "patternsToMatch")
                ]
                yield from self._route(endpoint, route, patterns)
            if hole := self._estate.hole(ROUTES, endpoint.id):
                entry = self._entry(endpoint, None)
                tail = lost(place("client", "Internet"), f"routes of {endpoint.name}", hole)
                yield Entered(endpoint, "*", "/*", entry, Unknown(hole), tail)

    def _entry(self, endpoint: Resource, route: Resource | None) -> Place:
        profile = (parent_of(endpoint.id) or "").rpartition("/")[2]
        address = text_at(endpoint.body, "properties", "hostName")
        return place(
            "frontDoor", f"{profile}/{endpoint.name}", endpoint.id,
            element=f"routes/{route.name}" if route else None, addresses=[address] if address else [],
        )  # fmt: skip

    def _route(self, endpoint: Resource, route: Resource, others: list[str]) -> Iterator[Entered]:
        own = get(route.body, "properties")
        on = truth_and(is_on(endpoint.body, "properties", "enabledState"), is_on(own, "enabledState"))
        if on is False:
            return
        entry = self._entry(endpoint, route)
        spot = {key: value for key, value in entry.items() if key != "addresses"}
        patterns = _patterns(route)
        for host in self._hosts(endpoint, own):
            for scheme in ("https", "http"):
                offered = _offers(own, scheme)
                if offered is False:
                    continue
                effects = self._rule_sets.of(route, scheme)
                tails = list(self._origins.tails(route, effects, spot, host.name, patterns, scheme))
                if not tails:
                    continue
                redirects = scheme == "http" and _redirects(own, effects)
                if redirects is True:
                    tails = [redirected("https", host.name, True)]
                elif effects.redirect:
                    to, name = effects.redirect
                    tails = [redirected(to or scheme, name or host.name, True)]
                come_in = self._enter(spot, host, scheme, route, truth_and(offered, redirects is not True))
                if isinstance(redirects, Unknown):
                    come_in |= {"protection": redirects}
                profile = parent_of(endpoint.id) or ""
                for tail in tails:
                    if patterns == ["/*"] and is_taken(tail.label, others):
                        continue
                    whole = tail.after(come_in, logging=(profile,)).lacking(*host.missing)
                    if hidden := hidden_in(get(own, "patternsToMatch")):
                        whole = whole.lacking(Missing(f"patterns of route {route.name}", hidden.reason))
                    yield Entered(endpoint, host.name, ", ".join(patterns), entry, truth_and(on, host.public), whole)

    def _hosts(self, endpoint: Resource, own: Any) -> Iterator[_Host]:
        """The names of a route: its custom domains, and that of the endpoint where it is linked."""
        linked = is_on(own, "linkToDefaultDomain")
        default = text_at(endpoint.body, "properties", "hostName")
        if linked is not False:
            yield _Host(default or "*", None, linked)
        listed = get(own, "customDomains")
        for item in items(own, "customDomains"):
            reference = text_at(item, "id")
            domain = self._estate.by_id(DOMAINS, reference)
            name = text_at(domain.body, "properties", "hostName") if domain else None
            if name:
                yield _Host(name, domain)
                continue
            why = self._estate.hole(DOMAINS, reference or "") or "its name is not known"
            yield _Host("*", domain, missing=(Missing(f"custom domain {last(reference)}", why),))
        if hidden := hidden_in(listed):
            yield _Host("*", None, hidden, (Missing("custom domains of the route", hidden.reason),))

    # --- from clients -------------------------------------------------------------------------------------------

    def _enter(self, spot: Place, host: _Host, scheme: str, route: Resource, offered: Truth) -> Hop:
        """The hop of a client to a route."""
        client = place("client", "Internet")
        told = evidence(route.id, "properties.supportedProtocols", None)
        protection: Protection = (
            offered if isinstance(offered, Unknown) else PLAINTEXT if scheme == "http" else VERIFIED
        )
        if scheme == "http":
            says = "the route takes HTTP"
            return hop(client, spot, protection, says, evidence=told, host=host.name)
        more: dict[str, Any] = {"clientCertificate": "none", "tls": self._floor(host.domain)}
        more |= self._certificate(host)
        says = "Front Door ends TLS"
        return hop(client, spot, protection, says, evidence=told, host=host.name, **more)

    def _floor(self, domain: Resource | None) -> str | Unknown:
        least = word(domain.body, "properties", "tlsSettings", "minimumTlsVersion") if domain else ""
        if isinstance(least, Unknown):
            return least
        return _VERSIONS.get(least, Unknown(f"{least} is no version of TLS")) if least else FLOOR

    def _certificate(self, host: _Host) -> dict[str, Any]:
        """The certificate of a custom domain that a vault holds. Those that Azure manages are renewed by it."""
        own = get(host.domain.body, "properties", "tlsSettings") if host.domain else None
        kind = word(own, "certificateType", otherwise="managedcertificate")
        if kind != "customercertificate":
            return {"certificate": unseen(kind), "nameMatches": kind} if isinstance(kind, Unknown) else {}
        secret = self._estate.by_id(SECRETS, text_at(own, "secret", "id"))
        source = text_at(secret.body, "properties", "parameters", "secretSource", "id") if secret else None
        parts = (source or "").casefold().rpartition("/vaults/")[2].split("/")
        served = self._trust.of_vault(VaultRef(parts[0], parts[2])) if len(parts) == 3 else None
        if served is None:
            why = Unknown(f"the certificate of {host.name} is not visible")
            return {"certificate": unseen(why), "nameMatches": why}
        return {"certificate": self._trust.shown(served), "nameMatches": served.bears(host.name)}


def _patterns(route: Resource) -> list[str]:
    return texts(route.body, "properties", "patternsToMatch") or ["/*"]


def _offers(own: Any, scheme: str) -> Truth:
    """Whether a route takes a scheme; both where nothing is said."""
    told = get(own, "supportedProtocols")
    spoken = [one.casefold() for one in texts(own, "supportedProtocols")]
    return True if told is None or scheme in spoken else hidden_in(told) or False


def _redirects(own: Any, effects: Effects) -> Truth:
    """Whether a route redirects plain HTTP to HTTPS, by itself or by its rule sets."""
    told = word(own, "httpsRedirect", otherwise="disabled")
    if told == "enabled" or (effects.redirect and effects.redirect[0] == "https"):
        return True
    return told if isinstance(told, Unknown) else effects.may_redirect or effects.hidden or False
