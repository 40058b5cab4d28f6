"""azurerm_postgresql_flexible_server_firewall_rule → Microsoft.DBforPostgreSQL/flexibleServers/firewallRules."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._flexible_server import FIREWALL_RULE
from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table(
    "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules",
    Child("server_id", "Microsoft.DBforPostgreSQL/flexibleServers"),
    FIREWALL_RULE,
)
