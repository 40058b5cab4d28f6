locals {
  note = <<-TEXT
    resource "azurerm_application_gateway" "not_here" {
    TEXT
}

resource "azurerm_web_application_firewall_policy" "edge" {
  name                = "waf-edge"
  location            = azurerm_resource_group.platform.location
  resource_group_name = azurerm_resource_group.platform.name
  policy_settings {
    enabled                     = true
    mode                        = "Prevention"
    request_body_check          = true
    max_request_body_size_in_kb = 128
  }
  managed_rules {
    managed_rule_set {
      type    = "Microsoft_DefaultRuleSet"
      version = "2.1"
    }
    managed_rule_set {
      type    = "Microsoft_BotManagerRuleSet"
      version = "1.1"
    }
  }
}

resource "azurerm_application_gateway" "edge" {
  name                = "agw-edge"
  location            = azurerm_resource_group.platform.location
  resource_group_name = azurerm_resource_group.platform.name
  firewall_policy_id  = azurerm_web_application_firewall_policy.edge.id
  zones               = ["1", "2", "3"]
  sku {
    name     = "WAF_v2"
    tier     = "WAF_v2"
    capacity = 2
  }
  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.gateway.id]
  }
  ssl_policy {
    policy_type = "Predefined"
    policy_name = "AppGwSslPolicy20220101S"
  }
  gateway_ip_configuration {
    name      = "ip"
    subnet_id = azurerm_subnet.each["gateway"].id
  }
  frontend_ip_configuration {
    name                          = "private"
    subnet_id                     = azurerm_subnet.each["gateway"].id
    private_ip_address            = "10.20.0.10"
    private_ip_address_allocation = "Static"
  }
  frontend_port {
    name = "https"
    port = 443
  }
  ssl_certificate {
    name                = "api"
    key_vault_secret_id = "https://kv-platform.vault.azure.net/secrets/api"
  }
  http_listener {
    name                           = "api"
    frontend_ip_configuration_name = "private"
    frontend_port_name             = "https"
    protocol                       = "Https"
    host_name                      = "api.contoso.com"
    ssl_certificate_name           = "api"
  }
  backend_address_pool {
    name  = "apim"
    fqdns = ["apim.internal.contoso.com"]
  }
  probe {
    name                = "apim"
    protocol            = "Https"
    host                = "apim.internal.contoso.com"
    path                = "/status-0123456789abcdef"
    interval            = 30
    timeout             = 30
    unhealthy_threshold = 3
  }
  dynamic "backend_http_settings" {
    for_each = { apim = var.faulty ? "Http" : "Https" }
    content {
      name                  = backend_http_settings.key
      protocol              = backend_http_settings.value
      port                  = 443
      host_name             = "apim.internal.contoso.com"
      cookie_based_affinity = "Disabled"
      probe_name            = "apim"
    }
  }
  request_routing_rule {
    name                       = "api"
    rule_type                  = "Basic"
    priority                   = 10
    http_listener_name         = "api"
    backend_address_pool_name  = "apim"
    backend_http_settings_name = "apim"
  }
}

resource "azurerm_api_management" "apis" {
  name                          = "apim-platform"
  location                      = azurerm_resource_group.platform.location
  resource_group_name           = azurerm_resource_group.platform.name
  publisher_name                = "Contoso"
  publisher_email               = "api@contoso.com"
  sku_name                      = "Premium_2"
  zones                         = ["1", "2"]
  virtual_network_type          = var.faulty ? "External" : "Internal"
  public_network_access_enabled = true
  identity {
    type = "SystemAssigned"
  }
  virtual_network_configuration {
    subnet_id = azurerm_subnet.each["apim"].id
  }
  security {
    tls_rsa_with_aes256_cbc_sha_ciphers_enabled = var.faulty
  }
}
