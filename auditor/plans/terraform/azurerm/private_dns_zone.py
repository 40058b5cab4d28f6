"""azurerm_private_dns_zone → Microsoft.Network/privateDnsZones."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Group, Table

TABLE: Final = Table("Microsoft.Network/privateDnsZones", Group(), ())
