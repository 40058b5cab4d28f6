"""azurerm_cdn_frontdoor_origin_group → Microsoft.Cdn/profiles/originGroups."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Child, Table

TABLE: Final = Table(
    "Microsoft.Cdn/profiles/originGroups",
    Child("cdn_frontdoor_profile_id", "Microsoft.Cdn/profiles"),
    (
        Block(
            "health_probe",
            "properties.healthProbeSettings",
            (
                Attr("protocol", "probeProtocol"),
                Attr("request_type", "probeRequestType", default="HEAD"),
                Attr("path", "probePath", default="/"),
                Attr("interval_in_seconds", "probeIntervalInSeconds"),
            ),
        ),
    ),
)
