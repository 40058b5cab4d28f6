resource "azurerm_virtual_network" "platform" {
  name                = "vnet-platform"
  location            = azurerm_resource_group.platform.location
  resource_group_name = azurerm_resource_group.platform.name
  address_space       = ["10.20.0.0/16"]
}

resource "azurerm_subnet" "each" {
  for_each = {
    gateway   = "10.20.0.0/24"
    apim      = "10.20.1.0/24"
    aks       = "10.20.8.0/21"
    endpoints = "10.20.2.0/24"
  }
  name                 = "snet-${each.key}"
  resource_group_name  = azurerm_resource_group.platform.name
  virtual_network_name = azurerm_virtual_network.platform.name
  address_prefixes     = [each.value]
}

resource "azurerm_network_security_group" "each" {
  for_each            = azurerm_subnet.each
  name                = "nsg-${each.key}"
  location            = azurerm_resource_group.platform.location
  resource_group_name = azurerm_resource_group.platform.name
}

resource "azurerm_network_security_rule" "ssh" {
  count                       = var.faulty ? 1 : 0
  name                        = "ssh"
  resource_group_name         = azurerm_resource_group.platform.name
  network_security_group_name = azurerm_network_security_group.each["aks"].name
  priority                    = 100
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_address_prefix       = "*"
  source_port_range           = "*"
  destination_address_prefix  = "*"
  destination_port_range      = "22"
}

resource "azurerm_subnet_network_security_group_association" "each" {
  for_each                  = azurerm_subnet.each
  subnet_id                 = each.value.id
  network_security_group_id = azurerm_network_security_group.each[each.key].id
}
