"""azurerm_virtual_network_dns_servers → the DNS servers of its Microsoft.Network/virtualNetworks."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Onto, Table

TABLE: Final = Table(
    "Microsoft.Network/virtualNetworks",
    Onto(Child("virtual_network_id", "Microsoft.Network/virtualNetworks")),
    (Attr("dns_servers", "properties.dhcpOptions.dnsServers"),),
)
