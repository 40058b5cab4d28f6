"""azurerm_firewall_policy → Microsoft.Network/firewallPolicies."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform_table import Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Network/firewallPolicies",
    Group(),
    (
        Attr("sku", "properties.sku.tier", default="Standard", unset=True),
        Attr("base_policy_id", "properties.basePolicy.id"),
        Attr("threat_intelligence_mode", "properties.threatIntelMode", default="Alert"),
        Block("intrusion_detection", "properties.intrusionDetection", (Attr("mode", "mode"),)),
        Block(
            "dns",
            "properties.dnsSettings",
            (Attr("proxy_enabled", "enableProxy", default=False), Attr("servers", "servers")),
        ),
    ),
)
