"""One rule of a network security group, inside the group or on its own."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, by_id

SECURITY_RULE: Final = (
    Attr("name", "name"),
    Attr("access", "properties.access"),
    Attr("direction", "properties.direction"),
    Attr("priority", "properties.priority"),
    Attr("protocol", "properties.protocol"),
    Attr("description", "properties.description"),
    Attr("source_port_range", "properties.sourcePortRange"),
    Attr("source_port_ranges", "properties.sourcePortRanges"),
    Attr("destination_port_range", "properties.destinationPortRange"),
    Attr("destination_port_ranges", "properties.destinationPortRanges"),
    Attr("source_address_prefix", "properties.sourceAddressPrefix"),
    Attr("source_address_prefixes", "properties.sourceAddressPrefixes"),
    Attr("destination_address_prefix", "properties.destinationAddressPrefix"),
    Attr("destination_address_prefixes", "properties.destinationAddressPrefixes"),
    Attr("source_application_security_group_ids", "properties.sourceApplicationSecurityGroups", by_id),
    Attr("destination_application_security_group_ids", "properties.destinationApplicationSecurityGroups", by_id),
)
