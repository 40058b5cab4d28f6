"""azurerm_monitor_private_link_scope → Microsoft.Insights/privateLinkScopes."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Group, Table

TABLE: Final = Table(
    "Microsoft.Insights/privateLinkScopes",
    Group(),
    (
        Attr("ingestion_access_mode", "properties.accessModeSettings.ingestionAccessMode", default="Open"),
        Attr("query_access_mode", "properties.accessModeSettings.queryAccessMode", default="Open"),
    ),
)
