"""azurerm_linux_web_app and its siblings for Windows and Functions → Microsoft.Web/sites."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import ENABLED, Attr, Block, Group, Table

PARTS: Final = (
    IDENTITY,
    Attr("https_only", "properties.httpsOnly", default=False, unset=True),
    Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, default=True),
    Attr("client_certificate_enabled", "properties.clientCertEnabled", default=False),
    Attr("client_certificate_mode", "properties.clientCertMode"),
    Attr("client_certificate_exclusion_paths", "properties.clientCertExclusionPaths"),
    Attr("virtual_network_subnet_id", "properties.virtualNetworkSubnetId"),
    Block(
        "site_config",
        "properties.siteConfig",
        (
            Attr("minimum_tls_version", "minTlsVersion", default="1.2"),
            Attr("scm_minimum_tls_version", "scmMinTlsVersion", default="1.2"),
            Attr("ftps_state", "ftpsState", default="Disabled"),
            Attr("remote_debugging_enabled", "remoteDebuggingEnabled", default=False),
        ),
    ),
)

TABLE: Final = Table("Microsoft.Web/sites", Group(), PARTS)
