"""azurerm_network_watcher_flow_log → Microsoft.Network/networkWatchers/flowLogs."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Child, Table

TABLE: Final = Table(
    "Microsoft.Network/networkWatchers/flowLogs",
    Child("", "Microsoft.Network/networkWatchers", "network_watcher_name"),
    (
        Attr("target_resource_id|network_security_group_id", "properties.targetResourceId"),
        Attr("storage_account_id", "properties.storageId"),
        Attr("enabled", "properties.enabled"),
        Attr("version", "properties.format.version"),
        Block(
            "retention_policy",
            "properties.retentionPolicy",
            (Attr("enabled", "enabled"), Attr("days", "days")),
        ),
        Block(
            "traffic_analytics",
            "properties.flowAnalyticsConfiguration.networkWatcherFlowAnalyticsConfiguration",
            (
                Attr("enabled", "enabled"),
                Attr("workspace_resource_id", "workspaceResourceId"),
                Attr("interval_in_minutes", "trafficAnalyticsInterval", default=60),
            ),
        ),
    ),
)
