"""azurerm_subnet_route_table_association → the route table of its subnet."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Onto, Table

TABLE: Final = Table(
    "Microsoft.Network/virtualNetworks/subnets",
    Onto(Child("subnet_id", "Microsoft.Network/virtualNetworks/subnets")),
    (Attr("route_table_id", "properties.routeTable.id"),),
)
