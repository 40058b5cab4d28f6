"""azurerm_api_management_policy_fragment → Microsoft.ApiManagement/service/policyFragments."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/policyFragments",
    Child("api_management_id", "Microsoft.ApiManagement/service"),
    (Attr("format", "properties.format", default="xml"), Attr("value", "properties.value")),
)
