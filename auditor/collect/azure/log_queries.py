"""What Log Analytics is asked: one question about one kind of resource each. A literal table, nothing else.

A configured diagnostic setting says that logs should arrive; only the logs say that they do. Every query answers with
`resource` (an id in small letters), `records` and `newest`, the time of the youngest record; the questions about TLS
also with `protocol`. Both ways to store are read: the table of the service, and `AzureDiagnostics` of older settings.

Source: the table reference of Azure Monitor (`azure-monitor/reference/tables`). `tests/kql/` holds the columns that are
read here; the queries are checked against them by Microsoft's own parser.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Question(NamedTuple):
    """`type` (casefolded) is the kind of resource that is asked about.

    With `categories`, those resources are expected to have logs whose diagnostic setting sends one of these (or
    `allLogs`, or a group in `groups`) to the workspace. `observed`: what is found is told, nothing is expected.
    """

    name: str
    type: str
    timespan: str
    query: str
    categories: tuple[str, ...] = ()
    groups: tuple[str, ...] = ("alllogs",)
    observed: bool = False


_GATEWAY: Final = "microsoft.network/applicationgateways"
_APIM: Final = "microsoft.apimanagement/service"
_CLUSTER: Final = "microsoft.containerservice/managedclusters"
_VAULT: Final = "microsoft.keyvault/vaults"
_COUNTED: Final = "summarize records = count(), newest = max(TimeGenerated) by resource = tolower(_ResourceId)"

QUESTIONS: Final = (
    Question(
        "application-gateway-access",
        _GATEWAY,
        "P7D",
        f"""union isfuzzy=true
  (AGWAccessLogs | project TimeGenerated, _ResourceId),
  (AzureDiagnostics | where Category == "ApplicationGatewayAccessLog" | project TimeGenerated, _ResourceId)
| {_COUNTED}""",
        categories=("applicationgatewayaccesslog",),
    ),
    Question(
        "application-gateway-firewall",
        _GATEWAY,
        "P30D",
        f"""union isfuzzy=true
  (AGWFirewallLogs | project TimeGenerated, _ResourceId),
  (AzureDiagnostics | where Category == "ApplicationGatewayFirewallLog" | project TimeGenerated, _ResourceId)
| {_COUNTED}""",
        categories=("applicationgatewayfirewalllog",),
    ),
    Question(
        "application-gateway-tls",
        _GATEWAY,
        "P7D",
        f"""union isfuzzy=true
  (AGWAccessLogs | project TimeGenerated, _ResourceId, protocol = SslProtocol),
  (AzureDiagnostics | where Category == "ApplicationGatewayAccessLog"
    | project TimeGenerated, _ResourceId, protocol = tostring(column_ifexists("sslProtocol_s", "")))
| where isnotempty(protocol) and protocol != "-"
| {_COUNTED}, protocol""",
        categories=("applicationgatewayaccesslog",),
        observed=True,
    ),
    Question(
        "api-management-gateway",
        _APIM,
        "P7D",
        f"""union isfuzzy=true
  (ApiManagementGatewayLogs | project TimeGenerated, _ResourceId),
  (AzureDiagnostics | where ResourceProvider =~ "MICROSOFT.APIMANAGEMENT" and Category == "GatewayLogs"
    | project TimeGenerated, _ResourceId)
| {_COUNTED}""",
        categories=("gatewaylogs",),
    ),
    Question(
        "api-management-tls",
        _APIM,
        "P7D",
        f"""union isfuzzy=true
  (ApiManagementGatewayLogs | project TimeGenerated, _ResourceId, protocol = ClientTlsVersion),
  (AzureDiagnostics | where ResourceProvider =~ "MICROSOFT.APIMANAGEMENT" and Category == "GatewayLogs"
    | project TimeGenerated, _ResourceId, protocol = tostring(column_ifexists("clientTlsVersion_s", "")))
| where isnotempty(protocol) and protocol != "-"
| {_COUNTED}, protocol""",
        categories=("gatewaylogs",),
        observed=True,
    ),
    Question(
        "kubernetes-audit",
        _CLUSTER,
        "P7D",
        f"""union isfuzzy=true
  (AKSAudit | project TimeGenerated, _ResourceId),
  (AKSAuditAdmin | project TimeGenerated, _ResourceId),
  (AzureDiagnostics | where Category in ("kube-audit", "kube-audit-admin") | project TimeGenerated, _ResourceId)
| {_COUNTED}""",
        categories=("kube-audit", "kube-audit-admin"),
    ),
    Question(
        "key-vault-audit",
        _VAULT,
        "P30D",
        f"""union isfuzzy=true
  (AZKVAuditLogs | project TimeGenerated, _ResourceId),
  (AzureDiagnostics | where ResourceProvider =~ "MICROSOFT.KEYVAULT" and Category == "AuditEvent"
    | project TimeGenerated, _ResourceId)
| {_COUNTED}""",
        categories=("auditevent",),
        groups=("alllogs", "audit"),
    ),
    Question(
        "defender-sensor",
        _CLUSTER,
        "P7D",
        """KubePodInventory
| where Namespace == "kube-system" and Name startswith "microsoft-defender-collector-ds" and PodStatus == "Running"
| summarize records = count(), newest = max(TimeGenerated) by resource = tolower(ClusterId)""",
    ),
)
"""Every question. The last is expected of clusters that have the sensor and send their pods' inventory."""

EVIDENCE: Final = "auditor/logEvidence"
"""The derived type: one resource for each workspace and question."""
ABOUT: Final = frozenset(question.type for question in QUESTIONS)
"""The casefolded types that are asked about: their diagnostic settings have to be known."""
