"""azurerm_cdn_frontdoor_profile → Microsoft.Cdn/profiles, of Front Door."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import Attr, Group, Table

TABLE: Final = Table("Microsoft.Cdn/profiles", Group(), (Attr("sku_name", "sku.name"), IDENTITY))
