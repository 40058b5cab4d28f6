"""azurerm_role_assignment → Microsoft.Authorization/roleAssignments."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._role import role_definition_id
from auditor.plans.terraform.table import Attr, Extension, Table

TABLE: Final = Table(
    "Microsoft.Authorization/roleAssignments",
    Extension("scope"),
    (
        Attr("scope", "properties.scope"),
        Attr("role_definition_id|role_definition_name", "properties.roleDefinitionId", role_definition_id, unset=True),
        Attr("principal_id", "properties.principalId"),
        Attr("principal_type", "properties.principalType", unset=True),
        Attr("condition", "properties.condition"),
    ),
)
