"""azurerm_mysql_flexible_server_firewall_rule → Microsoft.DBforMySQL/flexibleServers/firewallRules."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._flexible_server import FIREWALL_RULE
from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table(
    "Microsoft.DBforMySQL/flexibleServers/firewallRules",
    Child("", "Microsoft.DBforMySQL/flexibleServers", "server_name"),
    FIREWALL_RULE,
)
