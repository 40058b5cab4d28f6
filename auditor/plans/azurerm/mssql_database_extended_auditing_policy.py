"""azurerm_mssql_database_extended_auditing_policy → Microsoft.Sql/servers/databases/extendedAuditingSettings."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform_table import ENABLED, Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.Sql/servers/databases/extendedAuditingSettings",
    Child("database_id", "Microsoft.Sql/servers/databases"),
    (
        Attr("enabled", "properties.state", ENABLED, default=True),
        Attr("blob_storage_endpoint|storage_endpoint", "properties.storageEndpoint"),
        Attr("retention_in_days", "properties.retentionDays", default=0),
        Attr("log_monitoring_enabled", "properties.isAzureMonitorTargetEnabled", default=True),
    ),
    name="=default",
)
