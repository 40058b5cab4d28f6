"""azurerm_app_service_slot (until azurerm 3) → Microsoft.Web/sites/slots."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm.app_service import PARTS
from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table("Microsoft.Web/sites/slots", Child("", "Microsoft.Web/sites", "app_service_name"), PARTS)
