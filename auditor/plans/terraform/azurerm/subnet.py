"""azurerm_subnet → Microsoft.Network/virtualNetworks/subnets."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._subnet import SUBNET
from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table(
    "Microsoft.Network/virtualNetworks/subnets",
    Child("virtual_network_id", "Microsoft.Network/virtualNetworks", "virtual_network_name"),
    SUBNET,
)
