"""azurerm_virtual_machine → Microsoft.Compute/virtualMachines."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.azurerm._virtual_machine import classic
from auditor.plans.terraform.table import Attr, Block, Group, Table


def _file(uri: Any) -> Any:
    return uri or None


_DISK: Final = (
    Attr("vhd_uri", "vhd.uri", _file),
    Attr("managed_disk_type", "managedDisk.storageAccountType"),
)

TABLE: Final = Table(
    "Microsoft.Compute/virtualMachines",
    Group(),
    (
        IDENTITY,
        *classic("properties"),
        Block("storage_os_disk", "properties.storageProfile.osDisk", _DISK),
        Block("storage_data_disk", "properties.storageProfile.dataDisks[*]", _DISK),
    ),
)
