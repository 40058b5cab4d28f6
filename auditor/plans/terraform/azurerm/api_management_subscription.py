"""azurerm_api_management_subscription → Microsoft.ApiManagement/service/subscriptions, without its keys."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/subscriptions",
    Child("", "Microsoft.ApiManagement/service", "api_management_name"),
    (
        Attr("display_name", "properties.displayName"),
        Attr("product_id|api_id", "properties.scope", otherwise="/apis"),  # neither: every API
        Attr("state", "properties.state", default="submitted"),
    ),
    name="subscription_id",
)
