"""azurerm_cdn_frontdoor_route → Microsoft.Cdn/profiles/afdEndpoints/routes."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import ENABLED, Attr, Child, Table, by_id

TABLE: Final = Table(
    "Microsoft.Cdn/profiles/afdEndpoints/routes",
    Child("cdn_frontdoor_endpoint_id", "Microsoft.Cdn/profiles/afdEndpoints"),
    (
        Attr("enabled", "properties.enabledState", ENABLED, default=True),
        Attr("cdn_frontdoor_custom_domain_ids", "properties.customDomains", by_id),
        Attr("cdn_frontdoor_rule_set_ids", "properties.ruleSets", by_id),
        Attr("cdn_frontdoor_origin_group_id", "properties.originGroup.id"),
        Attr("forwarding_protocol", "properties.forwardingProtocol", default="MatchRequest"),
        Attr("https_redirect_enabled", "properties.httpsRedirect", ENABLED, default=True),
        Attr("link_to_default_domain", "properties.linkToDefaultDomain", ENABLED, default=True),
        Attr("patterns_to_match", "properties.patternsToMatch"),
        Attr("supported_protocols", "properties.supportedProtocols"),
    ),
)
