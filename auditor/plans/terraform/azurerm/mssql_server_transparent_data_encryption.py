"""azurerm_mssql_server_transparent_data_encryption → Microsoft.Sql/servers/encryptionProtector."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._sql import PROTECTOR
from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.Sql/servers/encryptionProtector",
    Child("server_id", "Microsoft.Sql/servers"),
    (
        *PROTECTOR,
        Attr("auto_rotation_enabled", "properties.autoRotationEnabled", default=False),
    ),
    name="=current",
)
