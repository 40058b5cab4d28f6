"""azurerm_network_security_group → Microsoft.Network/networkSecurityGroups."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._security_rule import SECURITY_RULE
from auditor.plans.terraform.table import Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Network/networkSecurityGroups",
    Group(),
    (Block("security_rule", "properties.securityRules[*]", SECURITY_RULE, unset=True, ids=True),),
)
