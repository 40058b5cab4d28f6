"""azurerm_api_management_product_api → Microsoft.ApiManagement/service/products/apis: the product leads to the API."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/products/apis",
    Child("", "Microsoft.ApiManagement/service", "api_management_name", "products/{product_id}"),
    (),
    name="api_name",
)
