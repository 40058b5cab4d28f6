"""azurerm_api_management_product_policy → Microsoft.ApiManagement/service/products/policies."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._policy import POLICY
from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/products/policies",
    Child("", "Microsoft.ApiManagement/service", "api_management_name", "products/{product_id}"),
    POLICY,
    name="=policy",
)
