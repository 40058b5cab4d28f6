"""azurerm_virtual_network → Microsoft.Network/virtualNetworks."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._subnet import SUBNET
from auditor.plans.terraform.table import Attr, Block, Fixed, Group, Table

TABLE: Final = Table(
    "Microsoft.Network/virtualNetworks",
    Group(),
    (
        Attr("address_space", "properties.addressSpace.addressPrefixes"),
        Attr("dns_servers", "properties.dhcpOptions.dnsServers", unset=True),
        Block(
            "ddos_protection_plan",
            "",
            (
                Attr("id", "properties.ddosProtectionPlan.id"),
                Attr("enable", "properties.enableDdosProtection"),
            ),
        ),
        Block("encryption", "properties.encryption", (Attr("enforcement", "enforcement"), Fixed("enabled", True))),
        Block("subnet", "properties.subnets[*]", SUBNET, unset=True, ids=True),
    ),
)
