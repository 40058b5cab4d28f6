"""azurerm_postgresql_flexible_server_configuration → Microsoft.DBforPostgreSQL/flexibleServers/configurations."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.DBforPostgreSQL/flexibleServers/configurations",
    Child("server_id", "Microsoft.DBforPostgreSQL/flexibleServers"),
    (Attr("value", "properties.value"),),
)
