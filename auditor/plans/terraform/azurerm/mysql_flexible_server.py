"""azurerm_mysql_flexible_server → Microsoft.DBforMySQL/flexibleServers."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._flexible_server import SERVER
from auditor.plans.terraform.table import ENABLED, Attr, Group, Table

TABLE: Final = Table(
    "Microsoft.DBforMySQL/flexibleServers",
    Group(),
    (
        *SERVER,
        Attr("public_network_access_enabled", "properties.network.publicNetworkAccess", ENABLED, unset=True),
        Attr("public_network_access", "properties.network.publicNetworkAccess", unset=True),
    ),
)
