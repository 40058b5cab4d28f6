"""azurerm_cdn_endpoint_custom_domain → Microsoft.Cdn/profiles/endpoints/customDomains."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Child, Fixed, Table

TO: Final = "properties.customHttpsParameters"
TABLE: Final = Table(
    "Microsoft.Cdn/profiles/endpoints/customDomains",
    Child("cdn_endpoint_id", "Microsoft.Cdn/profiles/endpoints"),
    (
        Attr("host_name", "properties.hostName"),
        Block(
            "cdn_managed_https",
            TO,
            (Fixed("certificateSource", "Cdn"), Attr("tls_version", "minimumTlsVersion", default="TLS12")),
        ),
        Block(
            "user_managed_https",
            TO,
            (Fixed("certificateSource", "AzureKeyVault"), Attr("tls_version", "minimumTlsVersion", default="TLS12")),
        ),
    ),
)
