"""azurerm_storage_account_network_rules → networkAcls of its Microsoft.Storage/storageAccounts."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._network_rules import NETWORK_RULES
from auditor.plans.terraform.table import Block, Child, Onto, Table

TABLE: Final = Table(
    "Microsoft.Storage/storageAccounts",
    Onto(Child("storage_account_id", "Microsoft.Storage/storageAccounts", "storage_account_name")),
    (Block(".", "properties.networkAcls", NETWORK_RULES),),
)
