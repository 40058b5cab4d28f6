"""azurerm_mssql_database → Microsoft.Sql/servers/databases, with its encryption, auditing and threat detection."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._sql import INLINE_AUDITING, THREAT_DETECTION
from auditor.plans.terraform.table import ENABLED, Attr, Child, Extra, Table

TABLE: Final = Table(
    "Microsoft.Sql/servers/databases",
    Child("server_id", "Microsoft.Sql/servers", "server_name"),
    (
        Attr("sku_name", "sku.name", unset=True),
        Attr("collation", "properties.collation"),
        Attr("zone_redundant", "properties.zoneRedundant", unset=True),
        Attr("ledger_enabled", "properties.isLedgerOn", default=False, unset=True),
        Attr("storage_account_type", "properties.requestedBackupStorageRedundancy"),
    ),
    extras=(
        INLINE_AUDITING,
        THREAT_DETECTION,
        Extra(
            "transparentDataEncryption",
            "=current",
            "",
            (Attr("transparent_data_encryption_enabled", "properties.state", ENABLED, default=True),),
        ),
    ),
)
