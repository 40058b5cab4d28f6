"""azurerm_virtual_network_gateway → Microsoft.Network/virtualNetworkGateways, as far as it lets people in."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Network/virtualNetworkGateways",
    Group(),
    (
        Attr("type", "properties.gatewayType"),
        Attr("vpn_type", "properties.vpnType", default="RouteBased"),
        Attr("sku", "properties.sku.name"),
        Block(
            "vpn_client_configuration",
            "properties.vpnClientConfiguration",
            (
                Attr("address_space", "vpnClientAddressPool.addressPrefixes"),
                Attr("vpn_auth_types", "vpnAuthenticationTypes"),
                Attr("vpn_client_protocols", "vpnClientProtocols"),
            ),
        ),
    ),
)
