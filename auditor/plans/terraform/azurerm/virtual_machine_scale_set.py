"""azurerm_virtual_machine_scale_set → Microsoft.Compute/virtualMachineScaleSets."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.azurerm._virtual_machine import classic
from auditor.plans.terraform.table import Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Compute/virtualMachineScaleSets",
    Group(),
    (
        IDENTITY,
        Block("os_profile", "properties.virtualMachineProfile.osProfile", (Attr("admin_username", "adminUsername"),)),
        *classic("properties.virtualMachineProfile"),
        Attr("automatic_os_upgrade", "properties.upgradePolicy.automaticOSUpgradePolicy.enableAutomaticOSUpgrade"),
    ),
)
