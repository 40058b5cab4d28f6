"""azurerm_container_registry_scope_map → Microsoft.ContainerRegistry/registries/scopeMaps."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.ContainerRegistry/registries/scopeMaps",
    Child("", "Microsoft.ContainerRegistry/registries", "container_registry_name"),
    (Attr("actions", "properties.actions"), Attr("description", "properties.description")),
)
