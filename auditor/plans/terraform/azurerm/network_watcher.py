"""azurerm_network_watcher → Microsoft.Network/networkWatchers."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Group, Table

TABLE: Final = Table("Microsoft.Network/networkWatchers", Group(), ())
