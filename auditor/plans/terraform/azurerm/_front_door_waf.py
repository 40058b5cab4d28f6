"""The parts that firewall policies of both generations of Front Door share."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block

STATE: Final = {True: "Enabled", False: "Disabled"}
EXCLUSION: Final = Block(
    "exclusion",
    "exclusions[*]",
    (
        Attr("match_variable", "matchVariable"),
        Attr("operator", "selectorMatchOperator"),
        Attr("selector", "selector"),
    ),
)
CUSTOM: Final = Block(
    "custom_rule",
    "properties.customRules.rules[*]",
    (
        Attr("name", "name"),
        Attr("enabled", "enabledState", STATE, default=True),
        Attr("priority", "priority", default=1),
        Attr("type", "ruleType"),
        Attr("action", "action"),
        Attr("rate_limit_threshold", "rateLimitThreshold"),
        Block(
            "match_condition",
            "matchConditions[*]",
            (
                Attr("match_variable", "matchVariable"),
                Attr("operator", "operator"),
                Attr("negation_condition", "negateCondition", default=False),
                Attr("match_values", "matchValue"),
            ),
        ),
    ),
)
RULE_SETS: Final = "properties.managedRules.managedRuleSets[*]"
MANAGED: Final = Block(
    "managed_rule",
    RULE_SETS,
    (
        Attr("type", "ruleSetType"),
        Attr("version", "ruleSetVersion"),
        EXCLUSION,
        Block(
            "override",
            "ruleGroupOverrides[*]",
            (
                Attr("rule_group_name", "ruleGroupName"),
                EXCLUSION,
                Block(
                    "rule",
                    "rules[*]",
                    (
                        Attr("rule_id", "ruleId"),
                        Attr("enabled", "enabledState", STATE, default=False, otherwise="Disabled"),
                        Attr("action", "action"),
                        EXCLUSION,
                    ),
                ),
            ),
        ),
    ),
)
