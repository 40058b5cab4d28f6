"""azurerm_key_vault_managed_hardware_security_module → Microsoft.KeyVault/managedHSMs."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import ENABLED, Attr, Group, Table

TABLE: Final = Table(
    "Microsoft.KeyVault/managedHSMs",
    Group(),
    (
        Attr("purge_protection_enabled", "properties.enablePurgeProtection", default=False),
        Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, default=True),
    ),
)
