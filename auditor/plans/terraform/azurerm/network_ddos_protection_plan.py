"""azurerm_network_ddos_protection_plan → Microsoft.Network/ddosProtectionPlans."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Group, Table

TABLE: Final = Table("Microsoft.Network/ddosProtectionPlans", Group(), ())
