"""azurerm_app_service (until azurerm 4) → Microsoft.Web/sites."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import Attr, Block, Group, Part, Table

PARTS: Final[tuple[Part, ...]] = (
    IDENTITY,
    Attr("https_only", "properties.httpsOnly", default=False),
    Block(
        "site_config",
        "properties.siteConfig",
        (
            Attr("min_tls_version", "minTlsVersion", unset=True),
            Attr("ftps_state", "ftpsState", unset=True),
            Attr("remote_debugging_enabled", "remoteDebuggingEnabled", default=False),
        ),
        unset=True,
    ),
)
CERTIFICATES: Final[tuple[Part, ...]] = (
    Attr("client_cert_enabled", "properties.clientCertEnabled", default=False),
    Attr("client_cert_mode", "properties.clientCertMode", unset=True),
)
"""What slots of azurerm 3 cannot say."""
TABLE: Final = Table("Microsoft.Web/sites", Group(), (*PARTS, *CERTIFICATES))
