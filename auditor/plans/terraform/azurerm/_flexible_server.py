"""What the flexible servers of PostgreSQL and MySQL share."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import ENABLED, Attr, Block, Fixed

_TIERS: Final = {"B": "Burstable", "GP": "GeneralPurpose", "MO": "MemoryOptimized"}


def _tier(sku: Any) -> Any:
    """The tier that a size belongs to: `B_Standard_B1ms` → Burstable."""
    return _TIERS.get(sku.partition("_")[0], sku) if isinstance(sku, str) else sku


SERVER: Final = (
    IDENTITY,
    Attr("sku_name", "sku.tier", _tier, unset=True),
    Attr("create_mode", "properties.createMode"),
    Attr("replication_role", "properties.replicationRole", unset=True),
    Attr("delegated_subnet_id", "properties.network.delegatedSubnetResourceId"),
    Attr("geo_redundant_backup_enabled", "properties.backup.geoRedundantBackup", ENABLED, default=False),
    Block("high_availability", "properties.highAvailability", (Attr("mode", "mode"),)),
    Block(
        "customer_managed_key",
        "properties.dataEncryption",
        (Fixed("type", "AzureKeyVault"), Attr("key_vault_key_id", "primaryKeyURI")),
    ),
)
FIREWALL_RULE: Final = (
    Attr("start_ip_address", "properties.startIpAddress"),
    Attr("end_ip_address", "properties.endIpAddress"),
)
