"""azurerm_key_vault_certificate → Microsoft.KeyVault/vaults/certificates, as the vault itself would show it."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Child, Fixed, Table

TABLE: Final = Table(
    "Microsoft.KeyVault/vaults/certificates",
    Child("key_vault_id", "Microsoft.KeyVault/vaults"),
    (
        Fixed("properties.attributes.enabled", True),
        Attr("certificate_data_base64", "properties.cer"),
        Block(
            "certificate_policy",
            "properties.policy",
            (
                Block("issuer_parameters", "issuer", (Attr("name", "name"),)),
                Block(
                    "key_properties",
                    "key_props",
                    (
                        Attr("key_type", "kty"),
                        Attr("key_size", "key_size"),
                        Attr("curve", "crv"),
                        Attr("exportable", "exportable"),
                        Attr("reuse_key", "reuse_key"),
                    ),
                ),
                Block(
                    "lifetime_action",
                    "lifetime_actions[*]",
                    (
                        Block("action", "action", (Attr("action_type", "action_type"),)),
                        Block(
                            "trigger",
                            "trigger",
                            (
                                Attr("days_before_expiry", "days_before_expiry"),
                                Attr("lifetime_percentage", "lifetime_percentage"),
                            ),
                        ),
                    ),
                ),
                Block("secret_properties", "secret_props", (Attr("content_type", "contentType"),)),
                Block(
                    "x509_certificate_properties",
                    "x509_props",
                    (
                        Attr("subject", "subject"),
                        Attr("validity_in_months", "validity_months"),
                        Block("subject_alternative_names", "sans", (Attr("dns_names", "dns_names"),)),
                    ),
                ),
            ),
        ),
    ),
)
