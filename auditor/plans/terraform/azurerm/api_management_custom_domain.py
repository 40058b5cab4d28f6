"""azurerm_api_management_custom_domain → the domains of its Microsoft.ApiManagement/service."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._hostname import DOMAINS, domains
from auditor.plans.terraform.table import Child, Onto, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service",
    Onto(Child("api_management_id", "Microsoft.ApiManagement/service")),
    (domains("gateway|proxy", "Proxy"), *DOMAINS),
)
