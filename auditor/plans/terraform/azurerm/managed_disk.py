"""azurerm_managed_disk → Microsoft.Compute/disks."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import ENABLED, Attr, Group, Table

TABLE: Final = Table(
    "Microsoft.Compute/disks",
    Group(),
    (
        Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, default=True),
        Attr("network_access_policy", "properties.networkAccessPolicy"),
        Attr("disk_encryption_set_id", "properties.encryption.diskEncryptionSetId"),
    ),
)
