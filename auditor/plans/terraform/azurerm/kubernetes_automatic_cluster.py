"""azurerm_kubernetes_automatic_cluster → Microsoft.ContainerService/managedClusters, as far as one can say."""

from __future__ import annotations

from typing import Final

from auditor.model.resource import Unknown
from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.azurerm.kubernetes_cluster import MESH
from auditor.plans.terraform.table import Attr, Block, Fixed, Group, Table

_DECIDED: Final = Unknown("AKS Automatic decides it")
_SERVICE: Final = (
    "properties.aadProfile",
    "properties.addonProfiles",
    "properties.agentPoolProfiles",
    "properties.apiServerAccessProfile.disableRunCommand",
    "properties.azureMonitorProfile",
    "properties.disableLocalAccounts",
    "properties.networkProfile",
    "properties.securityProfile",
)

TABLE: Final = Table(
    "Microsoft.ContainerService/managedClusters",
    Group(),
    (
        IDENTITY,
        Fixed("sku.name", "Automatic"),
        Fixed("sku.tier", "Standard"),
        *(Fixed(path, _DECIDED) for path in _SERVICE),
        Block(
            "api_server_access",
            "properties.apiServerAccessProfile",
            (Attr("authorized_ip_ranges", "authorizedIPRanges"), Attr("subnet_id", "subnetId")),
        ),
        Block(
            "private_cluster",
            "properties.apiServerAccessProfile",
            (
                Fixed("enablePrivateCluster", True),
                Attr("private_dns_zone_id", "privateDNSZone"),
                Attr("public_fully_qualified_domain_name_enabled", "enablePrivateClusterPublicFQDN"),
            ),
        ),
        Block("service_mesh", "properties.serviceMeshProfile", (Fixed("mode", "Istio"), *MESH)),
        Block(
            "web_app_routing_ingress",
            "properties.ingressProfile.webAppRouting",
            (
                Fixed("enabled", True),
                Attr("dns_zone_ids", "dnsZoneResourceIds"),
                Attr("default_nginx_controller", "nginx.defaultIngressControllerType"),
            ),
        ),
    ),
)
