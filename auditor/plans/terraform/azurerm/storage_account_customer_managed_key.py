"""azurerm_storage_account_customer_managed_key → encryption of its Microsoft.Storage/storageAccounts."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._storage_key import storage_key
from auditor.plans.terraform.table import Attr, Child, Fixed, Onto, Table

TABLE: Final = Table(
    "Microsoft.Storage/storageAccounts",
    Onto(Child("storage_account_id", "Microsoft.Storage/storageAccounts")),
    (
        Fixed("properties.encryption.keySource", "Microsoft.Keyvault"),
        Attr("key_name", "properties.encryption.keyvaultproperties.keyname", unset=True),
        Attr("key_vault_uri", "properties.encryption.keyvaultproperties.keyvaulturi", unset=True),
        *storage_key("properties.encryption.keyvaultproperties"),
    ),
)
