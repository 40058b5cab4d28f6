"""azurerm_function_app_slot (until azurerm 4) → Microsoft.Web/sites/slots."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.azurerm.logic_app_standard import SITE
from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.Web/sites/slots",
    Child("", "Microsoft.Web/sites", "function_app_name"),
    (IDENTITY, Attr("https_only", "properties.httpsOnly", default=False), SITE),
)
