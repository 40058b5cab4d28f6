"""azurerm_user_assigned_identity → Microsoft.ManagedIdentity/userAssignedIdentities."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Group, Table

TABLE: Final = Table("Microsoft.ManagedIdentity/userAssignedIdentities", Group(), ())
