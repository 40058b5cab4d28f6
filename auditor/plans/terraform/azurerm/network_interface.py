"""azurerm_network_interface → Microsoft.Network/networkInterfaces."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Network/networkInterfaces",
    Group(),
    (
        Attr("ip_forwarding_enabled|enable_ip_forwarding", "properties.enableIPForwarding", default=False),
        Attr("dns_servers", "properties.dnsSettings.dnsServers"),
        Block(
            "ip_configuration",
            "properties.ipConfigurations[*]",
            (
                Attr("name", "name"),
                Attr("subnet_id", "properties.subnet.id"),
                Attr("public_ip_address_id", "properties.publicIPAddress.id"),
                Attr("private_ip_address_allocation", "properties.privateIPAllocationMethod"),
            ),
            ids=True,
        ),
    ),
)
