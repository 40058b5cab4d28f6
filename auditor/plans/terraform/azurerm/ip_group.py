"""azurerm_ip_group → Microsoft.Network/ipGroups."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Group, Table

TABLE: Final = Table("Microsoft.Network/ipGroups", Group(), (Attr("cidrs", "properties.ipAddresses"),))
