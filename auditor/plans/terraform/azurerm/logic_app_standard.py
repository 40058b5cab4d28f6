"""azurerm_logic_app_standard → Microsoft.Web/sites."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import ENABLED, Attr, Block, Group, Part, Table


def _named(mode: Any) -> bool:
    return bool(mode)


def asked(mode: str) -> tuple[Part, ...]:
    """A client certificate is asked for when its mode is named: no other attribute switches that on."""
    return (
        Attr(mode, "properties.clientCertEnabled", _named, otherwise=False),
        Attr(mode, "properties.clientCertMode"),
    )


SITE: Final = Block(
    "site_config",
    "properties.siteConfig",
    (
        Attr("min_tls_version", "minTlsVersion", unset=True),
        Attr("scm_min_tls_version", "scmMinTlsVersion", unset=True),
        Attr("ftps_state", "ftpsState", unset=True),
    ),
    unset=True,
)
_PUBLIC: Final = Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, unset=True)

TABLE: Final = Table(
    "Microsoft.Web/sites",
    Group(),
    (
        IDENTITY,
        Attr("https_only", "properties.httpsOnly", default=False),
        *asked("client_certificate_mode"),
        Attr("virtual_network_subnet_id", "properties.virtualNetworkSubnetId"),
        Block("site_config", "", (_PUBLIC,), unset=True),  # until azurerm 4
        Attr("public_network_access", "properties.publicNetworkAccess", unset=True),
        SITE,
    ),
)
