"""azurerm_mssql_managed_instance → Microsoft.Sql/managedInstances."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import Attr, Block, Fixed, Group, Table

TABLE: Final = Table(
    "Microsoft.Sql/managedInstances",
    Group(),
    (
        IDENTITY,
        Attr("minimum_tls_version", "properties.minimalTlsVersion", default="1.2"),
        Attr("public_data_endpoint_enabled", "properties.publicDataEndpointEnabled", default=False),
        Block(
            "azure_active_directory_administrator",
            "properties.administrators",
            (
                Fixed("administratorType", "ActiveDirectory"),
                Attr("login_username", "login"),
                Attr("object_id", "sid"),
                Attr("azuread_authentication_only_enabled", "azureADOnlyAuthentication", default=False),
            ),
        ),
    ),
)
