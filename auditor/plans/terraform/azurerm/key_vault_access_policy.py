"""azurerm_key_vault_access_policy → accessPolicies of its Microsoft.KeyVault/vaults."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._access_policy import ACCESS_POLICY
from auditor.plans.terraform.table import Block, Child, Onto, Table

TABLE: Final = Table(
    "Microsoft.KeyVault/vaults",
    Onto(Child("key_vault_id", "Microsoft.KeyVault/vaults")),
    (Block(".", "properties.accessPolicies[*]", ACCESS_POLICY),),
)
