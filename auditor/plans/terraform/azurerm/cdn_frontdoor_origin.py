"""azurerm_cdn_frontdoor_origin → Microsoft.Cdn/profiles/originGroups/origins."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import ENABLED, Attr, Block, Child, Table

TABLE: Final = Table(
    "Microsoft.Cdn/profiles/originGroups/origins",
    Child("cdn_frontdoor_origin_group_id", "Microsoft.Cdn/profiles/originGroups"),
    (
        Attr("enabled|health_probes_enabled", "properties.enabledState", ENABLED, default=True),
        Attr("host_name", "properties.hostName"),
        Attr("origin_host_header", "properties.originHostHeader"),
        Attr("certificate_name_check_enabled", "properties.enforceCertificateNameCheck"),
        Block(
            "private_link",
            "properties.sharedPrivateLinkResource",
            (
                Attr("private_link_target_id", "privateLink.id"),
                Attr("target_type", "groupId"),
                Attr("location", "privateLinkLocation"),
            ),
        ),
    ),
)
