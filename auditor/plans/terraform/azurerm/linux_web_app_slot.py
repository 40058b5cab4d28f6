"""azurerm_linux_web_app_slot and its siblings for Windows and Functions → Microsoft.Web/sites/slots."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm.linux_web_app import PARTS
from auditor.plans.terraform.table import Child, Table

TABLE: Final = Table("Microsoft.Web/sites/slots", Child("app_service_id|function_app_id", "Microsoft.Web/sites"), PARTS)
