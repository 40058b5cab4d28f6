"""azurerm_windows_virtual_machine_scale_set → Microsoft.Compute/virtualMachineScaleSets."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.azurerm._virtual_machine import security, windows
from auditor.plans.terraform.table import Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Compute/virtualMachineScaleSets",
    Group(),
    (
        IDENTITY,
        *windows("properties.virtualMachineProfile"),
        *security("properties.virtualMachineProfile"),
        Block(
            "automatic_os_upgrade_policy",
            "properties.upgradePolicy.automaticOSUpgradePolicy",
            (Attr("automatic_os_upgrade_enabled|enable_automatic_os_upgrade", "enableAutomaticOSUpgrade"),),
        ),
    ),
)
