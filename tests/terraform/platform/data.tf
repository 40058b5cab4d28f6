resource "azurerm_key_vault" "platform" {
  name                          = "kv-platform"
  location                      = azurerm_resource_group.platform.location
  resource_group_name           = azurerm_resource_group.platform.name
  tenant_id                     = "00000000-0000-0000-0000-000000000002"
  sku_name                      = "premium"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = true
  soft_delete_retention_days    = 90
  public_network_access_enabled = false
  network_acls {
    bypass         = "AzureServices"
    default_action = "Deny"
  }
}

resource "azurerm_container_registry" "platform" {
  name                          = "crplatform"
  location                      = azurerm_resource_group.platform.location
  resource_group_name           = azurerm_resource_group.platform.name
  sku                           = "Premium"
  admin_enabled                 = false
  public_network_access_enabled = false
  zone_redundancy_enabled       = true
}

# The endpoints stand in a module of their own, their targets here.
module "endpoint" {
  source = "./modules/private_endpoint"
  for_each = {
    vault    = azurerm_key_vault.platform.id
    registry = azurerm_container_registry.platform.id
  }
  name      = "pe-${each.key}"
  group     = azurerm_resource_group.platform.name
  target_id = each.value
  subnet_id = azurerm_subnet.each["endpoints"].id
  service   = each.key
  faulty    = var.faulty
}

resource "azurerm_kubernetes_cluster" "apis" {
  name                      = "aks-platform"
  location                  = azurerm_resource_group.platform.location
  resource_group_name       = azurerm_resource_group.platform.name
  dns_prefix                = "aks"
  private_cluster_enabled   = !var.faulty
  local_account_disabled    = true
  azure_policy_enabled      = true
  run_command_enabled       = false
  oidc_issuer_enabled       = true
  workload_identity_enabled = true
  sku_tier                  = "Standard"
  automatic_upgrade_channel = "stable"
  default_node_pool {
    name                    = "system"
    vm_size                 = "Standard_D4s_v5"
    node_count              = 3
    vnet_subnet_id          = azurerm_subnet.each["aks"].id
    host_encryption_enabled = true
    zones                   = ["1", "2", "3"]
  }
  identity {
    type = "SystemAssigned"
  }
  azure_active_directory_role_based_access_control {
    azure_rbac_enabled = true
    tenant_id          = "00000000-0000-0000-0000-000000000002"
  }
  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_policy      = "cilium"
    network_data_plane  = "cilium"
    outbound_type       = "userDefinedRouting"
  }
}
