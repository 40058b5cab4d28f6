"""azurerm_sql_active_directory_administrator (until azurerm 3) → Microsoft.Sql/servers/administrators."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Fixed, Table

TABLE: Final = Table(
    "Microsoft.Sql/servers/administrators",
    Child("", "Microsoft.Sql/servers", "server_name"),
    (
        Fixed("properties.administratorType", "ActiveDirectory"),
        Attr("login", "properties.login"),
        Attr("object_id", "properties.sid"),
        Attr("tenant_id", "properties.tenantId"),
        Attr("azuread_authentication_only", "properties.azureADOnlyAuthentication"),
    ),
    name="=ActiveDirectory",
)
