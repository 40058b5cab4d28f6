"""azurerm_mssql_managed_instance_transparent_data_encryption → Microsoft.Sql/managedInstances/encryptionProtector."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._sql import PROTECTOR
from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table(
    "Microsoft.Sql/managedInstances/encryptionProtector",
    Child("managed_instance_id", "Microsoft.Sql/managedInstances"),
    PROTECTOR,
    name="=current",
)
