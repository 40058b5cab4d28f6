"""azurerm_mssql_server_extended_auditing_policy → Microsoft.Sql/servers/extendedAuditingSettings."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform_table import ENABLED, Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.Sql/servers/extendedAuditingSettings",
    Child("server_id", "Microsoft.Sql/servers"),
    (
        Attr("enabled", "properties.state", ENABLED, default=True),
        Attr("blob_storage_endpoint|storage_endpoint", "properties.storageEndpoint"),
        Attr("retention_in_days", "properties.retentionDays", default=0),
        Attr("log_monitoring_enabled", "properties.isAzureMonitorTargetEnabled", default=True),
        Attr("audit_actions_and_groups", "properties.auditActionsAndGroups", unset=True),
        Attr("predicate_expression", "properties.predicateExpression"),
    ),
    name="=default",
)
