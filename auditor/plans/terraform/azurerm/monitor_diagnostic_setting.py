"""azurerm_monitor_diagnostic_setting → Microsoft.Insights/diagnosticSettings."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Extension, Fixed, Table

RETENTION: Final = Block("retention_policy", "retentionPolicy", (Attr("enabled", "enabled"), Attr("days", "days")))
TABLE: Final = Table(
    "Microsoft.Insights/diagnosticSettings",
    Extension("target_resource_id"),
    (
        Attr("storage_account_id", "properties.storageAccountId"),
        Attr("log_analytics_workspace_id", "properties.workspaceId"),
        Attr("log_analytics_destination_type", "properties.logAnalyticsDestinationType", unset=True),
        Attr("eventhub_authorization_rule_id", "properties.eventHubAuthorizationRuleId"),
        Attr("eventhub_name", "properties.eventHubName"),
        Attr("partner_solution_id", "properties.marketplacePartnerId"),
        Block(
            "enabled_log",
            "properties.logs[*]",
            (
                Fixed("enabled", True),
                Attr("category", "category"),
                Attr("category_group", "categoryGroup"),
                RETENTION,
            ),
        ),
        Block(  # until azurerm 3
            "log",
            "properties.logs[*]",
            (
                Attr("enabled", "enabled", default=True),
                Attr("category", "category"),
                Attr("category_group", "categoryGroup"),
                RETENTION,
            ),
            unset=True,
        ),
        Block("enabled_metric", "properties.metrics[*]", (Fixed("enabled", True), Attr("category", "category"))),
        Block(  # until azurerm 4
            "metric",
            "properties.metrics[*]",
            (Attr("enabled", "enabled", default=True), Attr("category", "category"), RETENTION),
            unset=True,
        ),
    ),
)
