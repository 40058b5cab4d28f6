"""azurerm_ai_services → Microsoft.CognitiveServices/accounts of the kind AIServices."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import INVERTED, Attr, Block, Fixed, Group, Table, objects

TABLE: Final = Table(
    "Microsoft.CognitiveServices/accounts",
    Group(),
    (
        IDENTITY,
        Fixed("kind", "AIServices"),
        Attr("sku_name", "sku.name"),
        Attr("local_authentication_enabled", "properties.disableLocalAuth", INVERTED, default=True),
        Attr("public_network_access", "properties.publicNetworkAccess", default="Enabled"),
        Attr("outbound_network_access_restricted", "properties.restrictOutboundNetworkAccess", default=False),
        Attr("fqdns", "properties.allowedFqdnList"),
        Block(
            "network_acls",
            "properties.networkAcls",
            (Attr("default_action", "defaultAction"), Attr("ip_rules", "ipRules", objects("value"))),
        ),
        Block(
            "customer_managed_key",
            "properties.encryption",
            (
                Fixed("keySource", "Microsoft.KeyVault"),
                Attr("key_vault_key_id|managed_hsm_key_id", "keyVaultProperties.keyIdentifier"),
            ),
        ),
    ),
)
