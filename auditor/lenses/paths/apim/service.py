"""What a service of API Management says of itself: whether it is open, its host names, subnet and old protocols."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from auditor.lenses.truth import Truth
from auditor.lenses.values import flag, items, moment, text_at, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown, parent_of

KIND: Final = "microsoft.apimanagement/service"
_PROTOCOLS: Final = "Microsoft.WindowsAzure.ApiManagement.Gateway.Security."


def is_open(service: Resource) -> Truth:
    """Whether a service answers the Internet: not in a virtual network of its own, and not switched off."""
    own = get(service.body, "properties")
    if isinstance(own, Unknown):
        return own
    kind = word(own, "virtualNetworkType", otherwise="none")
    access = word(own, "publicNetworkAccess", otherwise="enabled")
    if kind == "internal" or (kind == "none" and access == "disabled"):
        return False
    if isinstance(kind, Unknown) or isinstance(access, Unknown):
        return kind if isinstance(kind, Unknown) else access  # type: ignore[return-value]
    return access != "disabled"


def proxies(own: Any) -> Iterator[dict[str, Any]]:
    """The host names of the gateway."""
    for item in items(own, "hostnameConfigurations"):
        if word(item, "type") == "proxy":
            yield item


def subnet_of(own: Any) -> str | None:
    """The subnet that a service is in, in its first region."""
    return text_at(own, "virtualNetworkConfiguration", "subnetResourceId")


_OFF_SINCE: Final = dt.datetime(2018, 4, 2, tzinfo=dt.UTC)
"""Services created from then on have the old protocols off where nothing is said (SDK, `customProperties`)."""


def tls_floor(own: Any, side: str) -> str | Unknown:
    """The lowest version that is not switched off: to clients (`side` is empty), or to backends (`Backend.`)."""
    prefix = f"{_PROTOCOLS}{side}Protocols."
    custom = get(own, "customProperties")
    if isinstance(custom, Unknown):
        return custom
    created = moment(get(own, "createdAtUtc"))
    for key, version in (("Ssl30", "1.0"), ("Tls10", "1.0"), ("Tls11", "1.1")):
        if created is None and get(custom, prefix + key) is None:
            return Unknown("the service does not say which old protocols are off")
        on = flag(custom, prefix + key, otherwise=created is not None and created < _OFF_SINCE)
        if isinstance(on, Unknown):
            return on
        if on:
            return version
    return "1.2"


def service_of(api: str) -> str:
    """The casefolded id of the service of an API, backend or certificate, which may lie in a workspace."""
    return (parent_of(api) or "").casefold().partition("/workspaces/")[0]


def host_of(url: str | None) -> str:
    """The host of a URL, in small letters; empty when there is none."""
    parts = split(url)
    return "" if isinstance(parts, Unknown) else parts[1]


def split(url: Any) -> tuple[str, str, int, str] | Unknown:
    """Scheme, host, port and route of a URL."""
    if isinstance(url, Unknown):
        return url
    if not isinstance(url, str) or not url:
        return Unknown("no URL is given")
    if "{{" in url or "@(" in url:
        return Unknown("an expression or named value in it decides when the call is made")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return Unknown("the URL cannot be read")
    scheme, host = parts.scheme.casefold(), (parts.hostname or "").casefold().rstrip(".")
    if not host or scheme not in ("http", "https", "ws", "wss"):
        return Unknown("it is no URL of HTTP")
    number = port if port is not None else 443 if scheme in ("https", "wss") else 80
    return scheme, host, number, f"{parts.path.rstrip('/')}/*"
