"""azurerm_api_management_api_operation_policy → the policy of an operation."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._policy import POLICY
from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/apis/operations/policies",
    Child(
        "",
        "Microsoft.ApiManagement/service",
        "api_management_name",
        "apis/{api_name}/operations/{operation_id}",
    ),
    POLICY,
    name="=policy",
)
