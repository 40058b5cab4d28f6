"""azurerm_network_interface_security_group_association → the group of its Microsoft.Network/networkInterfaces."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Onto, Table

TABLE: Final = Table(
    "Microsoft.Network/networkInterfaces",
    Onto(Child("network_interface_id", "Microsoft.Network/networkInterfaces")),
    (Attr("network_security_group_id", "properties.networkSecurityGroup.id"),),
)
