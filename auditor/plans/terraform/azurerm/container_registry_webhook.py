"""azurerm_container_registry_webhook → Microsoft.ContainerRegistry/registries/webhooks."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.ContainerRegistry/registries/webhooks",
    Child("", "Microsoft.ContainerRegistry/registries", "registry_name"),
    (
        Attr("service_uri", "properties.serviceUri"),
        Attr("status", "properties.status", default="enabled"),
        Attr("scope", "properties.scope"),
        Attr("actions", "properties.actions"),
    ),
)
