"""azurerm_api_management_api_operation → Microsoft.ApiManagement/service/apis/operations."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/apis/operations",
    Child("", "Microsoft.ApiManagement/service", "api_management_name", "apis/{api_name}"),
    (
        Attr("display_name", "properties.displayName"),
        Attr("method", "properties.method"),
        Attr("url_template", "properties.urlTemplate"),
    ),
    name="operation_id",
)
