"""What tables of Microsoft.Sql share: auditing, of a server or a database, and the connection policy of a server."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform_table import ENABLED, Attr, Extra

AUDITING: Final = (
    Attr("enabled", "properties.state", ENABLED, default=True),
    Attr("blob_storage_endpoint|storage_endpoint", "properties.storageEndpoint"),
    Attr("retention_in_days", "properties.retentionDays", default=0),
    Attr("log_monitoring_enabled", "properties.isAzureMonitorTargetEnabled", default=True),
)
CONNECTION_POLICY: Final = Extra(
    "connectionPolicies",
    "=default",
    "",
    (Attr("connection_policy", "properties.connectionType", default="Default"),),
)
