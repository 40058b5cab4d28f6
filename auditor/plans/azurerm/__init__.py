"""The mapping tables of azurerm: one file a type. They are loaded when a plan holds the type."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any, Final

from auditor.plans.terraform_table import Table

SHARED: Final = {
    "azurerm_linux_function_app": "linux_web_app",
    "azurerm_linux_function_app_slot": "linux_web_app_slot",
    "azurerm_management_group_policy_exemption": "policy_exemption",
    "azurerm_resource_group_policy_exemption": "policy_exemption",
    "azurerm_resource_policy_exemption": "policy_exemption",
    "azurerm_sql_firewall_rule": "mssql_firewall_rule",
    "azurerm_subscription_policy_exemption": "policy_exemption",
    "azurerm_windows_function_app": "linux_web_app",
    "azurerm_windows_function_app_slot": "linux_web_app_slot",
    "azurerm_windows_web_app": "linux_web_app",
    "azurerm_windows_web_app_slot": "linux_web_app_slot",
}
"""Types that share the table of another one, and its file."""

INDEX: Final[dict[str, tuple[str, ...]]] = {
    "azurerm_api_management": (
        "Microsoft.ApiManagement/service",
        "Microsoft.ApiManagement/service/tenant",
        "Microsoft.ApiManagement/service/policies",
    ),
    "azurerm_api_management_api": ("Microsoft.ApiManagement/service/apis",),
    "azurerm_api_management_api_diagnostic": ("Microsoft.ApiManagement/service/apis/diagnostics",),
    "azurerm_api_management_api_operation": ("Microsoft.ApiManagement/service/apis/operations",),
    "azurerm_api_management_api_operation_policy": ("Microsoft.ApiManagement/service/apis/operations/policies",),
    "azurerm_api_management_api_policy": ("Microsoft.ApiManagement/service/apis/policies",),
    "azurerm_api_management_api_version_set": ("Microsoft.ApiManagement/service/apiVersionSets",),
    "azurerm_api_management_backend": ("Microsoft.ApiManagement/service/backends",),
    "azurerm_api_management_certificate": ("Microsoft.ApiManagement/service/certificates",),
    "azurerm_api_management_custom_domain": ("Microsoft.ApiManagement/service",),
    "azurerm_api_management_diagnostic": ("Microsoft.ApiManagement/service/diagnostics",),
    "azurerm_api_management_identity_provider_aad": ("Microsoft.ApiManagement/service/identityProviders",),
    "azurerm_api_management_logger": ("Microsoft.ApiManagement/service/loggers",),
    "azurerm_api_management_named_value": ("Microsoft.ApiManagement/service/namedValues",),
    "azurerm_api_management_policy": ("Microsoft.ApiManagement/service/policies",),
    "azurerm_api_management_policy_fragment": ("Microsoft.ApiManagement/service/policyFragments",),
    "azurerm_api_management_product": ("Microsoft.ApiManagement/service/products",),
    "azurerm_api_management_product_api": ("Microsoft.ApiManagement/service/products/apis",),
    "azurerm_api_management_product_policy": ("Microsoft.ApiManagement/service/products/policies",),
    "azurerm_api_management_subscription": ("Microsoft.ApiManagement/service/subscriptions",),
    "azurerm_app_configuration": ("Microsoft.AppConfiguration/configurationStores",),
    "azurerm_app_service": ("Microsoft.Web/sites",),
    "azurerm_application_gateway": ("Microsoft.Network/applicationGateways",),
    "azurerm_application_insights": ("Microsoft.Insights/components",),
    "azurerm_bastion_host": ("Microsoft.Network/bastionHosts",),
    "azurerm_cognitive_account": ("Microsoft.CognitiveServices/accounts",),
    "azurerm_container_registry": (
        "Microsoft.ContainerRegistry/registries",
        "Microsoft.ContainerRegistry/registries/replications",
    ),
    "azurerm_container_registry_scope_map": ("Microsoft.ContainerRegistry/registries/scopeMaps",),
    "azurerm_container_registry_token": ("Microsoft.ContainerRegistry/registries/tokens",),
    "azurerm_container_registry_webhook": ("Microsoft.ContainerRegistry/registries/webhooks",),
    "azurerm_cosmosdb_account": ("Microsoft.DocumentDB/databaseAccounts",),
    "azurerm_eventhub_namespace": ("Microsoft.EventHub/namespaces",),
    "azurerm_federated_identity_credential": (
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
    ),
    "azurerm_firewall": ("Microsoft.Network/azureFirewalls",),
    "azurerm_firewall_policy": ("Microsoft.Network/firewallPolicies",),
    "azurerm_key_vault": ("Microsoft.KeyVault/vaults",),
    "azurerm_key_vault_access_policy": ("Microsoft.KeyVault/vaults",),
    "azurerm_key_vault_certificate": ("Microsoft.KeyVault/vaults/certificates",),
    "azurerm_key_vault_key": ("Microsoft.KeyVault/vaults/keys",),
    "azurerm_key_vault_secret": ("Microsoft.KeyVault/vaults/secrets",),
    "azurerm_kubernetes_cluster": ("Microsoft.ContainerService/managedClusters",),
    "azurerm_kubernetes_cluster_node_pool": ("Microsoft.ContainerService/managedClusters/agentPools",),
    "azurerm_lb": ("Microsoft.Network/loadBalancers",),
    "azurerm_linux_function_app": ("Microsoft.Web/sites",),
    "azurerm_linux_function_app_slot": ("Microsoft.Web/sites/slots",),
    "azurerm_linux_web_app": ("Microsoft.Web/sites",),
    "azurerm_linux_web_app_slot": ("Microsoft.Web/sites/slots",),
    "azurerm_log_analytics_workspace": ("Microsoft.OperationalInsights/workspaces",),
    "azurerm_management_group_policy_exemption": ("Microsoft.Authorization/policyExemptions",),
    "azurerm_mongo_cluster": ("Microsoft.DocumentDB/mongoClusters",),
    "azurerm_monitor_action_group": ("Microsoft.Insights/actionGroups",),
    "azurerm_monitor_activity_log_alert": ("Microsoft.Insights/activityLogAlerts",),
    "azurerm_monitor_diagnostic_setting": ("Microsoft.Insights/diagnosticSettings",),
    "azurerm_monitor_private_link_scope": ("Microsoft.Insights/privateLinkScopes",),
    "azurerm_mssql_database": (
        "Microsoft.Sql/servers/databases",
        "Microsoft.Sql/servers/databases/extendedAuditingSettings",
        "Microsoft.Sql/servers/databases/securityAlertPolicies",
        "Microsoft.Sql/servers/databases/transparentDataEncryption",
    ),
    "azurerm_mssql_database_extended_auditing_policy": ("Microsoft.Sql/servers/databases/extendedAuditingSettings",),
    "azurerm_mssql_firewall_rule": ("Microsoft.Sql/servers/firewallRules",),
    "azurerm_mssql_managed_instance": ("Microsoft.Sql/managedInstances",),
    "azurerm_mssql_managed_instance_active_directory_administrator": ("Microsoft.Sql/managedInstances",),
    "azurerm_mssql_managed_instance_security_alert_policy": ("Microsoft.Sql/managedInstances/securityAlertPolicies",),
    "azurerm_mssql_managed_instance_transparent_data_encryption": (
        "Microsoft.Sql/managedInstances/encryptionProtector",
    ),
    "azurerm_mssql_managed_instance_vulnerability_assessment": (
        "Microsoft.Sql/managedInstances/vulnerabilityAssessments",
    ),
    "azurerm_mssql_server": (
        "Microsoft.Sql/servers",
        "Microsoft.Sql/servers/connectionPolicies",
        "Microsoft.Sql/servers/extendedAuditingSettings",
        "Microsoft.Sql/servers/sqlVulnerabilityAssessments",
    ),
    "azurerm_mssql_server_extended_auditing_policy": ("Microsoft.Sql/servers/extendedAuditingSettings",),
    "azurerm_mssql_server_security_alert_policy": ("Microsoft.Sql/servers/securityAlertPolicies",),
    "azurerm_mssql_server_transparent_data_encryption": ("Microsoft.Sql/servers/encryptionProtector",),
    "azurerm_mssql_server_vulnerability_assessment": ("Microsoft.Sql/servers/vulnerabilityAssessments",),
    "azurerm_mssql_virtual_network_rule": ("Microsoft.Sql/servers/virtualNetworkRules",),
    "azurerm_mysql_flexible_server": ("Microsoft.DBforMySQL/flexibleServers",),
    "azurerm_mysql_flexible_server_configuration": ("Microsoft.DBforMySQL/flexibleServers/configurations",),
    "azurerm_mysql_flexible_server_firewall_rule": ("Microsoft.DBforMySQL/flexibleServers/firewallRules",),
    "azurerm_network_ddos_protection_plan": ("Microsoft.Network/ddosProtectionPlans",),
    "azurerm_network_interface": ("Microsoft.Network/networkInterfaces",),
    "azurerm_network_interface_security_group_association": ("Microsoft.Network/networkInterfaces",),
    "azurerm_network_security_group": ("Microsoft.Network/networkSecurityGroups",),
    "azurerm_network_security_rule": ("Microsoft.Network/networkSecurityGroups/securityRules",),
    "azurerm_network_watcher": ("Microsoft.Network/networkWatchers",),
    "azurerm_network_watcher_flow_log": ("Microsoft.Network/networkWatchers/flowLogs",),
    "azurerm_postgresql_flexible_server": ("Microsoft.DBforPostgreSQL/flexibleServers",),
    "azurerm_postgresql_flexible_server_configuration": ("Microsoft.DBforPostgreSQL/flexibleServers/configurations",),
    "azurerm_postgresql_flexible_server_firewall_rule": ("Microsoft.DBforPostgreSQL/flexibleServers/firewallRules",),
    "azurerm_private_dns_zone": ("Microsoft.Network/privateDnsZones",),
    "azurerm_private_dns_zone_virtual_network_link": ("Microsoft.Network/privateDnsZones/virtualNetworkLinks",),
    "azurerm_private_endpoint": (
        "Microsoft.Network/privateEndpoints",
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
    ),
    "azurerm_public_ip": ("Microsoft.Network/publicIPAddresses",),
    "azurerm_redis_cache": ("Microsoft.Cache/redis",),
    "azurerm_resource_group": ("Microsoft.Resources/resourceGroups",),
    "azurerm_resource_group_policy_exemption": ("Microsoft.Authorization/policyExemptions",),
    "azurerm_resource_policy_exemption": ("Microsoft.Authorization/policyExemptions",),
    "azurerm_role_assignment": ("Microsoft.Authorization/roleAssignments",),
    "azurerm_role_definition": ("Microsoft.Authorization/roleDefinitions",),
    "azurerm_security_center_contact": ("Microsoft.Security/securityContacts",),
    "azurerm_security_center_subscription_pricing": ("Microsoft.Security/pricings",),
    "azurerm_servicebus_namespace": ("Microsoft.ServiceBus/namespaces",),
    "azurerm_sql_active_directory_administrator": ("Microsoft.Sql/servers/administrators",),
    "azurerm_sql_firewall_rule": ("Microsoft.Sql/servers/firewallRules",),
    "azurerm_sql_server": (
        "Microsoft.Sql/servers",
        "Microsoft.Sql/servers/connectionPolicies",
        "Microsoft.Sql/servers/extendedAuditingSettings",
        "Microsoft.Sql/servers/securityAlertPolicies",
    ),
    "azurerm_storage_account": (
        "Microsoft.Storage/storageAccounts",
        "Microsoft.Storage/storageAccounts/blobServices",
        "Microsoft.Storage/storageAccounts/fileServices",
    ),
    "azurerm_storage_account_customer_managed_key": ("Microsoft.Storage/storageAccounts",),
    "azurerm_storage_account_network_rules": ("Microsoft.Storage/storageAccounts",),
    "azurerm_storage_container": ("Microsoft.Storage/storageAccounts/blobServices/containers",),
    "azurerm_subnet": ("Microsoft.Network/virtualNetworks/subnets",),
    "azurerm_subnet_nat_gateway_association": ("Microsoft.Network/virtualNetworks/subnets",),
    "azurerm_subnet_network_security_group_association": ("Microsoft.Network/virtualNetworks/subnets",),
    "azurerm_subnet_route_table_association": ("Microsoft.Network/virtualNetworks/subnets",),
    "azurerm_subscription_policy_exemption": ("Microsoft.Authorization/policyExemptions",),
    "azurerm_user_assigned_identity": ("Microsoft.ManagedIdentity/userAssignedIdentities",),
    "azurerm_virtual_network": ("Microsoft.Network/virtualNetworks",),
    "azurerm_virtual_network_dns_servers": ("Microsoft.Network/virtualNetworks",),
    "azurerm_virtual_network_gateway": ("Microsoft.Network/virtualNetworkGateways",),
    "azurerm_web_application_firewall_policy": ("Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies",),
    "azurerm_windows_function_app": ("Microsoft.Web/sites",),
    "azurerm_windows_function_app_slot": ("Microsoft.Web/sites/slots",),
    "azurerm_windows_web_app": ("Microsoft.Web/sites",),
    "azurerm_windows_web_app_slot": ("Microsoft.Web/sites/slots",),
}
"""Every Terraform type that has a table, and the ARM types that it makes. A test compares it with the tables."""


@cache
def table_of(kind: str) -> Table | None:
    """The table of a Terraform type; None where there is none."""
    if kind not in INDEX:
        return None
    module: Any = importlib.import_module(f"{__name__}.{SHARED.get(kind, kind.removeprefix('azurerm_'))}")
    table: Table = module.TABLE
    return table
