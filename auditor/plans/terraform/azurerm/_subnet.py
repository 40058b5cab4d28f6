"""A subnet, inside its virtual network or on its own."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import ENABLED, Attr, Block, objects

SUBNET: Final = (
    Attr("name", "name"),
    Attr("address_prefixes", "properties.addressPrefixes"),
    Attr("address_prefix", "properties.addressPrefix"),  # until azurerm 3
    Attr("security_group", "properties.networkSecurityGroup.id"),
    Attr(  # azurerm 1, and 5, where it is written without being kept
        "network_security_group_id|network_security_group_id_wo", "properties.networkSecurityGroup.id", unset=True
    ),
    Attr("route_table_id|route_table_id_wo", "properties.routeTable.id", unset=True),
    Attr("service_endpoints", "properties.serviceEndpoints", objects("service")),  # until azurerm 4
    Block("service_endpoint", "properties.serviceEndpoints[*]", (Attr("service", "service"),)),
    Attr("default_outbound_access_enabled", "properties.defaultOutboundAccess", default=True),
    Attr("private_endpoint_network_policies_enabled", "properties.privateEndpointNetworkPolicies", ENABLED),
    Attr("private_endpoint_network_policies", "properties.privateEndpointNetworkPolicies"),
    Block(
        "delegation",
        "properties.delegations[*]",
        (
            Attr("name", "name"),
            Block(
                "service_delegation",
                "properties",
                (Attr("name", "serviceName"), Attr("actions", "actions")),
            ),
        ),
    ),
)
