"""azurerm_mongo_cluster → Microsoft.DocumentDB/mongoClusters."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Group, Table

TABLE: Final = Table(
    "Microsoft.DocumentDB/mongoClusters",
    Group(),
    (
        Attr("public_network_access", "properties.publicNetworkAccess", default="Enabled"),
        Attr("authentication_methods", "properties.authConfig.allowedModes", unset=True),
        Attr("compute_tier", "properties.compute.tier", unset=True),
        Attr("high_availability_mode", "properties.highAvailability.targetMode"),
        Attr("version", "properties.serverVersion"),
    ),
)
