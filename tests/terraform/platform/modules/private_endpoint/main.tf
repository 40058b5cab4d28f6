variable "name" {}
variable "group" {}
variable "target_id" {}
variable "subnet_id" {}
variable "service" {}
variable "faulty" {}

resource "azurerm_private_dns_zone" "this" {
  name                = { vault = "privatelink.vaultcore.azure.net", registry = "privatelink.azurecr.io" }[var.service]
  resource_group_name = var.group
}

resource "azurerm_private_endpoint" "this" {
  name                = var.name
  location            = "westeurope"
  resource_group_name = var.group
  subnet_id           = var.subnet_id

  private_service_connection {
    name                           = var.name
    private_connection_resource_id = var.target_id
    subresource_names              = [var.service]
    is_manual_connection           = false
  }

  dynamic "private_dns_zone_group" {
    for_each = var.faulty && var.service == "vault" ? [] : ["default"]
    content {
      name                 = private_dns_zone_group.value
      private_dns_zone_ids = [azurerm_private_dns_zone.this.id]
    }
  }
}
