"""azurerm_windows_virtual_machine → Microsoft.Compute/virtualMachines."""

from __future__ import annotations

from typing import Final

from auditor.plans.azurerm._identity import IDENTITY
from auditor.plans.azurerm._virtual_machine import security, windows
from auditor.plans.terraform_table import Group, Table

TABLE: Final = Table(
    "Microsoft.Compute/virtualMachines",
    Group(),
    (IDENTITY, *windows("properties"), *security("properties")),
)
