"""azurerm_firewall → Microsoft.Network/azureFirewalls."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Network/azureFirewalls",
    Group(),
    (
        Attr("sku_name", "properties.sku.name"),
        Attr("sku_tier", "properties.sku.tier"),
        Attr("firewall_policy_id", "properties.firewallPolicy.id"),
        Attr("threat_intel_mode", "properties.threatIntelMode", unset=True),
        Block(
            "ip_configuration",
            "properties.ipConfigurations[*]",
            (
                Attr("name", "name"),
                Attr("subnet_id", "properties.subnet.id"),
                Attr("public_ip_address_id", "properties.publicIPAddress.id"),
                Attr("private_ip_address", "properties.privateIPAddress"),
            ),
            ids=True,
        ),
        Block("virtual_hub", "properties.virtualHub", (Attr("virtual_hub_id", "id"),)),
    ),
)
