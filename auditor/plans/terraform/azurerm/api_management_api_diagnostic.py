"""azurerm_api_management_api_diagnostic → Microsoft.ApiManagement/service/apis/diagnostics."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._diagnostic import LOGGED
from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/apis/diagnostics",
    Child("", "Microsoft.ApiManagement/service", "api_management_name", "apis/{api_name}"),
    LOGGED,
    name="identifier",
)
