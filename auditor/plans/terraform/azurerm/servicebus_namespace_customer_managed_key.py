"""azurerm_servicebus_namespace_customer_managed_key → encryption of its Microsoft.ServiceBus/namespaces."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm.servicebus_namespace import KEY
from auditor.plans.terraform.table import Block, Child, Onto, Table

TABLE: Final = Table(
    "Microsoft.ServiceBus/namespaces",
    Onto(Child("namespace_id", "Microsoft.ServiceBus/namespaces")),
    (Block(".", "properties.encryption", KEY),),
)
