"""azurerm_cognitive_account_customer_managed_key → encryption of its Microsoft.CognitiveServices/accounts."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Fixed, Onto, Table

TABLE: Final = Table(
    "Microsoft.CognitiveServices/accounts",
    Onto(Child("cognitive_account_id", "Microsoft.CognitiveServices/accounts")),
    (
        Fixed("properties.encryption.keySource", "Microsoft.KeyVault"),
        Attr("key_vault_key_id", "properties.encryption.keyVaultProperties.keyIdentifier"),
    ),
)
