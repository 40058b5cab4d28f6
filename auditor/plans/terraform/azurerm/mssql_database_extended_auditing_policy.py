"""azurerm_mssql_database_extended_auditing_policy → Microsoft.Sql/servers/databases/extendedAuditingSettings."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._sql import AUDITING
from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table(
    "Microsoft.Sql/servers/databases/extendedAuditingSettings",
    Child("database_id", "Microsoft.Sql/servers/databases"),
    AUDITING,
    name="=default",
)
