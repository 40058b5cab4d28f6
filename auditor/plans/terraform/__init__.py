"""Terraform plans: azurerm, azapi, kubernetes and helm resources in their live shape."""
