"""azurerm_api_management_certificate → Microsoft.ApiManagement/service/certificates, without its data."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/certificates",
    Child("", "Microsoft.ApiManagement/service", "api_management_name"),
    (
        Attr("expiration", "properties.expirationDate"),
        Attr("subject", "properties.subject"),
        Attr("thumbprint", "properties.thumbprint"),
        Attr("key_vault_secret_id", "properties.keyVault.secretIdentifier"),
        Attr("key_vault_identity_client_id", "properties.keyVault.identityClientId"),
    ),
)
