"""azurerm_api_management_product → Microsoft.ApiManagement/service/products."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.ApiManagement/service/products",
    Child("", "Microsoft.ApiManagement/service", "api_management_name"),
    (
        Attr("display_name", "properties.displayName"),
        Attr("published", "properties.state", {True: "published", False: "notPublished"}),
        Attr("subscription_required", "properties.subscriptionRequired", default=True),
        Attr("approval_required", "properties.approvalRequired", otherwise=False),
        Attr("subscriptions_limit", "properties.subscriptionsLimit"),
    ),
    name="product_id",
)
