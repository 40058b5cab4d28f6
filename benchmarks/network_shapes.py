"""Networks and machines: most of what a tenant holds."""

from __future__ import annotations

from benchmarks.draw import Body, Draw, Place
from benchmarks.shared_shapes import diagnostics, network_interface, workspace_id

_ANY = "*"


def _security_rule(draw: Draw, base: str, priority: int) -> Body:
    inbound, allow = draw.chance(0.7), draw.chance(0.7)
    source = "10.0.0.0/8" if draw.chance(0.85) else draw.pick((_ANY, "Internet", "0.0.0.0/0", "VirtualNetwork"))
    properties: Body = {
        "provisioningState": "Succeeded",
        "description": "Opened for the change named in the tag of the group, reviewed once a year by the network team",
        "protocol": draw.enum(draw.pick(("Tcp", "Tcp", "Udp", "*"))),
        "sourcePortRange": _ANY,
        "destinationPortRange": draw.pick(("443", "443", "22", "8080-8090", "1433", "3389")),
        "sourceAddressPrefix": source,
        "destinationAddressPrefix": draw.address(),
        "access": draw.enum("Allow" if allow else "Deny"),
        "priority": priority,
        "direction": draw.enum("Inbound" if inbound else "Outbound"),
        "sourcePortRanges": [],
        "destinationPortRanges": [],
        "sourceAddressPrefixes": [],
        "destinationAddressPrefixes": [],
    }
    if draw.chance(0.2):  # the plural fields instead
        del properties["sourceAddressPrefix"], properties["destinationPortRange"]
        properties["sourceAddressPrefixes"] = [draw.address(), draw.address()]
        properties["destinationPortRanges"] = ["443", "8443"]
    name = f"rule-{priority}"
    return {
        "name": name,
        "id": f"{base}/securityRules/{name}",
        "etag": f'W/"{draw.guid()}"',
        "type": "Microsoft.Network/networkSecurityGroups/securityRules",
        "properties": properties,
    }


def security_group(draw: Draw, place: Place) -> list[Body]:
    """A network security group with its own rules and the default ones."""
    name = draw.name("nsg")
    base = f"{place.scope}/providers/Microsoft.Network/networkSecurityGroups/{name}"
    properties = {
        "provisioningState": "Succeeded",
        "resourceGuid": draw.guid(),
        "securityRules": [_security_rule(draw, base, 100 + 10 * number) for number in range(draw.number(1, 7))],
        "defaultSecurityRules": [_security_rule(draw, base, 65000 + number) for number in range(3)],
        "subnets": [{"id": f"{place.scope}/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-app"}],
    }
    return [draw.resource(place, "Microsoft.Network/networkSecurityGroups", name, properties)]


def virtual_network(draw: Draw, place: Place) -> list[Body]:
    """A spoke with its subnets, a peering, a flow log and a route table."""
    name = draw.name("vnet")
    base = f"{place.scope}/providers/Microsoft.Network/virtualNetworks/{name}"
    subnets = [
        {
            "name": f"snet-{number}",
            "id": f"{base}/subnets/snet-{number}",
            "etag": f'W/"{draw.guid()}"',
            "properties": draw.without(
                {
                    "provisioningState": "Succeeded",
                    "addressPrefix": f"10.{number}.0.0/24",
                    "networkSecurityGroup": {
                        "id": f"{place.scope}/providers/Microsoft.Network/networkSecurityGroups/n"
                    },
                    "routeTable": {"id": f"{place.scope}/providers/Microsoft.Network/routeTables/rt"},
                    "ipConfigurations": [
                        {"id": f"{base}/ipConfigurations/{draw.guid()}"} for _ in range(draw.number(4))
                    ],
                    "serviceEndpoints": [],
                    "delegations": [],
                    "privateEndpointNetworkPolicies": draw.good("Enabled", "Disabled"),
                    "privateLinkServiceNetworkPolicies": "Enabled",
                    "defaultOutboundAccess": draw.flag(False),
                },
                "networkSecurityGroup",
            ),
        }
        for number in range(draw.number(2, 6))
    ]
    peering = {
        "name": "to-hub",
        "id": f"{base}/virtualNetworkPeerings/to-hub",
        "properties": {
            "provisioningState": "Succeeded",
            "peeringState": draw.good("Connected", "Disconnected", "Initiated", p=0.05),
            "remoteVirtualNetwork": {"id": f"{base}-hub"},
            "allowForwardedTraffic": True,
            "remoteAddressSpace": {"addressPrefixes": ["10.200.0.0/16"]},
        },
    }
    properties = {
        "provisioningState": "Succeeded",
        "resourceGuid": draw.guid(),
        "addressSpace": {"addressPrefixes": [f"10.{draw.number(200)}.0.0/16"]},
        "dhcpOptions": {"dnsServers": ["10.200.0.4"]},
        "subnets": subnets,
        "virtualNetworkPeerings": [peering],
        "enableDdosProtection": draw.flag(True, 0.2),
        "ddosProtectionPlan": {"id": f"{place.scope}/providers/Microsoft.Network/ddosProtectionPlans/ddos"},
    }
    watcher = f"/subscriptions/{place.subscription}/resourceGroups/NetworkWatcherRG/providers"
    analytics = {"enabled": draw.flag(True), "workspaceResourceId": workspace_id(place), "trafficAnalyticsInterval": 10}
    log = {
        "provisioningState": "Succeeded",
        "targetResourceId": base,
        "targetResourceGuid": draw.guid(),
        "storageId": f"{place.scope}/providers/Microsoft.Storage/storageAccounts/stflowlogs",
        "enabled": draw.flag(True, 0.1),
        "flowAnalyticsConfiguration": {"networkWatcherFlowAnalyticsConfiguration": analytics},
        "retentionPolicy": {"days": draw.pick((0, 90, 90, 180, 30)), "enabled": True},
        "format": {"type": "JSON", "version": 2},
    }
    parent = f"{watcher}/Microsoft.Network/networkWatchers/nw-{place.location}"
    routes = [
        {
            "name": f"route-{number}",
            "properties": {
                "provisioningState": "Succeeded",
                "addressPrefix": f"10.{number}.0.0/16",
                "nextHopType": "VirtualAppliance",
                "nextHopIpAddress": "10.200.0.4",
                "hasBgpOverride": False,
            },
        }
        for number in range(draw.number(3, 20))
    ]
    return [
        draw.resource(place, "Microsoft.Network/virtualNetworks", name, properties),
        draw.child(parent, "Microsoft.Network/networkWatchers/flowLogs", f"flow-{name}", log, location=place.location),
        draw.resource(place, "Microsoft.Network/routeTables", draw.name("rt"), {"routes": routes, "subnets": []}),
        *security_group(draw, place),
        *security_group(draw, place),
    ]


def public_address(draw: Draw, place: Place, owner: str | None = None) -> Body:
    """A public IP address, of a gateway when nothing else is said."""
    name = draw.name("pip")
    gateway = f"{place.scope}/providers/Microsoft.Network/{draw.pick(('natGateways', 'applicationGateways'))}/gw"
    properties = {
        "provisioningState": "Succeeded",
        "resourceGuid": draw.guid(),
        "ipAddress": f"20.{draw.number(256)}.{draw.number(256)}.{draw.number(256)}",
        "publicIPAddressVersion": "IPv4",
        "publicIPAllocationMethod": draw.enum("Static"),
        "idleTimeoutInMinutes": 4,
        "dnsSettings": {"domainNameLabel": name, "fqdn": f"{name}.{place.location}.cloudapp.azure.com"},
        "ipTags": [],
        "ipConfiguration": {"id": owner or f"{gateway}/frontendIPConfigurations/public"},
        "ddosSettings": {"protectionMode": draw.good("VirtualNetworkInherited", "Disabled", p=0.08)},
    }
    sku = {"name": draw.good("Standard", "Basic"), "tier": "Regional"}
    properties = draw.without(properties, "ipConfiguration", "ddosSettings", p=0.06)
    return draw.resource(place, "Microsoft.Network/publicIPAddresses", name, properties, sku=sku, zones=["1", "2", "3"])


def machine(draw: Draw, place: Place) -> list[Body]:
    """A virtual machine with interface, disks and extensions; a few have a public address."""
    name = draw.name("vm")
    base = f"{place.scope}/providers/Microsoft.Compute/virtualMachines/{name}"
    interface = f"nic-{name}"
    subnet = f"{place.scope}/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/snet-app"
    address = public_address(draw, place, f"{place.scope}/providers/Microsoft.Network/networkInterfaces/{interface}")
    public = address["id"] if draw.chance(0.25) else None
    disks = [_disk(draw, place, base) for _ in range(draw.pick((1, 2, 2, 3)))]
    properties: Body = {
        "provisioningState": "Succeeded",
        "vmId": draw.guid(),
        "hardwareProfile": {"vmSize": draw.enum("Standard_D4s_v5")},
        "storageProfile": {
            "imageReference": {
                "publisher": "Canonical",
                "offer": "ubuntu-24_04-lts",
                "sku": "server",
                "version": "latest",
            },
            "osDisk": {
                "osType": "Linux",
                "name": disks[0]["name"],
                "createOption": "FromImage",
                "caching": "ReadWrite",
                "managedDisk": {"storageAccountType": "Premium_LRS", "id": disks[0]["id"]},
                "deleteOption": "Detach",
                "diskSizeGB": 128,
            },
            "dataDisks": [
                {
                    "lun": lun,
                    "name": disk["name"],
                    "caching": "None",
                    "managedDisk": {"id": disk["id"]},
                    "diskSizeGB": 512,
                }
                for lun, disk in enumerate(disks[1:])
            ],
            "diskControllerType": "SCSI",
        },
        "osProfile": {
            "computerName": name[:15],
            "adminUsername": "azureadmin",
            "linuxConfiguration": {
                "disablePasswordAuthentication": True,
                "ssh": {
                    "publicKeys": [{"path": "/home/azureadmin/.ssh/authorized_keys", "keyData": "ssh-rsa " + "A" * 372}]
                },
                "provisionVMAgent": True,
                "patchSettings": {"patchMode": "AutomaticByPlatform", "assessmentMode": "AutomaticByPlatform"},
            },
            "secrets": [],
            "allowExtensionOperations": True,
        },
        "securityProfile": {"securityType": "TrustedLaunch", "uefiSettings": {"secureBootEnabled": True}},
        "networkProfile": {"networkInterfaces": [{"id": f"{base}/{interface}", "properties": {"primary": True}}]},
        "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
        "licenseType": None,
        "timeCreated": draw.time(),
        "extended": {
            "instanceView": {
                "computerName": name,
                "osName": "ubuntu",
                "osVersion": "24.04",
                "hyperVGeneration": "V2",
                "powerState": {"code": "PowerState/running", "level": "Info", "displayStatus": "VM running"},
            }
        },
        "applicationProfile": {"galleryApplications": []},
        "scheduledEventsProfile": {"terminateNotificationProfile": {"notBeforeTimeout": "PT5M", "enable": True}},
        "virtualMachineScaleSet": None,
        "proximityPlacementGroup": None,
        "host": None,
        "extensionsTimeBudget": "PT1H30M",
        "etag": draw.guid(),
    }
    kind = "Microsoft.Compute/virtualMachines"
    extensions = [
        draw.child(base, f"{kind}/extensions", extension, _extension(extension), location=place.location)
        for extension in ("AzureMonitorLinuxAgent", "MDE.Linux", "AADSSHLoginForLinux")[: draw.number(1, 4)]
    ]
    return [
        draw.resource(place, kind, name, properties, zones=["1"], identity={"type": "SystemAssigned"}),
        network_interface(draw, place, interface, subnet, base, public),
        *([address] if public else []),
        *disks,
        *extensions,
    ]


def _disk(draw: Draw, place: Place, owner: str) -> Body:
    properties = {
        "creationData": {"createOption": "Empty"},
        "diskSizeGB": draw.pick((64, 128, 512, 1024)),
        "diskIOPSReadWrite": 2300,
        "diskMBpsReadWrite": 150,
        "encryption": {"type": draw.enum("EncryptionAtRestWithPlatformKey")},
        "networkAccessPolicy": draw.enum("DenyAll"),
        "publicNetworkAccess": "Disabled",
        "supportsHibernation": True,
        "supportedCapabilities": {
            "diskControllerTypes": "SCSI, NVMe",
            "acceleratedNetwork": True,
            "architecture": "x64",
        },
        "timeCreated": draw.time(),
        "provisioningState": "Succeeded",
        "diskState": "Attached",
        "diskSizeBytes": 137438953472,
        "uniqueId": draw.guid(),
        "tier": "P20",
        "dataAccessAuthMode": None,
        "lastOwnershipUpdateTime": draw.time(),
    }
    disk = draw.resource(place, "Microsoft.Compute/disks", draw.name("disk"), properties, sku={"name": "Premium_LRS"})
    return {**disk, "managedBy": owner}


def _extension(name: str) -> Body:
    return {
        "autoUpgradeMinorVersion": True,
        "enableAutomaticUpgrade": True,
        "provisioningState": "Succeeded",
        "publisher": "Microsoft.Azure.Monitor",
        "type": name,
        "typeHandlerVersion": "1.33",
        "suppressFailures": False,
        "settings": {
            "authentication": {"managedIdentity": {"identifier-name": "mi_res_id", "identifier-value": name}},
            "proxy": {"mode": "none"},
            "script": "set -eu; apt-get --yes update; systemctl enable --now monitoring.service; " * 6,
        },
        "protectedSettings": None,
        "instanceView": None,
    }


def dns_zone(draw: Draw, place: Place) -> list[Body]:
    """A private DNS zone and its links."""
    place = place._replace(group=draw.name("rg-dns"))
    name = draw.pick(("privatelink.blob.core.windows.net", "privatelink.vaultcore.azure.net", "corp.example"))
    zone = draw.resource(
        place,
        "Microsoft.Network/privateDnsZones",
        f"{draw.number(10**9)}.{name}" if name == "corp.example" else name,
        draw.without(
            {
                "maxNumberOfRecordSets": 25000,
                "numberOfRecordSets": draw.number(1, 400),
                "maxNumberOfVirtualNetworkLinks": 1000,
                "numberOfVirtualNetworkLinks": 0 if draw.chance(0.1) else 2,
                "provisioningState": "Succeeded",
                "internalId": draw.guid(),
            },
            "numberOfVirtualNetworkLinks",
            p=0.3,
        ),
    )
    links = [
        draw.child(
            zone["id"],
            "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
            draw.name("link"),
            {
                "provisioningState": "Succeeded",
                "registrationEnabled": draw.flag(False, 0.1),
                "resolutionPolicy": "Default",
                "virtualNetwork": {"id": f"{place.scope}/providers/Microsoft.Network/virtualNetworks/vnet-spoke"},
                "virtualNetworkLinkState": draw.good("Completed", "InProgress", p=0.03),
            },
            location="global",
        )
        for _ in range(2)
    ]
    return [zone, *links]


def balancer(draw: Draw, place: Place) -> list[Body]:
    """A load balancer with a few rules."""
    name = draw.name("lb")
    base = f"{place.scope}/providers/Microsoft.Network/loadBalancers/{name}"
    rules = [
        {
            "name": f"rule-{number}",
            "id": f"{base}/loadBalancingRules/rule-{number}",
            "properties": {
                "frontendIPConfiguration": {"id": f"{base}/frontendIPConfigurations/front"},
                "frontendPort": 443 + number,
                "backendPort": 8443,
                "enableFloatingIP": False,
                "idleTimeoutInMinutes": 4,
                "protocol": "Tcp",
                "backendAddressPool": {"id": f"{base}/backendAddressPools/pool"},
                "probe": {"id": f"{base}/probes/probe"},
            },
        }
        for number in range(draw.number(2, 9))
    ]
    properties = {"provisioningState": "Succeeded", "loadBalancingRules": rules, "resourceGuid": draw.guid()}
    sku = {"name": draw.good("Standard", "Basic"), "tier": "Regional"}
    made = draw.resource(place, "Microsoft.Network/loadBalancers", name, properties, sku=sku)
    return [made, public_address(draw, place), *diagnostics(draw, place, made["id"], ("LoadBalancerHealthEvent",))]
