"""azurerm_container_registry → Microsoft.ContainerRegistry/registries."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import ENABLED, LOWER_ENABLED, Attr, Block, Extra, Group, Table


def _on_above_zero(days: Any) -> Any:
    return "enabled" if isinstance(days, int | float) and days > 0 else "disabled"


TABLE: Final = Table(
    "Microsoft.ContainerRegistry/registries",
    Group(),
    (
        IDENTITY,
        Attr("sku", "sku.name"),
        Attr("admin_enabled", "properties.adminUserEnabled", default=False),
        Attr("anonymous_pull_enabled", "properties.anonymousPullEnabled", default=False),
        Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, default=True),
        Attr("network_rule_bypass_option", "properties.networkRuleBypassOptions", default="AzureServices"),
        Attr("network_rule_bypass_for_tasks_enabled", "properties.networkRuleBypassAllowedForTasks", default=False),
        Attr("data_endpoint_enabled", "properties.dataEndpointEnabled", default=False),
        Attr("zone_redundancy_enabled", "properties.zoneRedundancy", ENABLED, default=False),
        Attr("role_assignment_mode", "properties.roleAssignmentMode"),
        Attr("export_policy_enabled", "properties.policies.exportPolicy.status", LOWER_ENABLED, default=True),
        Attr("quarantine_policy_enabled", "properties.policies.quarantinePolicy.status", LOWER_ENABLED, default=False),
        Attr(
            "azuread_authentication_as_arm_policy_enabled",
            "properties.policies.azureADAuthenticationAsArmPolicy.status",
            LOWER_ENABLED,
        ),
        Attr("trust_policy_enabled", "properties.policies.trustPolicy.status", LOWER_ENABLED),
        Attr("retention_policy_in_days", "properties.policies.retentionPolicy.days"),
        Attr("retention_policy_in_days", "properties.policies.retentionPolicy.status", _on_above_zero),
        Block(  # until azurerm 3
            "retention_policy",
            "properties.policies.retentionPolicy",
            (Attr("enabled", "status", LOWER_ENABLED, default=False), Attr("days", "days", default=7)),
            unset=True,
        ),
        Block(
            "trust_policy",
            "properties.policies.trustPolicy",
            (Attr("enabled", "status", LOWER_ENABLED, default=False),),
            unset=True,
        ),
        Block(
            "encryption",
            "properties.encryption",
            (
                Attr("enabled", "status", LOWER_ENABLED, default=True),
                Attr("key_vault_key_id", "keyVaultProperties.keyIdentifier"),
                Attr("identity_client_id", "keyVaultProperties.identity"),
            ),
            unset=True,
        ),
        Block(
            "network_rule_set",
            "properties.networkRuleSet",
            (
                Attr("default_action", "defaultAction", default="Allow"),
                Block("ip_rule", "ipRules[*]", (Attr("action", "action"), Attr("ip_range", "value"))),
            ),
            unset=True,
        ),
    ),
    extras=(
        Extra(
            "replications",
            "location",
            "georeplications",
            (
                Attr("location", "location"),
                Attr("zone_redundancy_enabled", "properties.zoneRedundancy", ENABLED, default=False),
            ),
        ),
    ),
)
