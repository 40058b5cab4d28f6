"""azurerm_subnet_nat_gateway_association → the NAT gateway of its subnet."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Onto, Table

TABLE: Final = Table(
    "Microsoft.Network/virtualNetworks/subnets",
    Onto(Child("subnet_id", "Microsoft.Network/virtualNetworks/subnets")),
    (Attr("nat_gateway_id", "properties.natGateway.id"),),
)
