"""azurerm_postgresql_flexible_server → Microsoft.DBforPostgreSQL/flexibleServers."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._flexible_server import SERVER
from auditor.plans.terraform.table import ENABLED, Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.DBforPostgreSQL/flexibleServers",
    Group(),
    (
        *SERVER,
        Attr("public_network_access_enabled", "properties.network.publicNetworkAccess", ENABLED, default=True),
        Block(
            "authentication",
            "properties.authConfig",
            (
                Attr("active_directory_auth_enabled", "activeDirectoryAuth", ENABLED, default=False),
                Attr("password_auth_enabled", "passwordAuth", ENABLED, default=True),
            ),
            implied=True,
        ),
    ),
)
