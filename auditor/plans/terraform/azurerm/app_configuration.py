"""azurerm_app_configuration → Microsoft.AppConfiguration/configurationStores."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import INVERTED, Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.AppConfiguration/configurationStores",
    Group(),
    (
        IDENTITY,
        Attr("sku", "sku.name", default="free"),
        Attr("local_auth_enabled", "properties.disableLocalAuth", INVERTED, default=True),
        Attr("public_network_access", "properties.publicNetworkAccess"),
        Attr("purge_protection_enabled", "properties.enablePurgeProtection", default=False),
        Block(
            "encryption",
            "properties.encryption.keyVaultProperties",
            (Attr("key_vault_key_identifier", "keyIdentifier"), Attr("identity_client_id", "identityClientId")),
        ),
    ),
)
