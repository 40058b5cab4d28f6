"""What tables of Microsoft.Sql share: auditing, threat detection, keys, assessments and connections."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform.table import ENABLED, Attr, Block, Extra


def _of_a_vault(_key: Any) -> str:
    return "AzureKeyVault"


PROTECTOR: Final = (
    Attr("key_vault_key_id|managed_hsm_key_id", "properties.uri"),
    Attr("key_vault_key_id|managed_hsm_key_id", "properties.serverKeyType", _of_a_vault, otherwise="ServiceManaged"),
)
ASSESSMENT: Final = (
    Attr("storage_container_path", "properties.storageContainerPath"),
    Block(
        "recurring_scans",
        "properties.recurringScans",
        (
            Attr("enabled", "isEnabled", default=False),
            Attr("email_subscription_admins", "emailSubscriptionAdmins"),
            Attr("emails", "emails"),
        ),
    ),
)

AUDITING: Final = (
    Attr("enabled", "properties.state", ENABLED, default=True),
    Attr("blob_storage_endpoint|storage_endpoint", "properties.storageEndpoint"),
    Attr("retention_in_days", "properties.retentionDays", default=0),
    Attr("log_monitoring_enabled", "properties.isAzureMonitorTargetEnabled", default=True),
)
CONNECTION_POLICY: Final = Extra(
    "connectionPolicies",
    "=default",
    "",
    (Attr("connection_policy", "properties.connectionType", default="Default"),),
)
INLINE_AUDITING: Final = Extra("extendedAuditingSettings", "=default", "extended_auditing_policy", AUDITING)
"""The auditing that azurerm 1 and 2 write inside a server or a database."""
_SWITCH: Final = {"Enabled": True, "Disabled": False}
THREAT_DETECTION: Final = Extra(
    "securityAlertPolicies",
    "=Default",
    "threat_detection_policy",
    (
        Attr("state", "properties.state", default="Disabled"),
        Attr("disabled_alerts", "properties.disabledAlerts"),
        Attr("email_addresses", "properties.emailAddresses"),
        Attr(
            "email_account_admins_enabled|email_account_admins",
            "properties.emailAccountAdmins",
            _SWITCH,
            default=False,
        ),
        Attr("retention_days", "properties.retentionDays"),
        Attr("storage_endpoint", "properties.storageEndpoint"),
    ),
)
