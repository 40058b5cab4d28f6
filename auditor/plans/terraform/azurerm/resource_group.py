"""azurerm_resource_group → Microsoft.Resources/resourceGroups."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Subscription, Table

TABLE: Final = Table("Microsoft.Resources/resourceGroups", Subscription(), ())
