"""azurerm_virtual_network_gateway_connection → Microsoft.Network/connections."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Network/connections",
    Group(),
    (
        Attr("type", "properties.connectionType"),
        Attr("connection_protocol", "properties.connectionProtocol", unset=True),
        Attr("virtual_network_gateway_id", "properties.virtualNetworkGateway1.id"),
        Attr("local_network_gateway_id", "properties.localNetworkGateway2.id"),
        Block(
            "ipsec_policy",
            "properties.ipsecPolicies[*]",
            (
                Attr("dh_group", "dhGroup"),
                Attr("ike_encryption", "ikeEncryption"),
                Attr("ike_integrity", "ikeIntegrity"),
                Attr("ipsec_encryption", "ipsecEncryption"),
                Attr("ipsec_integrity", "ipsecIntegrity"),
                Attr("pfs_group", "pfsGroup"),
            ),
        ),
    ),
)
