"""Clusters, web apps, identities, monitoring, and what every subscription has once."""

from __future__ import annotations

from typing import Any

from benchmarks.draw import Body, Draw, Place
from benchmarks.shared_shapes import diagnostics, role_assignment, workspace_id

_LOGS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-audit-admin",
    "guard",
    "cluster-autoscaler",
)


_UNSET = (
    "acrUserManagedIdentityID", "apiDefinition", "apiManagementConfig", "appCommandLine", "appSettings",
    "autoHealRules", "autoSwapSlotName", "azureMonitorLogCategories", "azureStorageAccounts", "connectionStrings",
    "cors", "customAppPoolIdentityAdminState", "defaultDocuments", "detailedErrorLoggingEnabled", "documentRoot",
    "elasticWebAppScaleLimit", "experiments", "fileChangeAuditEnabled", "functionsRuntimeScaleMonitoringEnabled",
    "handlerMappings", "httpLoggingEnabled", "ipSecurityRestrictions", "javaContainer", "javaContainerVersion",
    "javaVersion", "keyVaultReferenceIdentity", "limits", "loadBalancing", "localMySqlEnabled",
    "logsDirectorySizeLimit", "machineKey", "managedPipelineMode", "metadata", "netFrameworkVersion", "nodeVersion",
    "phpVersion", "powerShellVersion", "preWarmedInstanceCount", "publishingPassword", "publishingUsername", "push",
    "pythonVersion", "remoteDebuggingEnabled", "remoteDebuggingVersion", "requestTracingEnabled",
    "requestTracingExpirationTime", "routingRules", "runtimeADUser", "scmIpSecurityRestrictions",
    "scmIpSecurityRestrictionsUseMain", "scmMinTlsVersion", "scmType", "sitePort", "storageType",
    "supportedTlsCipherSuites", "tracingOptions", "use32BitWorkerProcess", "virtualApplications", "vnetName",
    "vnetPrivatePortsCount", "vnetRouteAllEnabled", "webSocketsEnabled", "websiteTimeZone", "windowsFxVersion",
)  # fmt: skip


def cluster(draw: Draw, place: Place) -> list[Body]:
    """A managed cluster with its agent pools and maintenance windows."""
    name = draw.name("aks")
    kind = "Microsoft.ContainerService/managedClusters"
    version = draw.pick(("1.34.2", "1.34.1", "1.35.0", "1.34.4", "1.32.6"))
    pools = [
        {
            "name": f"pool{number}",
            "count": draw.pick((3, 3, 5, 2)),
            "vmSize": "Standard_D8s_v5",
            "osDiskSizeGB": 128,
            "osDiskType": "Ephemeral",
            "vnetSubnetID": f"{place.scope}/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-aks",
            "maxPods": 60,
            "type": "VirtualMachineScaleSets",
            "availabilityZones": ["1", "2", "3"],
            "minCount": 3,
            "enableAutoScaling": draw.flag(True, 0.2),
            "orchestratorVersion": version,
            "currentOrchestratorVersion": version,
            "enableNodePublicIP": draw.flag(False, 0.05),
            "mode": "System" if number == 0 else "User",
            "osType": "Linux",
            "osSKU": draw.enum("AzureLinux"),
            "nodeTaints": ["CriticalAddonsOnly=true:NoSchedule"] if number == 0 and draw.chance(0.85) else [],
            "enableEncryptionAtHost": draw.flag(True),
            "securityProfile": {"sshAccess": draw.good("Disabled", "LocalUser"), "enableVTPM": True},
        }
        for number in range(draw.number(1, 4))
    ]
    switch = {"enabled": True, "config": {"enableSecretRotation": draw.flag(True), "rotationPollInterval": "2m"}}
    properties = {
        "provisioningState": "Succeeded",
        "powerState": {"code": "Running"},
        "kubernetesVersion": version,
        "currentKubernetesVersion": version,
        "dnsPrefix": name,
        "agentPoolProfiles": pools,
        "servicePrincipalProfile": {"clientId": "msi"},
        "addonProfiles": {
            "azurepolicy": {"enabled": draw.flag(True)},
            "azureKeyvaultSecretsProvider": switch,
            "omsagent": {
                "enabled": draw.flag(True),
                "config": {"logAnalyticsWorkspaceResourceID": workspace_id(place)},
            },
        },
        "enableRBAC": draw.flag(True, 0.02),
        "disableLocalAccounts": draw.flag(True),
        "supportPlan": "KubernetesOfficial",
        "networkProfile": {
            "networkPlugin": draw.good("azure", "kubenet"),
            "networkPluginMode": "overlay",
            "networkPolicy": draw.good("cilium", None),
            "loadBalancerSku": draw.enum("standard"),
            "outboundType": draw.good("userDefinedRouting", "loadBalancer"),
            "podCidr": "10.244.0.0/16",
            "serviceCidr": "10.0.0.0/16",
        },
        "aadProfile": {
            "managed": draw.flag(True, 0.05),
            "enableAzureRBAC": draw.flag(True),
            "adminGroupObjectIDs": [draw.guid()],
        },
        "apiServerAccessProfile": {
            "enablePrivateCluster": draw.flag(True),
            "privateDNSZone": "system",
            "enablePrivateClusterPublicFQDN": draw.flag(False),
            "disableRunCommand": draw.flag(True, 0.2),
        },
        "autoUpgradeProfile": {
            "upgradeChannel": draw.good("stable", "none"),
            "nodeOSUpgradeChannel": draw.good("NodeImage", "None"),
        },
        "securityProfile": {
            "defender": {
                "logAnalyticsWorkspaceResourceId": workspace_id(place),
                "securityMonitoring": {"enabled": draw.flag(True)},
            },
            "workloadIdentity": {"enabled": draw.flag(True)},
            "imageCleaner": {"enabled": draw.flag(True, 0.3), "intervalHours": 48},
            "azureKeyVaultKms": {
                "enabled": draw.flag(True, 0.2),
                "keyVaultNetworkAccess": draw.good("Private", "Public"),
            },
        },
        "oidcIssuerProfile": {
            "enabled": draw.flag(True, 0.05),
            "issuerURL": "https://westeurope.oic.prod-aks.azure.com/x/",
        },
        "nodeResourceGroup": f"MC_{place.group}_{name}",
        "nodeResourceGroupProfile": {"restrictionLevel": draw.good("ReadOnly", "Unrestricted", p=0.3)},
        "diskEncryptionSetID": f"{place.scope}/providers/Microsoft.Compute/diskEncryptionSets/des",
    }
    properties = draw.without(properties, "diskEncryptionSetID", "nodeResourceGroupProfile", p=0.2)
    sku = {"name": "Base", "tier": draw.good("Standard", "Free")}
    made = draw.resource(place, kind, name, properties, sku=sku, identity={"type": "UserAssigned"})
    windows = [
        draw.child(made["id"], f"{kind}/maintenanceConfigurations", window, {"maintenanceWindow": {"durationHours": 4}})
        for window in ("aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule")
        if not draw.chance(0.1)
    ]
    agents = [draw.child(made["id"], f"{kind}/agentPools", pool["name"], pool) for pool in pools]
    return [made, *agents, *windows, *diagnostics(draw, place, made["id"], _LOGS)]


def web_app(draw: Draw, place: Place) -> list[Body]:
    """A web app with its plan, its component of Application Insights and an alert on it."""
    name = draw.name("app")
    states = [
        {"name": f"{name}{end}.azurewebsites.net", "sslState": "Disabled", "thumbprint": None, "hostType": host}
        for end, host in (("", "Standard"), (".scm", "Repository"))
    ]
    site = {
        "name": name,
        "state": "Running",
        "hostNames": [f"{name}.azurewebsites.net"],
        "webSpace": f"{place.group}-{place.location}webspace",
        "repositorySiteName": name,
        "usageState": "Normal",
        "enabled": True,
        "enabledHostNames": [f"{name}.azurewebsites.net", f"{name}.scm.azurewebsites.net"],
        "hostNameSslStates": states,
        "serverFarmId": f"{place.scope}/providers/Microsoft.Web/serverfarms/plan-{name}",
        "reserved": True,
        "siteConfig": {
            "numberOfWorkers": 2,
            "linuxFxVersion": "DOTNETCORE|8.0",
            "alwaysOn": True,
            "http20Enabled": True,
            "minTlsVersion": "1.2",
            "ftpsState": "Disabled",
            **dict.fromkeys(_UNSET),
        },
        "outboundIpAddresses": ",".join(f"20.50.{draw.number(256)}.{draw.number(256)}" for _ in range(7)),
        "possibleOutboundIpAddresses": ",".join(f"20.50.{draw.number(256)}.{draw.number(256)}" for _ in range(21)),
        "clientCertEnabled": False,
        "httpsOnly": True,
        "defaultHostName": f"{name}.azurewebsites.net",
        "virtualNetworkSubnetId": f"{place.scope}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/snet-web",
        "publicNetworkAccess": "Disabled",
        "inboundIpAddress": "20.50.2.1",
        "customDomainVerificationId": draw.guid() + draw.guid(),
    }
    component = {
        "ApplicationId": name,
        "AppId": draw.guid(),
        "Application_Type": "web",
        "InstrumentationKey": draw.guid(),
        "ConnectionString": f"InstrumentationKey={draw.guid()};IngestionEndpoint=https://{place.location}-1.in.example/",
        "RetentionInDays": 90,
        "WorkspaceResourceId": workspace_id(place),
        "IngestionMode": "LogAnalytics",
        "publicNetworkAccessForIngestion": draw.good("Disabled", "Enabled", p=0.2),
        "publicNetworkAccessForQuery": draw.good("Disabled", "Enabled", p=0.2),
        "DisableLocalAuth": draw.flag(True, 0.2),
    }
    made = draw.resource(
        place, "Microsoft.Web/sites", name, site, kind="app,linux", identity={"type": "SystemAssigned"}
    )
    plan = {
        "status": "Ready",
        "maximumElasticWorkerCount": 1,
        "reserved": True,
        "zoneRedundant": True,
        "numberOfSites": 3,
    }
    found = [
        made,
        draw.resource(
            place, "Microsoft.Web/serverfarms", f"plan-{name}", plan, sku={"name": "P1v3", "tier": "PremiumV3"}
        ),
        draw.resource(
            place, "microsoft.insights/components", f"appi-{name}", draw.without(component, "DisableLocalAuth")
        ),
        metric_alert(draw, place, made["id"]),
        *diagnostics(draw, place, made["id"], ("AppServiceHTTPLogs", "AppServiceConsoleLogs", "AppServiceAuditLogs")),
    ]
    if draw.chance(0.15):
        certificate = {
            "subjectName": f"{name}.contoso.example",
            "expirationDate": draw.time(5, 360),
            "thumbprint": draw.guid(),
        }
        found.append(draw.resource(place, "Microsoft.Web/certificates", f"cert-{name}", certificate))
    return found


def metric_alert(draw: Draw, place: Place, target: str) -> Body:
    """An alert on a metric: no rule judges it."""
    criterion = {
        "name": "errors",
        "metricName": "Http5xx",
        "operator": "GreaterThan",
        "threshold": 10.0,
        "dimensions": [],
    }
    properties = {
        "description": "Calls the team on duty when the service answers with errors for longer than five minutes.",
        "severity": 1,
        "enabled": True,
        "scopes": [target],
        "evaluationFrequency": "PT1M",
        "windowSize": "PT5M",
        "criteria": {
            "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
            "allOf": [criterion] * 4,
        },
        "actions": [{"actionGroupId": f"{place.scope}/providers/microsoft.insights/actionGroups/ag-duty"}],
    }
    return draw.resource(place, "microsoft.insights/metricAlerts", draw.name("alert"), properties)


def identity(draw: Draw, place: Place) -> list[Body]:
    """A user-assigned identity, what it may be used by, and what it may do."""
    name = draw.name("id")
    kind = "Microsoft.ManagedIdentity/userAssignedIdentities"
    properties = {
        "tenantId": place.tenant,
        "principalId": draw.guid(),
        "clientId": draw.guid(),
        "isolationScope": "None",
    }
    made = draw.resource(place, kind, name, properties)
    credential = {
        "issuer": f"https://{place.location}.oic.prod-aks.azure.com/{place.tenant}/{draw.guid()}/",
        "subject": f"system:serviceaccount:orders:{draw.pick(('default', 'api', 'api', 'worker'))}",
        "audiences": ["api://AzureADTokenExchange"],
    }
    found = [made, *(role_assignment(draw, place, place.scope) for _ in range(draw.number(1, 4)))]
    if draw.chance(0.4):
        found.append(draw.child(made["id"], f"{kind}/federatedIdentityCredentials", draw.name("fic"), credential))
    return found


def group(draw: Draw, place: Place) -> list[Body]:
    """A resource group with its assignments of roles and policies, and odd resources that no rule judges."""
    name = draw.name("rg")
    made = draw.resource(
        place, "Microsoft.Resources/subscriptions/resourceGroups", name, {"provisioningState": "Succeeded"}
    )
    made["id"] = f"/subscriptions/{place.subscription}/resourceGroups/{name}"
    policy = {
        "displayName": "Resources carry the tags of the company, in the spelling of the company",
        "policyDefinitionId": f"/providers/Microsoft.Authorization/policyDefinitions/{draw.guid()}",
        "scope": made["id"],
        "notScopes": [],
        "parameters": {"effect": {"value": "Deny"}, "tagNames": {"value": ["costCenter", "owner", "environment"]}},
        "metadata": {"assignedBy": "landing zone", "createdBy": draw.guid(), "createdOn": draw.time()},
        "enforcementMode": "Default",
    }
    steps = {
        f"step_{number}": {
            "type": "Http",
            "inputs": {
                "method": "POST",
                "uri": f"https://hooks.contoso.example/{draw.guid()}",
                "body": {"id": draw.guid()},
            },
            "runAfter": {f"step_{number - 1}": ["Succeeded"]} if number else {},
        }
        for number in range(draw.number(6, 24))
    }
    flow = {
        "state": "Enabled",
        "provisioningState": "Succeeded",
        "version": draw.guid(),
        "definition": {"actions": steps},
    }
    return [
        made,
        *(role_assignment(draw, place, made["id"]) for _ in range(draw.number(2, 7))),
        draw.child(made["id"], "providers/Microsoft.Authorization/policyAssignments", draw.guid()[:24], policy),
        draw.resource(place, "Microsoft.Logic/workflows", draw.name("logic"), flow),
        draw.resource(
            place,
            "Microsoft.Compute/snapshots",
            draw.name("snap"),
            {"diskSizeGB": 128, "creationData": {"createOption": "Copy"}},
        ),
    ]


def action_group(draw: Draw, place: Place) -> list[Body]:
    """Who is called."""
    receivers: dict[str, Any] = {
        f"{part}Receivers": []
        for part in (
            "sms",
            "webhook",
            "itsm",
            "azureAppPush",
            "voice",
            "logicApp",
            "azureFunction",
            "armRole",
            "eventHub",
        )
    }
    mail = [{"name": "duty", "emailAddress": "duty@contoso.example", "useCommonAlertSchema": True, "status": "Enabled"}]
    properties = {"groupShortName": "duty", "enabled": draw.flag(True, 0.05), **receivers}
    properties["emailReceivers"] = mail if not draw.chance(0.1) else []
    made = draw.resource(place, "microsoft.insights/actionGroups", draw.name("ag"), properties)
    return [made, metric_alert(draw, place, made["id"]), metric_alert(draw, place, made["id"])]
