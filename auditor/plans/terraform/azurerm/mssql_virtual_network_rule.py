"""azurerm_mssql_virtual_network_rule → Microsoft.Sql/servers/virtualNetworkRules."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.Sql/servers/virtualNetworkRules",
    Child("server_id", "Microsoft.Sql/servers", "server_name"),
    (
        Attr("subnet_id", "properties.virtualNetworkSubnetId"),
        Attr("ignore_missing_vnet_service_endpoint", "properties.ignoreMissingVnetServiceEndpoint", default=False),
    ),
)
