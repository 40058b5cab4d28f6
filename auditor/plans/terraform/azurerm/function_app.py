"""azurerm_function_app (until azurerm 4) → Microsoft.Web/sites."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.azurerm.logic_app_standard import SITE, asked
from auditor.plans.terraform.table import Attr, Group, Table

TABLE: Final = Table(
    "Microsoft.Web/sites",
    Group(),
    (IDENTITY, Attr("https_only", "properties.httpsOnly", default=False), *asked("client_cert_mode"), SITE),
)
