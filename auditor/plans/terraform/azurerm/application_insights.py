"""azurerm_application_insights → Microsoft.Insights/components."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import ENABLED, INVERTED, Attr, Group, Table

TABLE: Final = Table(
    "Microsoft.Insights/components",
    Group(),
    (
        Attr("application_type", "kind"),
        Attr("workspace_id", "properties.WorkspaceResourceId", unset=True),
        Attr("retention_in_days", "properties.RetentionInDays", default=90),
        Attr("internet_ingestion_enabled", "properties.publicNetworkAccessForIngestion", ENABLED, default=True),
        Attr("internet_query_enabled", "properties.publicNetworkAccessForQuery", ENABLED, default=True),
        Attr("local_authentication_disabled", "properties.DisableLocalAuth", default=False),
        Attr("local_authentication_enabled", "properties.DisableLocalAuth", INVERTED),
        Attr("disable_ip_masking", "properties.DisableIpMasking", default=False),
        Attr("ip_masking_enabled", "properties.DisableIpMasking", INVERTED),
    ),
)
