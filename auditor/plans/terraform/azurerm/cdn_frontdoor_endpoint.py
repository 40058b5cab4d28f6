"""azurerm_cdn_frontdoor_endpoint → Microsoft.Cdn/profiles/afdEndpoints."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import ENABLED, Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.Cdn/profiles/afdEndpoints",
    Child("cdn_frontdoor_profile_id", "Microsoft.Cdn/profiles"),
    (Attr("enabled", "properties.enabledState", ENABLED, default=True),),
)
