"""azurerm_web_application_firewall_policy → Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Group, Table, objects

STATE: Final = {True: "Enabled", False: "Disabled"}
SETTINGS: Final = Block(
    "policy_settings",
    "properties.policySettings",
    (
        Attr("enabled", "state", STATE, default=True),
        Attr("mode", "mode", default="Prevention"),
        Attr("request_body_check", "requestBodyCheck", default=True),
        Attr("request_body_enforcement", "requestBodyEnforcement", default=True),
        Attr("max_request_body_size_in_kb", "maxRequestBodySizeInKb", default=128),
        Attr("request_body_inspect_limit_in_kb", "requestBodyInspectLimitInKB", default=128),
        Attr("file_upload_limit_in_mb", "fileUploadLimitInMb", default=100),
        Block(
            "log_scrubbing",
            "logScrubbing",
            (
                Attr("enabled", "state", STATE, default=True),
                Block(
                    "rule",
                    "scrubbingRules[*]",
                    (
                        Attr("enabled", "state", STATE, default=True),
                        Attr("match_variable", "matchVariable"),
                        Attr("selector_match_operator", "selectorMatchOperator", default="Equals"),
                        Attr("selector", "selector"),
                    ),
                ),
            ),
        ),
    ),
)
CUSTOM: Final = Block(
    "custom_rules",
    "properties.customRules[*]",
    (
        Attr("name", "name"),
        Attr("enabled", "state", STATE, default=True),
        Attr("priority", "priority"),
        Attr("rule_type", "ruleType"),
        Attr("action", "action"),
        Block(
            "match_conditions",
            "matchConditions[*]",
            (
                Attr("operator", "operator"),
                Attr("negation_condition", "negationConditon"),  # spelt so by ARM
                Attr("match_values", "matchValues"),
                Block(
                    "match_variables",
                    "matchVariables[*]",
                    (Attr("variable_name", "variableName"), Attr("selector", "selector")),
                ),
            ),
        ),
    ),
)
EXCLUSION: Final = Block(
    "exclusion",
    "exclusions[*]",
    (
        Attr("match_variable", "matchVariable"),
        Attr("selector", "selector"),
        Attr("selector_match_operator", "selectorMatchOperator"),
        Block(
            "excluded_rule_set",
            "exclusionManagedRuleSets[*]",
            (
                Attr("type", "ruleSetType"),
                Attr("version", "ruleSetVersion"),
                Block(
                    "rule_group",
                    "ruleGroups[*]",
                    (
                        Attr("rule_group_name", "ruleGroupName"),
                        Attr("excluded_rules", "rules", objects("ruleId")),
                    ),
                ),
            ),
        ),
    ),
)
RULE_SET: Final = Block(
    "managed_rule_set",
    "managedRuleSets[*]",
    (
        Attr("type", "ruleSetType", default="OWASP"),
        Attr("version", "ruleSetVersion"),
        Block(
            "rule_group_override",
            "ruleGroupOverrides[*]",
            (
                Attr("rule_group_name", "ruleGroupName"),
                Attr("disabled_rules", "rules", objects("ruleId")),  # until azurerm 3
                Block(
                    "rule",
                    "rules[*]",
                    (
                        Attr("id", "ruleId"),
                        Attr("enabled", "state", STATE, default=False, otherwise="Disabled"),
                        Attr("action", "action"),
                    ),
                ),
            ),
        ),
    ),
)
TABLE: Final = Table(
    "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies",
    Group(),
    (SETTINGS, CUSTOM, Block("managed_rules", "properties.managedRules", (EXCLUSION, RULE_SET))),
)
