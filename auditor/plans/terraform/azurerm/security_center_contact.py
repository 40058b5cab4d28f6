"""azurerm_security_center_contact → Microsoft.Security/securityContacts, in the form of the API of 2017."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Fixed, Subscription, Table

ON_OFF: Final = {True: "On", False: "Off"}
TABLE: Final = Table(
    "Microsoft.Security/securityContacts",
    Subscription(),
    (
        Attr("email", "properties.email"),
        Attr("phone", "properties.phone"),
        Fixed("apiVersion", "2017-08-01-preview"),
        Attr("alert_notifications", "properties.alertNotifications", ON_OFF),
        Attr("alerts_to_admins", "properties.alertsToAdmins", ON_OFF),
    ),
)
