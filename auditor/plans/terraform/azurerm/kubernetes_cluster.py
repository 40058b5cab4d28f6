"""azurerm_kubernetes_cluster → Microsoft.ContainerService/managedClusters."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.azurerm._node_pool import NODE_POOL
from auditor.plans.terraform.table import ENABLED, INVERTED, Attr, Block, Fixed, Group, Since, Table

_TAINTS: Final = {True: ["CriticalAddonsOnly=true:NoSchedule"], False: None}
"""The taint that azurerm adds to a pool for system pods alone."""
_AS_TEXT: Final = {True: "true", False: "false"}


def _public_entry(on: Any) -> Any:
    """The ingress gateways that the mesh has; the internal one is of no matter to any rule."""
    return [{"mode": "External", "enabled": True}] if on is True else []


MESH: Final = (
    Attr("revisions", "istio.revisions"),
    Attr("external_ingress_gateway_enabled", "istio.components.ingressGateways", _public_entry),
)
AAD_PROFILE: Final = (
    Attr("managed", "managed", default=True),  # the only kind since azurerm 4
    Attr("azure_rbac_enabled", "enableAzureRBAC", default=False),
    Attr("admin_group_object_ids", "adminGroupObjectIDs"),
    Attr("tenant_id", "tenantID"),
)
IDENTITIES: Final = (
    IDENTITY,
    Block("service_principal", "properties.servicePrincipalProfile", (Attr("client_id", "clientId"),)),
)
ACCESS: Final = (
    Attr("private_cluster_enabled", "properties.apiServerAccessProfile.enablePrivateCluster", default=False),
    Attr(
        "private_cluster_public_fqdn_enabled",
        "properties.apiServerAccessProfile.enablePrivateClusterPublicFQDN",
        default=False,
    ),
    Attr("private_dns_zone_id", "properties.apiServerAccessProfile.privateDNSZone", unset=True),
    Attr("run_command_enabled", "properties.apiServerAccessProfile.disableRunCommand", INVERTED, default=True),
    Attr("api_server_authorized_ip_ranges", "properties.apiServerAccessProfile.authorizedIPRanges", unset=True),
    Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED),
    Block(
        "api_server_access_profile",
        "properties.apiServerAccessProfile",
        (
            Attr("authorized_ip_ranges", "authorizedIPRanges"),
            Attr("virtual_network_integration_enabled|vnet_integration_enabled", "enableVnetIntegration"),
            Attr("subnet_id", "subnetId"),
        ),
        unset=True,
    ),
    Attr("local_account_disabled", "properties.disableLocalAccounts", default=False),
    Attr("role_based_access_control_enabled", "properties.enableRBAC", default=True),
    Block("azure_active_directory_role_based_access_control", "properties.aadProfile", AAD_PROFILE),
    Block(  # until azurerm 2
        "role_based_access_control",
        "",
        (
            Attr("enabled", "properties.enableRBAC"),
            Block("azure_active_directory", "properties.aadProfile", AAD_PROFILE),
        ),
        unset=True,
    ),
)
ADDONS: Final = (
    Attr("azure_policy_enabled", "properties.addonProfiles.azurepolicy.enabled", default=False),
    Attr("http_application_routing_enabled", "properties.addonProfiles.httpApplicationRouting.enabled", default=False),
    Block(
        "oms_agent",
        "properties.addonProfiles.omsagent",
        (
            Fixed("enabled", True),
            Attr("log_analytics_workspace_id", "config.logAnalyticsWorkspaceResourceID"),
        ),
    ),
    Block(
        "key_vault_secrets_provider",
        "properties.addonProfiles.azureKeyvaultSecretsProvider",
        (
            Fixed("enabled", True),
            Attr("secret_rotation_enabled", "config.enableSecretRotation", _AS_TEXT, default=False),
            Attr("secret_rotation_interval", "config.rotationPollInterval"),
        ),
    ),
    Block(
        "ingress_application_gateway",
        "properties.addonProfiles.ingressApplicationGateway",
        (
            Fixed("enabled", True),
            Attr("gateway_id", "config.applicationGatewayId"),
            Attr("subnet_id", "config.subnetId"),
        ),
    ),
    Block(
        "web_app_routing",
        "properties.ingressProfile.webAppRouting",
        (
            Fixed("enabled", True),
            Attr("dns_zone_ids", "dnsZoneResourceIds"),
            Attr("default_nginx_controller", "nginx.defaultIngressControllerType", default="AnnotationControlled"),
        ),
    ),
    Block(
        "service_mesh_profile",
        "properties.serviceMeshProfile",
        (Attr("mode", "mode"), *MESH),
    ),
    Block("monitor_metrics", "properties.azureMonitorProfile.metrics", (Fixed("enabled", True),)),
)
ADDON_PROFILE: Final = Block(  # until azurerm 2
    "addon_profile",
    "properties.addonProfiles",
    (
        Block("azure_policy", "azurepolicy", (Attr("enabled", "enabled"),)),
        Block("http_application_routing", "httpApplicationRouting", (Attr("enabled", "enabled"),)),
        Block("kube_dashboard", "kubeDashboard", (Attr("enabled", "enabled"),)),
        Block(
            "oms_agent",
            "omsagent",
            (
                Attr("enabled", "enabled"),
                Attr("log_analytics_workspace_id", "config.logAnalyticsWorkspaceResourceID"),
            ),
        ),
        Block(
            "azure_keyvault_secrets_provider",
            "azureKeyvaultSecretsProvider",
            (
                Attr("enabled", "enabled"),
                Attr("secret_rotation_enabled", "config.enableSecretRotation", _AS_TEXT),
                Attr("secret_rotation_interval", "config.rotationPollInterval"),
            ),
        ),
        Block(
            "ingress_application_gateway",
            "ingressApplicationGateway",
            (Attr("enabled", "enabled"), Attr("gateway_id", "config.applicationGatewayId")),
        ),
    ),
    unset=True,
)
SECURITY: Final = (
    Attr(
        "oidc_issuer_enabled", "properties.oidcIssuerProfile.enabled", default=Since((((1, 0), False), ((5, 0), True)))
    ),
    Attr("workload_identity_enabled", "properties.securityProfile.workloadIdentity.enabled", default=False),
    Attr("image_cleaner_enabled", "properties.securityProfile.imageCleaner.enabled", default=False),
    Attr("image_cleaner_interval_hours", "properties.securityProfile.imageCleaner.intervalHours"),
    Attr("custom_ca_trust_certificates_base64", "properties.securityProfile.customCATrustCertificates"),
    Block(
        "microsoft_defender",
        "properties.securityProfile.defender",
        (
            Fixed("securityMonitoring.enabled", True),
            Attr("log_analytics_workspace_id", "logAnalyticsWorkspaceResourceId"),
        ),
    ),
    Block(
        "key_management_service",
        "properties.securityProfile.azureKeyVaultKms",
        (
            Fixed("enabled", True),
            Attr("key_vault_key_id", "keyId"),
            Attr("key_vault_network_access", "keyVaultNetworkAccess", default="Public"),
        ),
    ),
    Attr("disk_encryption_set_id", "properties.diskEncryptionSetID"),
)
VERSIONS: Final = (
    Fixed("sku.name", "Base"),
    Attr("sku_tier", "sku.tier", {"Paid": "Standard"}, default="Free"),
    Attr("support_plan", "properties.supportPlan", default="KubernetesOfficial"),
    Attr("kubernetes_version", "properties.kubernetesVersion", unset=True),
    Attr("automatic_upgrade_channel|automatic_channel_upgrade", "properties.autoUpgradeProfile.upgradeChannel"),
    Attr(
        "node_os_upgrade_channel|node_os_channel_upgrade",
        "properties.autoUpgradeProfile.nodeOSUpgradeChannel",
        default=Since((((4, 0), "NodeImage"),)),
    ),
)
NETWORK: Final = (
    Block(
        "network_profile",
        "properties.networkProfile",
        (
            Attr("network_plugin", "networkPlugin"),
            Attr("network_plugin_mode", "networkPluginMode"),
            Attr("network_policy", "networkPolicy", unset=True),
            Attr("network_data_plane|ebpf_data_plane", "networkDataplane"),
            Attr("outbound_type", "outboundType", default="loadBalancer"),
            Attr("load_balancer_sku", "loadBalancerSku", default="standard"),
            Attr("pod_cidr", "podCidr"),
            Attr("service_cidr", "serviceCidr"),
            Attr("dns_service_ip", "dnsServiceIP"),
        ),
        unset=True,
    ),
)
TABLE: Final = Table(
    "Microsoft.ContainerService/managedClusters",
    Group(),
    (
        *IDENTITIES,
        *ACCESS,
        *ADDONS,
        ADDON_PROFILE,
        *SECURITY,
        *VERSIONS,
        *NETWORK,
        Attr("dns_prefix|dns_prefix_private_cluster", "properties.dnsPrefix"),
        Attr("node_resource_group", "properties.nodeResourceGroup"),
        Block(
            "default_node_pool",
            "properties.agentPoolProfiles[*]",
            (
                Attr("name", "name"),
                Fixed("mode", "System"),
                Attr("type", "type"),
                *NODE_POOL,
                Attr("only_critical_addons_enabled", "nodeTaints", _TAINTS),
            ),
        ),
    ),
)
