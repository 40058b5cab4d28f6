"""azurerm_orchestrated_virtual_machine_scale_set → Microsoft.Compute/virtualMachineScaleSets."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Compute/virtualMachineScaleSets",
    Group(),
    (
        IDENTITY,
        # without a profile it holds machines that are made one by one: no default
        Attr("encryption_at_host_enabled", "properties.virtualMachineProfile.securityProfile.encryptionAtHost"),
        Block(
            "os_profile",
            "properties.virtualMachineProfile.osProfile",
            (
                Block(
                    "linux_configuration",
                    "linuxConfiguration",
                    (Attr("disable_password_authentication", "disablePasswordAuthentication", default=True),),
                ),
                Block(
                    "windows_configuration",
                    "windowsConfiguration",
                    (
                        Attr(
                            "automatic_updates_enabled|enable_automatic_updates", "enableAutomaticUpdates", default=True
                        ),
                    ),
                ),
            ),
        ),
    ),
)
