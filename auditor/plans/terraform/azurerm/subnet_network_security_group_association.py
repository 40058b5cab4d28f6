"""azurerm_subnet_network_security_group_association → the group of its subnet."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Onto, Table

TABLE: Final = Table(
    "Microsoft.Network/virtualNetworks/subnets",
    Onto(Child("subnet_id", "Microsoft.Network/virtualNetworks/subnets")),
    (Attr("network_security_group_id", "properties.networkSecurityGroup.id"),),
)
