"""azurerm_monitor_action_group → Microsoft.Insights/actionGroups."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Group, Table

NAME: Final = (Attr("name", "name"),)
TABLE: Final = Table(
    "Microsoft.Insights/actionGroups",
    Group(),
    (
        Attr("short_name", "properties.groupShortName"),
        Attr("enabled", "properties.enabled", default=True),
        Block("arm_role_receiver", "properties.armRoleReceivers[*]", (*NAME, Attr("role_id", "roleId"))),
        Block("automation_runbook_receiver", "properties.automationRunbookReceivers[*]", NAME),
        Block("azure_app_push_receiver", "properties.azureAppPushReceivers[*]", NAME),
        Block("azure_function_receiver", "properties.azureFunctionReceivers[*]", NAME),
        Block(
            "email_receiver",
            "properties.emailReceivers[*]",
            (*NAME, Attr("email_address", "emailAddress")),
        ),
        Block("event_hub_receiver", "properties.eventHubReceivers[*]", NAME),
        Block("itsm_receiver", "properties.itsmReceivers[*]", NAME),
        Block("logic_app_receiver", "properties.logicAppReceivers[*]", NAME),
        Block("sms_receiver", "properties.smsReceivers[*]", NAME),
        Block("voice_receiver", "properties.voiceReceivers[*]", NAME),
        Block("webhook_receiver", "properties.webhookReceivers[*]", NAME),
    ),
)
