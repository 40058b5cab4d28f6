"""azurerm_frontdoor → Microsoft.Network/frontDoors, as far as its names and their firewall policies go."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import ENABLED, Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Network/frontDoors",
    Group(),
    (
        Attr("load_balancer_enabled", "properties.enabledState", ENABLED, default=True),
        Block(
            "frontend_endpoint",
            "properties.frontendEndpoints[*]",
            (
                Attr("name", "name"),
                Attr("host_name", "properties.hostName"),
                Attr("web_application_firewall_policy_link_id", "properties.webApplicationFirewallPolicyLink.id"),
            ),
            ids=True,
        ),
    ),
)
