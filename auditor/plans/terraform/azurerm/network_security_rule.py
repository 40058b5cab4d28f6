"""azurerm_network_security_rule → Microsoft.Network/networkSecurityGroups/securityRules."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._security_rule import SECURITY_RULE
from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table(
    "Microsoft.Network/networkSecurityGroups/securityRules",
    Child("", "Microsoft.Network/networkSecurityGroups", "network_security_group_name"),
    SECURITY_RULE,
)
