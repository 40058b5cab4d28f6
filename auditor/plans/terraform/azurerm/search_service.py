"""azurerm_search_service → Microsoft.Search/searchServices."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import ENABLED, INVERTED, Attr, Group, Table

TABLE: Final = Table(
    "Microsoft.Search/searchServices",
    Group(),
    (
        IDENTITY,
        Attr("sku", "sku.name"),
        Attr("local_authentication_enabled", "properties.disableLocalAuth", INVERTED, default=True),
        Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, default=True),
    ),
)
