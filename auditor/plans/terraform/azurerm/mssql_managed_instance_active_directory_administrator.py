"""azurerm_mssql_managed_instance_active_directory_administrator → Microsoft.Sql/managedInstances."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Fixed, Onto, Table

TABLE: Final = Table(
    "Microsoft.Sql/managedInstances",
    Onto(Child("managed_instance_id", "Microsoft.Sql/managedInstances")),
    (
        Fixed("properties.administrators.administratorType", "ActiveDirectory"),
        Attr("login_username", "properties.administrators.login"),
        Attr("object_id", "properties.administrators.sid"),
        Attr("azuread_authentication_only", "properties.administrators.azureADOnlyAuthentication", default=False),
    ),
)
