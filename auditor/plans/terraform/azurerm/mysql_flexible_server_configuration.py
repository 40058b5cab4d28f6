"""azurerm_mysql_flexible_server_configuration → Microsoft.DBforMySQL/flexibleServers/configurations."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.DBforMySQL/flexibleServers/configurations",
    Child("", "Microsoft.DBforMySQL/flexibleServers", "server_name"),
    (Attr("value", "properties.value"),),
)
