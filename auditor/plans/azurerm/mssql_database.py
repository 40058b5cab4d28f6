"""azurerm_mssql_database → Microsoft.Sql/servers/databases, with its encryption."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform_table import ENABLED, Attr, Child, Extra, Table

_SWITCH: Final = {"Enabled": True, "Disabled": False}
TABLE: Final = Table(
    "Microsoft.Sql/servers/databases",
    Child("server_id", "Microsoft.Sql/servers", "server_name"),
    (
        Attr("sku_name", "sku.name"),
        Attr("collation", "properties.collation"),
        Attr("zone_redundant", "properties.zoneRedundant"),
        Attr("ledger_enabled", "properties.isLedgerOn", default=False),
        Attr("storage_account_type", "properties.requestedBackupStorageRedundancy"),
    ),
    extras=(
        Extra(
            "securityAlertPolicies",
            "=Default",
            "threat_detection_policy",
            (
                Attr("state", "properties.state", default="Disabled"),
                Attr("disabled_alerts", "properties.disabledAlerts"),
                Attr("email_addresses", "properties.emailAddresses"),
                Attr(
                    "email_account_admins_enabled|email_account_admins",
                    "properties.emailAccountAdmins",
                    _SWITCH,
                    default=False,
                ),
                Attr("retention_days", "properties.retentionDays"),
                Attr("storage_endpoint", "properties.storageEndpoint"),
            ),
        ),
        Extra(
            "transparentDataEncryption",
            "=current",
            "",
            (Attr("transparent_data_encryption_enabled", "properties.state", ENABLED, default=True),),
        ),
    ),
)
