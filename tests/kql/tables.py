"""The columns of the Log Analytics tables that questions read, from the table reference of Azure Monitor. Not all."""

from __future__ import annotations

from typing import Final

_COMMON: Final = {"TimeGenerated": "datetime", "_ResourceId": "string", "_SubscriptionId": "string", "Type": "string"}

TABLES: Final[dict[str, dict[str, str]]] = {
    "AzureDiagnostics": {
        **_COMMON,
        "Category": "string",
        "OperationName": "string",
        "ResourceId": "string",
        "ResourceProvider": "string",
        "ResourceType": "string",
        "sslProtocol_s": "string",
        "clientTlsVersion_s": "string",
    },
    "AGWAccessLogs": {
        **_COMMON,
        "ClientIp": "string",
        "HttpStatus": "int",
        "ListenerName": "string",
        "OperationName": "string",
        "SslCipher": "string",
        "SslProtocol": "string",
    },
    "AGWFirewallLogs": {
        **_COMMON,
        "Action": "string",
        "ClientIp": "string",
        "RuleId": "string",
        "RuleSetType": "string",
    },
    "ApiManagementGatewayLogs": {
        **_COMMON,
        "ApiId": "string",
        "CallerIpAddress": "string",
        "Category": "string",
        "ClientProtocol": "string",
        "ClientTlsVersion": "string",
        "ResponseCode": "int",
    },
    "AKSAudit": {**_COMMON, "Level": "string", "RequestUri": "string", "Stage": "string", "Verb": "string"},
    "AKSAuditAdmin": {**_COMMON, "Level": "string", "RequestUri": "string", "Stage": "string", "Verb": "string"},
    "AZKVAuditLogs": {
        **_COMMON,
        "CallerIpAddress": "string",
        "DurationMs": "int",
        "HttpStatusCode": "int",
        "OperationName": "string",
        "ResultType": "string",
    },
    "KubePodInventory": {
        **_COMMON,
        "ClusterId": "string",
        "ClusterName": "string",
        "Name": "string",
        "Namespace": "string",
        "PodStatus": "string",
    },
}
"""Table → column → type. `AzureDiagnostics` gets a column with the first record that has it: those with a suffix may be
missing in a workspace, and no query may take them for granted."""
