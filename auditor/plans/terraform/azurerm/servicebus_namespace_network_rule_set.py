"""azurerm_servicebus_namespace_network_rule_set (until azurerm 3) → its Microsoft.ServiceBus/namespaces."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import ENABLED, Attr, Child, Onto, Table

TABLE: Final = Table(
    "Microsoft.ServiceBus/namespaces",
    Onto(Child("namespace_id", "Microsoft.ServiceBus/namespaces")),
    (Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, default=True),),
)
