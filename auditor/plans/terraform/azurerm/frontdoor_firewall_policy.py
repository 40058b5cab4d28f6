"""azurerm_frontdoor_firewall_policy → Microsoft.Network/FrontDoorWebApplicationFirewallPolicies, classic."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._front_door_waf import CUSTOM, MANAGED, STATE
from auditor.plans.terraform.table import Attr, Fixed, Group, Table

TABLE: Final = Table(
    "Microsoft.Network/FrontDoorWebApplicationFirewallPolicies",
    Group(),
    (
        Fixed("sku.name", "Classic_AzureFrontDoor"),
        Attr("enabled", "properties.policySettings.enabledState", STATE, default=True),
        Attr("mode", "properties.policySettings.mode", default="Prevention"),
        CUSTOM,
        MANAGED,
    ),
)
