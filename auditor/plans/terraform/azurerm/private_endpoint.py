"""azurerm_private_endpoint → Microsoft.Network/privateEndpoints, with its DNS zone group."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform.table import Attr, Block, Extra, Group, Table

CONNECTION: Final = (
    Attr("name", "name"),
    # ARM takes an alias in the place of the id.
    Attr("private_connection_resource_id|private_connection_resource_alias", "properties.privateLinkServiceId"),
    Attr("subresource_names", "properties.groupIds"),
)


def _zones(ids: Any) -> Any:
    return [{"properties": {"privateDnsZoneId": item}} for item in ids] if isinstance(ids, list) else ids


TABLE: Final = Table(
    "Microsoft.Network/privateEndpoints",
    Group(),
    (
        Attr("subnet_id", "properties.subnet.id"),
        Block(
            "private_service_connection",
            "properties.privateLinkServiceConnections[*]",
            CONNECTION,
            where=("is_manual_connection", False),
        ),
        Block(
            "private_service_connection",
            "properties.manualPrivateLinkServiceConnections[*]",
            CONNECTION,
            where=("is_manual_connection", True),
        ),
    ),
    extras=(
        Extra(
            "privateDnsZoneGroups",
            "name",
            "private_dns_zone_group",
            (Attr("private_dns_zone_ids", "properties.privateDnsZoneConfigs", _zones),),
        ),
    ),
)
