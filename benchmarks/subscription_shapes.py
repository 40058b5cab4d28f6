"""What every subscription has once: itself, Defender plans, alerts, the central workspace with Sentinel, watchers."""

from __future__ import annotations

from benchmarks.draw import LOCATIONS, Body, Draw, Place
from benchmarks.shared_shapes import diagnostics, role_assignment, workspace_id

_PLANS = (
    "Containers", "Api", "KeyVaults", "Arm", "SqlServers", "CosmosDbs", "AppServices", "StorageAccounts",
    "CloudPosture", "VirtualMachines", "OpenSourceRelationalDatabases", "SqlServerVirtualMachines",
)  # fmt: skip
_OPERATIONS = (
    "Microsoft.Network/networkSecurityGroups/write", "Microsoft.Network/networkSecurityGroups/delete",
    "Microsoft.Authorization/policyAssignments/write", "Microsoft.Authorization/policyAssignments/delete",
    "Microsoft.Network/publicIPAddresses/write", "Microsoft.Network/publicIPAddresses/delete",
    "Microsoft.Security/securitySolutions/write", "Microsoft.Security/securitySolutions/delete",
    "Microsoft.Sql/servers/firewallRules/write", "Microsoft.Sql/servers/firewallRules/delete",
)  # fmt: skip


def subscription(draw: Draw, place: Place) -> list[Body]:
    """A subscription and all that is judged of it as a whole."""
    scope = f"/subscriptions/{place.subscription}"
    made = {
        "id": scope,
        "name": place.subscription,
        "type": "microsoft.resources/subscriptions",
        "tenantId": place.tenant,
        "subscriptionId": place.subscription,
        "properties": {"state": "Enabled", "displayName": draw.name("sub"), "managementGroupAncestorsChain": []},
        "tags": draw.tags(),
    }
    logs = ("Administrative", "Security", "ServiceHealth", "Alert", "Policy")
    found = [made, *_defender(draw, scope), *_alerts(draw, place, scope), *_sentinel(draw, place)]
    found += diagnostics(draw, place, scope, logs)
    found += [role_assignment(draw, place, scope) for _ in range(12)]
    for location in LOCATIONS:
        watcher = draw.resource(
            Place(place.tenant, place.subscription, "NetworkWatcherRG", location),
            "Microsoft.Network/networkWatchers",
            f"nw-{location}",
            {"provisioningState": "Succeeded", "runningOperationIds": []},
        )
        found.append(watcher)
    return found


def _defender(draw: Draw, scope: str) -> list[Body]:
    found = []
    for plan in _PLANS:
        names = (
            "AgentlessDiscoveryForKubernetes",
            "ContainerRegistriesVulnerabilityAssessments",
            "OnUploadMalwareScanning",
        )
        extensions = [{"name": name, "isEnabled": draw.pick(("True", "True", "False"))} for name in names]
        properties = {
            "pricingTier": draw.good("Standard", "Free"),
            "subPlan": {"VirtualMachines": "P2", "StorageAccounts": "DefenderForStorageV2"}.get(plan),
            "resourcesCoverageStatus": draw.good("FullyCovered", "PartiallyCovered", p=0.1),
            "enablementTime": draw.time(),
            "extensions": extensions,
        }
        found.append(draw.child(scope, "providers/Microsoft.Security/pricings", plan, properties))
    contact = {
        "emails": "soc@contoso.example",
        "isEnabled": draw.flag(True, 0.1),
        "notificationsByRole": {"state": "On", "roles": ["Owner"]},
        "notificationsSources": [
            {"sourceType": "Alert", "minimalSeverity": "High"},
            {"sourceType": "AttackPath", "minimalRiskLevel": "Critical" if draw.chance(0.2) else "High"},
        ],
    }
    automation = {
        "isEnabled": True,
        "scopes": [{"description": "", "scopePath": scope}],
        "sources": [{"eventSource": "Alerts", "ruleSets": []}],
        "actions": [{"actionType": draw.good("Workspace", "LogicApp", p=0.1)}],
    }
    found.append(draw.child(scope, "providers/Microsoft.Security/securityContacts", "default", contact))
    found.append(
        draw.child(scope, "providers/Microsoft.Security/automations", "export", automation, location="westeurope")
    )
    return found


def _alerts(draw: Draw, place: Place, scope: str) -> list[Body]:
    found = []
    for operation in (*_OPERATIONS, None):
        condition = {"field": "operationName", "equals": operation, "containsAny": None}
        if operation is None:
            condition = {"field": "category", "equals": "ServiceHealth", "containsAny": None}
        properties = {
            "scopes": [scope],
            "condition": {"allOf": [{"field": "category", "equals": "Administrative", "containsAny": None}, condition]},
            "actions": {
                "actionGroups": [{"actionGroupId": f"{place.scope}/providers/microsoft.insights/actionGroups/ag"}]
            },
            "enabled": draw.flag(True),
            "description": "Tells the security team of changes that open a way in.",
        }
        found.append(draw.resource(place, "microsoft.insights/activityLogAlerts", draw.name("ala"), properties))
    return found


def _sentinel(draw: Draw, place: Place) -> list[Body]:
    place = place._replace(group="rg-monitor")
    properties = {
        "provisioningState": "Succeeded",
        "customerId": draw.guid(),
        "sku": {"name": "PerGB2018", "lastSkuUpdate": draw.time()},
        "retentionInDays": draw.pick((30, 90, 90, 180)),
        "features": {"disableLocalAuth": draw.flag(True), "enableLogAccessUsingOnlyResourcePermissions": True},
        "workspaceCapping": {"dailyQuotaGb": -1.0, "dataIngestionStatus": "RespectQuota"},
        "publicNetworkAccessForIngestion": draw.good("Disabled", "Enabled", p=0.2),
        "publicNetworkAccessForQuery": draw.good("Disabled", "Enabled", p=0.2),
    }
    workspace = draw.resource(place, "Microsoft.OperationalInsights/workspaces", "law-central", properties)
    prefix = "providers/Microsoft.SecurityInsights"
    top = workspace_id(place)
    analytics = {
        "enabled": True,
        "displayName": "Sign-ins from two countries",
        "severity": "High",
        "query": "SigninLogs" * 60,
    }
    trigger = {"triggeringLogic": {"isEnabled": draw.flag(True), "triggersOn": "Incidents"}, "order": 1, "actions": []}
    connector = {
        "subscriptionId": place.subscription,
        "tenantId": place.tenant,
        "dataTypes": {"alerts": {"state": "Enabled"}},
    }
    solution = {"workspaceResourceId": top, "provisioningState": "Succeeded", "containedResources": []}
    return [
        workspace,
        *diagnostics(draw, place, top, ("Audit",)),
        draw.child(top, f"{prefix}/onboardingStates", "default", {"customerManagedKey": False}),
        *(draw.child(top, f"{prefix}/alertRules", draw.guid(), analytics, kind="Scheduled") for _ in range(8)),
        draw.child(top, f"{prefix}/automationRules", draw.guid(), trigger),
        draw.child(top, f"{prefix}/dataConnectors", draw.guid(), connector, kind="AzureSecurityCenter"),
        *(
            []
            if draw.chance(0.2)
            else [draw.child(top, f"{prefix}/settings", "Ueba", {"dataSources": []}, kind="Ueba")]
        ),
        draw.resource(place, "Microsoft.OperationsManagement/solutions", "SecurityInsights(law-central)", solution),
    ]
