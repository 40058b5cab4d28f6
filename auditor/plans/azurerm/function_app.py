"""azurerm_function_app (until azurerm 4) → Microsoft.Web/sites."""

from __future__ import annotations

from typing import Final

from auditor.plans.azurerm._identity import IDENTITY
from auditor.plans.azurerm.logic_app_standard import SITE, asked
from auditor.plans.terraform_table import Attr, Group, Table

TABLE: Final = Table(
    "Microsoft.Web/sites",
    Group(),
    (IDENTITY, Attr("https_only", "properties.httpsOnly", default=False), *asked("client_cert_mode"), SITE),
)
