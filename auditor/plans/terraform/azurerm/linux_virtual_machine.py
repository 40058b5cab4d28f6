"""azurerm_linux_virtual_machine → Microsoft.Compute/virtualMachines."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.azurerm._virtual_machine import linux, security
from auditor.plans.terraform.table import Group, Table

TABLE: Final = Table(
    "Microsoft.Compute/virtualMachines",
    Group(),
    (IDENTITY, *linux("properties"), *security("properties")),
)
