"""azurerm_mssql_firewall_rule and azurerm_sql_firewall_rule → Microsoft.Sql/servers/firewallRules."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.Sql/servers/firewallRules",
    Child("server_id", "Microsoft.Sql/servers", "server_name"),
    (
        Attr("start_ip_address", "properties.startIpAddress"),
        Attr("end_ip_address", "properties.endIpAddress"),
    ),
)
