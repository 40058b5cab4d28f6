"""azurerm_api_management_named_value → Microsoft.ApiManagement/service/namedValues, without its value."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/namedValues",
    Child("", "Microsoft.ApiManagement/service", "api_management_name"),
    (
        Attr("display_name", "properties.displayName"),
        Attr("secret", "properties.secret", default=False),
        Block(
            "value_from_key_vault",
            "properties.keyVault",
            (Attr("secret_id", "secretIdentifier"), Attr("identity_client_id", "identityClientId")),
        ),
    ),
)
