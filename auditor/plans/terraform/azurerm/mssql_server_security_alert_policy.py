"""azurerm_mssql_server_security_alert_policy → Microsoft.Sql/servers/securityAlertPolicies."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Child, Table

TABLE: Final = Table(
    "Microsoft.Sql/servers/securityAlertPolicies",
    Child("", "Microsoft.Sql/servers", "server_name"),
    (
        Attr("state", "properties.state"),
        Attr("disabled_alerts", "properties.disabledAlerts"),
        Attr("email_addresses", "properties.emailAddresses"),
        Attr("email_account_admins_enabled|email_account_admins", "properties.emailAccountAdmins", default=False),
        Attr("retention_days", "properties.retentionDays", default=0),
        Attr("storage_endpoint", "properties.storageEndpoint"),
    ),
    name="=Default",
)
