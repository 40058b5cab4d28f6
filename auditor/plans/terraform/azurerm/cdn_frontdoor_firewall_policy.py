"""azurerm_cdn_frontdoor_firewall_policy → Microsoft.Network/FrontDoorWebApplicationFirewallPolicies."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._front_door_waf import CUSTOM, MANAGED, RULE_SETS, STATE
from auditor.plans.terraform.table import Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Network/FrontDoorWebApplicationFirewallPolicies",
    Group(),
    (
        Attr("sku_name", "sku.name"),
        Attr("enabled", "properties.policySettings.enabledState", STATE, default=True),
        Attr("mode", "properties.policySettings.mode"),
        Attr("request_body_check_enabled", "properties.policySettings.requestBodyCheck", STATE, default=True),
        Block(
            "log_scrubbing",
            "properties.policySettings.logScrubbing",
            (
                Attr("enabled", "state", STATE, default=True),
                Block(
                    "scrubbing_rule",
                    "scrubbingRules[*]",
                    (
                        Attr("enabled", "state", STATE, default=True),
                        Attr("match_variable", "matchVariable"),
                        Attr("operator", "selectorMatchOperator", default="Equals"),
                        Attr("selector", "selector"),
                    ),
                ),
            ),
        ),
        CUSTOM,
        Block("managed_rule", RULE_SETS, (*MANAGED.parts, Attr("action", "ruleSetAction"))),
    ),
)
