"""azurerm_security_center_subscription_pricing → Microsoft.Security/pricings."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Fixed, Subscription, Table

TABLE: Final = Table(
    "Microsoft.Security/pricings",
    Subscription(),
    (
        Attr("tier", "properties.pricingTier"),
        Attr("subplan", "properties.subPlan", unset=True),
        Block("extension", "properties.extensions[*]", (Attr("name", "name"), Fixed("isEnabled", "True"))),
    ),
    name="resource_type",
)
