"""azurerm_private_dns_zone_virtual_network_link → Microsoft.Network/privateDnsZones/virtualNetworkLinks."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
    Child("private_dns_zone_id", "Microsoft.Network/privateDnsZones", "private_dns_zone_name"),
    (
        Attr("virtual_network_id", "properties.virtualNetwork.id"),
        Attr("registration_enabled", "properties.registrationEnabled", default=False),
        Attr("resolution_policy", "properties.resolutionPolicy"),
    ),
)
