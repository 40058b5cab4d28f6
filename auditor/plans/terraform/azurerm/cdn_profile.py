"""azurerm_cdn_profile → Microsoft.Cdn/profiles, of the classic CDN."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Group, Table

TABLE: Final = Table("Microsoft.Cdn/profiles", Group(), (Attr("sku", "sku.name"),))
