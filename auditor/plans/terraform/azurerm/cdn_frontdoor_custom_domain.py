"""azurerm_cdn_frontdoor_custom_domain → Microsoft.Cdn/profiles/customDomains."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Child, Table

TABLE: Final = Table(
    "Microsoft.Cdn/profiles/customDomains",
    Child("cdn_frontdoor_profile_id", "Microsoft.Cdn/profiles"),
    (
        Attr("host_name", "properties.hostName"),
        Block(
            "tls",
            "properties.tlsSettings",
            (
                Attr("certificate_type", "certificateType"),
                Attr("minimum_version|minimum_tls_version", "minimumTlsVersion", default="TLS12"),
                Block("cipher_suite", "", (Attr("type", "cipherSuiteSetType"),)),
            ),
        ),
    ),
)
