"""azurerm_api_management_identity_provider_aad → an identity provider of API Management."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Fixed, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/identityProviders",
    Child("", "Microsoft.ApiManagement/service", "api_management_name"),
    (
        Fixed("properties.type", "aad"),
        Attr("client_id", "properties.clientId"),
        Attr("client_library", "properties.clientLibrary"),
        Attr("allowed_tenants", "properties.allowedTenants"),
        Attr("signin_tenant", "properties.signinTenant"),
    ),
    name="=aad",
)
