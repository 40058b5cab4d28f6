"""azurerm_monitor_activity_log_alert → Microsoft.Insights/activityLogAlerts."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform.table import Attr, Block, Group, Table

FIELDS: Final = {
    "category": "category",
    "operation_name": "operationName",
    "level": "level",
    "resource_provider": "resourceProvider",
    "resource_type": "resourceType",
    "resource_group": "resourceGroup",
    "resource_id": "resourceId",
    "caller": "caller",
    "status": "status",
    "sub_status": "subStatus",
}


def _conditions(criteria: Any) -> Any:
    block = criteria[0] if isinstance(criteria, list) and criteria else criteria
    if not isinstance(block, dict):
        return block if block else []
    return [{"field": name, "equals": block[key]} for key, name in FIELDS.items() if block.get(key)]


TABLE: Final = Table(
    "Microsoft.Insights/activityLogAlerts",
    Group(),
    (
        Attr("enabled", "properties.enabled", default=True),
        Attr("scopes", "properties.scopes"),
        Attr("criteria", "properties.condition.allOf", _conditions),
        Block("action", "properties.actions.actionGroups[*]", (Attr("action_group_id", "actionGroupId"),)),
    ),
)
