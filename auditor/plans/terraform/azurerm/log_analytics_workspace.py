"""azurerm_log_analytics_workspace → Microsoft.OperationalInsights/workspaces."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import ENABLED, INVERTED, Attr, Group, Table

TABLE: Final = Table(
    "Microsoft.OperationalInsights/workspaces",
    Group(),
    (
        Attr("sku", "properties.sku.name", default="PerGB2018"),
        Attr("retention_in_days", "properties.retentionInDays", default=30, otherwise=30, unset=True),
        Attr("daily_quota_gb", "properties.workspaceCapping.dailyQuotaGb", default=-1),
        Attr("internet_ingestion_enabled", "properties.publicNetworkAccessForIngestion", ENABLED, default=True),
        Attr("internet_ingestion_access_type", "properties.publicNetworkAccessForIngestion"),
        Attr("internet_query_enabled", "properties.publicNetworkAccessForQuery", ENABLED, default=True),
        Attr("internet_query_access_type", "properties.publicNetworkAccessForQuery"),
        Attr("local_authentication_disabled", "properties.features.disableLocalAuth", default=False),
        Attr("local_authentication_enabled", "properties.features.disableLocalAuth", INVERTED),
        Attr(
            "allow_resource_only_permissions",
            "properties.features.enableLogAccessUsingOnlyResourcePermissions",
            default=True,
        ),
    ),
)
