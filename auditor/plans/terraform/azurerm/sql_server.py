"""azurerm_sql_server (until azurerm 3) → Microsoft.Sql/servers, with its auditing and threat detection."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.azurerm._sql import CONNECTION_POLICY, INLINE_AUDITING, THREAT_DETECTION
from auditor.plans.terraform.table import Attr, Fixed, Group, Table

TABLE: Final = Table(
    "Microsoft.Sql/servers",
    Group(),
    (
        IDENTITY,
        Fixed("kind", "v12.0"),
        Attr("version", "properties.version"),
        Attr("administrator_login", "properties.administratorLogin"),
    ),
    extras=(CONNECTION_POLICY, INLINE_AUDITING, THREAT_DETECTION),
)
