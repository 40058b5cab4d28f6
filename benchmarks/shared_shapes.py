"""What many Azure resources have beside them: diagnostic settings, private endpoints, role assignments."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.draw import Body, Draw, Place

_ROLES = (
    "b24988ac-6180-42a0-ab88-20f7382dd24c",  # Contributor
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "4633458b-17de-408a-b874-0445c86b69e6",
    "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",  # Owner
)


def workspace_id(place: Place) -> str:
    """The central workspace of a subscription."""
    scope = f"/subscriptions/{place.subscription}/resourceGroups/rg-monitor"
    return f"{scope}/providers/Microsoft.OperationalInsights/workspaces/law-central"


def diagnostics(draw: Draw, place: Place, parent: str, categories: Sequence[str]) -> list[Body]:
    """A diagnostic setting in most cases, with a group of categories or with single ones."""
    if draw.chance(0.07):
        return []
    retention = {"enabled": False, "days": 0}
    if draw.chance(0.4):
        logs = [{"category": None, "categoryGroup": "allLogs", "enabled": True, "retentionPolicy": retention}]
    else:
        logs = [
            {"category": name, "categoryGroup": None, "enabled": draw.flag(True, 0.06), "retentionPolicy": retention}
            for name in categories
        ]
    properties = {
        "storageAccountId": None,
        "serviceBusRuleId": None,
        "workspaceId": workspace_id(place),
        "eventHubAuthorizationRuleId": None,
        "eventHubName": None,
        "metrics": [{"category": "AllMetrics", "timeGrain": None, "enabled": True, "retentionPolicy": retention}],
        "logs": logs,
        "logAnalyticsDestinationType": None,
        "marketplacePartnerId": None,
    }
    if draw.chance(0.2):
        properties["workspaceId"] = None
        properties["storageAccountId"] = f"{place.scope}/providers/Microsoft.Storage/storageAccounts/starchive"
    found = draw.child(
        parent,
        "providers/Microsoft.Insights/diagnosticSettings",
        draw.name("diag"),
        properties,
        location=place.location,
    )
    return [found]


def connections(draw: Draw, parent: str, p: float = 0.2) -> list[Body]:
    """The connections of private endpoints, as the resource they lead to lists them."""
    if draw.chance(p):
        return []
    name = draw.name("pec")
    return [
        {
            "id": f"{parent}/privateEndpointConnections/{name}",
            "name": name,
            "properties": {
                "provisioningState": "Succeeded",
                "privateEndpoint": {"id": f"{parent.partition('/providers/')[0]}/providers/Microsoft.Network/x"},
                "groupIds": ["default"],
                "privateLinkServiceConnectionState": {
                    "status": draw.good("Approved", "Pending", "Rejected", p=0.03),
                    "description": "Approved by the platform team",
                    "actionsRequired": "None",
                },
            },
        }
    ]


def endpoint(draw: Draw, place: Place, parent: str, group: str, zone: str) -> list[Body]:
    """A private endpoint, its zone group and its network interface."""
    name, interface = draw.name("pe"), draw.name("nic")
    subnet = f"{place.scope}/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-endpoints"
    state = {"status": draw.good("Approved", "Pending", p=0.12), "description": "", "actionsRequired": ""}
    link = {
        "name": f"{name}-link",
        "id": f"{place.scope}/providers/Microsoft.Network/privateEndpoints/{name}/privateLinkServiceConnections/link",
        "etag": f'W/"{draw.guid()}"',
        "type": "Microsoft.Network/privateEndpoints/privateLinkServiceConnections",
        "properties": {
            "provisioningState": "Succeeded",
            "privateLinkServiceId": parent,
            "groupIds": [group],
            "privateLinkServiceConnectionState": state,
        },
    }
    nic_id = f"{place.scope}/providers/Microsoft.Network/networkInterfaces/{interface}"
    properties = {
        "provisioningState": "Succeeded",
        "resourceGuid": draw.guid(),
        "privateLinkServiceConnections": [link],
        "manualPrivateLinkServiceConnections": [],
        "customNetworkInterfaceName": interface,
        "subnet": {"id": subnet},
        "ipConfigurations": [],
        "networkInterfaces": [{"id": nic_id}],
        "customDnsConfigs": [
            {"fqdn": f"{name}.{zone.removeprefix('privatelink.')}", "ipAddresses": [draw.address()]},
            {"fqdn": f"{name}-secondary.{zone.removeprefix('privatelink.')}", "ipAddresses": [draw.address()]},
        ],
    }
    made = draw.resource(place, "Microsoft.Network/privateEndpoints", name, properties)
    found = [made, network_interface(draw, place, interface, subnet, made["id"])]
    if not draw.chance(0.1):
        zones = f"/subscriptions/{place.subscription}/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones"
        record = {
            "recordType": "A",
            "recordSetName": name,
            "fqdn": f"{name}.{zone}",
            "ttl": 10,
            "ipAddresses": [draw.address()],
            "provisioningState": "Succeeded",
        }
        config = {"privateDnsZoneId": f"{zones}/{zone}", "recordSets": [record]}
        zone_group = {
            "provisioningState": "Succeeded",
            "privateDnsZoneConfigs": [{"name": zone.replace(".", "-"), "properties": config}],
        }
        kind = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"
        found.append(draw.child(made["id"], kind, "default", zone_group, etag=f'W/"{draw.guid()}"'))
    return found


def network_interface(draw: Draw, place: Place, name: str, subnet: str, owner: str, public: str | None = None) -> Body:
    """A network interface of a machine or of a private endpoint."""
    base = f"{place.scope}/providers/Microsoft.Network/networkInterfaces/{name}"
    configurations = [
        {
            "name": f"ipconfig{number}",
            "id": f"{base}/ipConfigurations/ipconfig{number}",
            "etag": f'W/"{draw.guid()}"',
            "type": "Microsoft.Network/networkInterfaces/ipConfigurations",
            "properties": {
                "provisioningState": "Succeeded",
                "privateIPAddress": draw.address(),
                "privateIPAllocationMethod": draw.enum("Dynamic"),
                "privateIPAddressVersion": "IPv4",
                "primary": number == 1,
                "subnet": {"id": subnet},
                **({"publicIPAddress": {"id": public}} if public and number == 1 else {}),
            },
        }
        for number in range(1, draw.pick((1, 1, 2)) + 1)
    ]
    properties = {
        "provisioningState": "Succeeded",
        "resourceGuid": draw.guid(),
        "ipConfigurations": configurations,
        "dnsSettings": {
            "dnsServers": [],
            "appliedDnsServers": [],
            "internalDomainNameSuffix": f"{draw.guid()}.ax.internal.cloudapp.net",
        },
        "macAddress": "00-0D-3A-4F-2B-1C",
        "enableAcceleratedNetworking": draw.chance(0.5),
        "vnetEncryptionSupported": False,
        "enableIPForwarding": draw.flag(False, 0.15),
        "disableTcpStateTracking": False,
        "networkSecurityGroup": {"id": f"{place.scope}/providers/Microsoft.Network/networkSecurityGroups/nsg-default"},
        "primary": True,
        "virtualMachine": {"id": owner},
        "hostedWorkloads": [],
        "tapConfigurations": [],
        "nicType": "Standard",
        "auxiliaryMode": "None",
        "auxiliarySku": "None",
        "allowPort25Out": False,
    }
    return draw.resource(place, "Microsoft.Network/networkInterfaces", name, draw.without(properties, "nicType"))


def role_assignment(draw: Draw, place: Place, scope: str) -> Body:
    """A role assignment on a scope."""
    role = draw.pick(_ROLES)
    role_id = f"/subscriptions/{place.subscription}/providers/Microsoft.Authorization/RoleDefinitions/{role}"
    properties = {
        "roleDefinitionId": role_id,
        "principalId": draw.guid(),
        "principalType": draw.enum(draw.pick(("ServicePrincipal", "User", "Group"))),
        "scope": scope,
        "condition": None,
        "conditionVersion": None,
        "createdOn": draw.time(),
        "updatedOn": draw.time(),
        "createdBy": draw.guid(),
        "updatedBy": draw.guid(),
        "delegatedManagedIdentityResourceId": None,
        "description": "Assigned by the landing zone pipeline; reviewed every quarter by those who own it",
    }
    found = draw.child(scope, "providers/Microsoft.Authorization/roleAssignments", draw.guid(), properties)
    columns = ("kind", "managedBy", "sku", "plan", "identity", "zones", "extendedLocation", "tags")
    return {**found, "tenantId": place.tenant, "subscriptionId": place.subscription, **dict.fromkeys(columns)}
