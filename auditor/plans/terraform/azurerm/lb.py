"""azurerm_lb → Microsoft.Network/loadBalancers."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Group, Since, Table

TABLE: Final = Table(
    "Microsoft.Network/loadBalancers",
    Group(),
    (
        Attr("sku", "sku.name", default=Since((((1, 0), "Basic"), ((4, 0), "Standard")))),
        Block(
            "frontend_ip_configuration",
            "properties.frontendIPConfigurations[*]",
            (
                Attr("name", "name"),
                Attr("zones", "zones"),
                Attr("subnet_id", "properties.subnet.id"),
                Attr("public_ip_address_id", "properties.publicIPAddress.id"),
                Attr("public_ip_prefix_id", "properties.publicIPPrefix.id", unset=True),
                Attr("private_ip_address", "properties.privateIPAddress"),
            ),
            ids=True,
        ),
    ),
)
