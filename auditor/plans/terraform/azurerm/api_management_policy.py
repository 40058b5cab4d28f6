"""azurerm_api_management_policy → Microsoft.ApiManagement/service/policies."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._policy import POLICY
from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/policies",
    Child("api_management_id", "Microsoft.ApiManagement/service", "api_management_name"),
    POLICY,
    name="=policy",
)
