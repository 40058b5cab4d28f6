"""The columns of the Log Analytics tables that rules ask: a part of each, from the table reference of Azure Monitor."""

from __future__ import annotations

from typing import Final

TABLES: Final[dict[str, dict[str, str]]] = {
    "AzureDiagnostics": {
        "TimeGenerated": "datetime",
        "ResourceId": "string",
        "_ResourceId": "string",
        "Category": "string",
        "ResourceProvider": "string",
        "ResourceType": "string",
        "OperationName": "string",
        "Type": "string",
    },
}
