"""azurerm_…_policy_exemption, on any scope → Microsoft.Authorization/policyExemptions."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Extension, Table

TABLE: Final = Table(
    "Microsoft.Authorization/policyExemptions",
    Extension("resource_id|resource_group_id|subscription_id|management_group_id"),
    (
        Attr("policy_assignment_id", "properties.policyAssignmentId"),
        Attr("exemption_category", "properties.exemptionCategory"),
        Attr("expires_on", "properties.expiresOn"),
        Attr("display_name", "properties.displayName"),
        Attr("description", "properties.description"),
    ),
)
