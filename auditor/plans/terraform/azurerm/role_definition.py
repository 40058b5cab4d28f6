"""azurerm_role_definition → Microsoft.Authorization/roleDefinitions."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform.table import Attr, Block, Extension, Fixed, Table, as_list


def _any(scopes: Any) -> Any:
    """None for an empty list, which azurerm takes as nothing written."""
    return scopes or None


TABLE: Final = Table(
    "Microsoft.Authorization/roleDefinitions",
    Extension("scope"),
    (
        Fixed("properties.type", "CustomRole"),
        Attr("name", "properties.roleName"),
        Attr("description", "properties.description"),
        Attr("scope", "properties.assignableScopes", as_list),  # what azurerm takes where none is written
        Attr("assignable_scopes", "properties.assignableScopes", _any, unset=True),
        Block(
            "permissions",
            "properties.permissions[*]",
            (
                Attr("actions", "actions"),
                Attr("not_actions", "notActions"),
                Attr("data_actions", "dataActions"),
                Attr("not_data_actions", "notDataActions"),
            ),
        ),
    ),
    name="role_definition_id|name",
)
