"""azurerm_key_vault_secret → Microsoft.KeyVault/vaults/secrets, without its value."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Fixed, Table

TABLE: Final = Table(
    "Microsoft.KeyVault/vaults/secrets",
    Child("key_vault_id", "Microsoft.KeyVault/vaults"),
    (
        Fixed("properties.attributes.enabled", True),
        Fixed("properties.managed", False),
        Attr("content_type", "properties.contentType"),
        Attr("expiration_date", "properties.attributes.exp"),
        Attr("not_before_date", "properties.attributes.nbf"),
    ),
)
