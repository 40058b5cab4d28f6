"""App Service: which site has a name, what it asks of callers, and whether the Internet reaches it.

Who is let in stands in the configuration of a site, which is a resource below it. Sources, learn.microsoft.com:
app-service/overview-access-restrictions and app-service/app-service-web-configure-tls-mutual-auth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from auditor.lenses.paths.bypasses import OPEN_TAGS, bypass
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.hop_builder import Landing
from auditor.lenses.paths.model import TLS_ORDER, place
from auditor.lenses.paths.network.dns import covers_half
from auditor.lenses.paths.network.private_endpoints import KIND as ENDPOINTS
from auditor.lenses.paths.network.private_endpoints import Endpoints
from auditor.lenses.truth import Truth, truth_and
from auditor.lenses.values import listing, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown, parent_of

SITES: Final = "microsoft.web/sites"
CONFIG: Final = f"{SITES}/config"
READS: Final = frozenset({SITES, CONFIG})
_LAST: Final = 2147483647  # the priority of what is said of everyone who is not named
_BY_THE_APP: Final = Unknown("App Service demands a client certificate and leaves it to the app to verify it")


class Sites:
    """The sites of the estate."""

    def __init__(self, estate: Estate, endpoints: Endpoints) -> None:
        self._estate = estate
        self._endpoints = endpoints
        self._hosts: dict[str, str] = {}  # the id of the site
        self._configs: dict[str, str] = {}  # by site: the id of its configuration
        for site in estate.all(SITES):
            own = get(site.body, "properties")
            for host in (text_at(own, "defaultHostName"), *texts(own, "hostNames")):
                if host:
                    self._hosts[host.casefold()] = site.id
        for config in estate.all(CONFIG):
            if config.id.casefold().endswith("/config/web"):
                self._configs[(parent_of(config.id) or "").casefold()] = config.id

    def by_host(self, host: str) -> Resource | None:
        """The site that has a host name."""
        return self._estate.by_id(SITES, self._hosts.get(host))

    def landing(self, site: Resource) -> Landing:
        """How a request meets a site."""
        clients = word(site.body, "properties", "clientCertEnabled", otherwise="false")
        mode = word(site.body, "properties", "clientCertMode", otherwise="required")
        wanted = clients if not isinstance(clients, str) else ("none" if clients != "true" else mode)
        answers: dict[str, str | Unknown] = {"required": _BY_THE_APP, "none": "none"}
        return Landing(
            place("appService", site.name, site.id),
            asks=answers.get(wanted, "asked") if isinstance(wanted, str) else wanted,
            tls=self._floor(site),
            logging=(site.id,),
            bypasses=tuple(self._beside(site)),
        )

    def _floor(self, site: Resource) -> str | Unknown:
        least = self._configured(site, "minTlsVersion")
        if isinstance(least, Unknown):
            return least
        if isinstance(least, str) and least in TLS_ORDER:
            return least
        return Unknown("the configuration of the site names no version of TLS")

    def _config(self, site: Resource) -> Resource | None:
        """The configuration of a site, where it is a resource of its own."""
        return self._estate.by_id(CONFIG, self._configs.get(site.id.casefold()))

    def _configured(self, site: Resource, key: str) -> Any:
        """A value of the configuration of a site: of the resource below it, or beside the site as templates say it."""
        beside = get(site.body, "properties", "siteConfig", key)
        if beside is not None:
            return beside
        config = self._config(site)
        if config is not None:
            return get(config.body, "properties", key)
        if get(site.body, "properties", "siteConfig", "ipSecurityRestrictions") is not None:
            return None  # a template, which says all that it says
        return Unknown(self._estate.hole(CONFIG, site.id) or "the configuration of the site was not found")

    # --- who else -----------------------------------------------------------------------------------------------

    def _beside(self, site: Resource) -> Iterator[dict[str, Any]]:
        """A site that answers the Internet itself."""
        answers = self._is_public(site)
        open_ = answers if answers is False else truth_and(answers, self._admits(site))
        if open_ is not False:
            path = "properties.ipSecurityRestrictions"
            holder = self._config(site) or site
            yield bypass("publicAppService", holder.id, path, f"{site.name} answers the Internet itself", open_)

    def _is_public(self, site: Resource) -> Truth:
        """Whether the public endpoint is on: as it is said, else unless the site has a private one."""
        told = word(site.body, "properties", "publicNetworkAccess")
        if not told:
            configured = self._configured(site, "publicNetworkAccess")
            told = configured.casefold() if isinstance(configured, str) else ""
        if isinstance(told, Unknown) or told:
            return told if isinstance(told, Unknown) else told != "disabled"
        if self._endpoints.of(site.id):
            return False
        hole = self._estate.hole(ENDPOINTS)
        return Unknown(f"a private endpoint would close the site: {hole}") if hole else True

    def _admits(self, site: Resource) -> Truth:
        """Whether the access restrictions let everyone in: the first rule about everyone, else what is said of them."""
        given = self._configured(site, "ipSecurityRestrictions")
        if isinstance(given, Unknown):
            return given
        rules, hidden = listing({"rules": given}, "rules")
        for rule in sorted(rules, key=_priority):
            action, everyone = word(rule, "action", otherwise="allow"), _is_everyone(rule)
            if isinstance(action, Unknown) or isinstance(everyone, Unknown):
                hidden = hidden or next(one for one in (action, everyone) if isinstance(one, Unknown))
            elif everyone and action == "allow":
                return True
            elif everyone:
                return hidden or False
        rest = self._configured(site, "ipSecurityRestrictionsDefaultAction")
        if isinstance(rest, Unknown) or rest:
            return rest if isinstance(rest, Unknown) else True if str(rest).casefold() == "allow" else hidden or False
        return hidden or not rules


def _priority(rule: dict[str, Any]) -> int:
    found = get(rule, "priority")
    return found if isinstance(found, int) else _LAST


def _is_everyone(rule: dict[str, Any]) -> Truth:
    """Whether a rule is about everyone. One that asks for a header is about those who know it."""
    headers = get(rule, "headers")
    if headers:
        return headers if isinstance(headers, Unknown) else False
    source = word(rule, "ipAddress")
    if isinstance(source, Unknown) or not source:
        return source or False
    return source == "any" or source.partition(",")[0] in OPEN_TAGS or any(map(covers_half, source.split(",")))
