"""azurerm_windows_virtual_machine → Microsoft.Compute/virtualMachines."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.azurerm._virtual_machine import security, windows
from auditor.plans.terraform.table import Group, Table

TABLE: Final = Table(
    "Microsoft.Compute/virtualMachines",
    Group(),
    (IDENTITY, *windows("properties"), *security("properties")),
)
