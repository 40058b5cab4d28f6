"""azurerm_mssql_managed_instance_security_alert_policy → Microsoft.Sql/managedInstances/securityAlertPolicies."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import ENABLED, Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.Sql/managedInstances/securityAlertPolicies",
    Child("", "Microsoft.Sql/managedInstances", "managed_instance_name"),
    (
        Attr("enabled", "properties.state", ENABLED, default=False),
        Attr("disabled_alerts", "properties.disabledAlerts"),
        Attr("email_addresses", "properties.emailAddresses"),
        Attr("email_account_admins_enabled", "properties.emailAccountAdmins", default=False),
    ),
    name="=Default",
)
