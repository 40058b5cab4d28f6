"""azurerm_api_management_api_policy → Microsoft.ApiManagement/service/apis/policies."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._policy import POLICY
from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/apis/policies",
    Child("", "Microsoft.ApiManagement/service", "api_management_name", "apis/{api_name}"),
    POLICY,
    name="=policy",
)
