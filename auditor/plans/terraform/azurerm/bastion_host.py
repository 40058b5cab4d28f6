"""azurerm_bastion_host → Microsoft.Network/bastionHosts."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import INVERTED, Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Network/bastionHosts",
    Group(),
    (
        Attr("sku", "sku.name", default="Basic"),
        Attr("copy_paste_enabled", "properties.disableCopyPaste", INVERTED, default=True),
        Attr("file_copy_enabled", "properties.enableFileCopy", default=False),
        Attr("ip_connect_enabled", "properties.enableIpConnect", default=False),
        Attr("kerberos_enabled", "properties.enableKerberos", default=False),
        Attr("session_recording_enabled", "properties.enableSessionRecording", default=False),
        Attr("shareable_link_enabled", "properties.enableShareableLink", default=False),
        Attr("tunneling_enabled", "properties.enableTunneling", default=False),
        Attr("virtual_network_id", "properties.virtualNetwork.id"),
        Block(
            "ip_configuration",
            "properties.ipConfigurations[*]",
            (
                Attr("name", "name"),
                Attr("subnet_id", "properties.subnet.id"),
                Attr("public_ip_address_id", "properties.publicIPAddress.id"),
            ),
            ids=True,
        ),
    ),
)
