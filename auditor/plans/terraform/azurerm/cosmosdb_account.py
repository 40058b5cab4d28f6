"""azurerm_cosmosdb_account → Microsoft.DocumentDB/databaseAccounts."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import ENABLED, INVERTED, Attr, Block, Group, Table, joined, objects


def _ip_rules(value: Any) -> Any:
    """A list; until azurerm 3 one text with commas."""
    given = value.split(",") if isinstance(value, str) else value
    items = [item.strip() if isinstance(item, str) else item for item in given] if isinstance(given, list) else given
    return objects("ipAddressOrRange")(items)


TABLE: Final = Table(
    "Microsoft.DocumentDB/databaseAccounts",
    Group(),
    (
        IDENTITY,
        Attr("kind", "kind", default="GlobalDocumentDB"),
        Attr("local_authentication_disabled", "properties.disableLocalAuth", default=False),
        Attr("local_authentication_enabled", "properties.disableLocalAuth", INVERTED),
        Attr(
            "access_key_metadata_writes_enabled",
            "properties.disableKeyBasedMetadataWriteAccess",
            INVERTED,
            default=True,
        ),
        Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, default=True),
        Attr("is_virtual_network_filter_enabled", "properties.isVirtualNetworkFilterEnabled", default=False),
        Attr("ip_range_filter", "properties.ipRules", _ip_rules),
        Attr("minimal_tls_version", "properties.minimalTlsVersion", default="Tls12"),
        Attr(
            "network_acl_bypass_for_azure_services",
            "properties.networkAclBypass",
            {True: "AzureServices", False: "None"},
            default=False,
        ),
        Attr(
            "automatic_failover_enabled|enable_automatic_failover",
            "properties.enableAutomaticFailover",
            default=False,
        ),
        Attr(
            "multiple_write_locations_enabled|enable_multiple_write_locations",
            "properties.enableMultipleWriteLocations",
            default=False,
        ),
        Attr("free_tier_enabled|enable_free_tier", "properties.enableFreeTier", default=False),
        Attr("key_vault_key_id|managed_hsm_key_id", "properties.keyVaultKeyUri"),
        Block(
            "backup",
            "properties.backupPolicy",
            (Attr("type", "type"), Attr("tier", "continuousModeProperties.tier")),
            unset=True,
        ),
        Block("capabilities", "properties.capabilities[*]", (Attr("name", "name"),), unset=True),
        Block(
            "geo_location",
            "properties.locations[*]",
            (
                Attr("location", "locationName"),
                Attr("failover_priority", "failoverPriority"),
                Attr("zone_redundant", "isZoneRedundant", default=False),
            ),
        ),
        Block("cors_rule", "properties.cors[*]", (Attr("allowed_origins", "allowedOrigins", joined),)),
        Block("virtual_network_rule", "properties.virtualNetworkRules[*]", (Attr("id", "id"),)),
    ),
)
