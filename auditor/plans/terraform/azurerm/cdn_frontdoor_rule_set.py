"""azurerm_cdn_frontdoor_rule_set → Microsoft.Cdn/profiles/ruleSets."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table("Microsoft.Cdn/profiles/ruleSets", Child("cdn_frontdoor_profile_id", "Microsoft.Cdn/profiles"), ())
