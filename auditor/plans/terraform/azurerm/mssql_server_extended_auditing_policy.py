"""azurerm_mssql_server_extended_auditing_policy → Microsoft.Sql/servers/extendedAuditingSettings."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._sql import AUDITING
from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.Sql/servers/extendedAuditingSettings",
    Child("server_id", "Microsoft.Sql/servers"),
    (
        *AUDITING,
        Attr("audit_actions_and_groups", "properties.auditActionsAndGroups", unset=True),
        Attr("predicate_expression", "properties.predicateExpression"),
    ),
    name="=default",
)
