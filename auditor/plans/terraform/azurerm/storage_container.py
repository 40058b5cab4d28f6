"""azurerm_storage_container → Microsoft.Storage/storageAccounts/blobServices/containers."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.Storage/storageAccounts/blobServices/containers",
    Child(
        "storage_account_id",
        "Microsoft.Storage/storageAccounts",
        "storage_account_name",
        "blobServices/default",
    ),
    (
        Attr(
            "container_access_type",
            "properties.publicAccess",
            {"private": "None", "blob": "Blob", "container": "Container", "": "None"},
            default="None",
        ),
    ),
)
