"""azurerm_container_registry_token → Microsoft.ContainerRegistry/registries/tokens."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import LOWER_ENABLED, Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.ContainerRegistry/registries/tokens",
    Child("", "Microsoft.ContainerRegistry/registries", "container_registry_name"),
    (
        Attr("scope_map_id", "properties.scopeMapId"),
        Attr("enabled", "properties.status", LOWER_ENABLED, default=True),
    ),
)
