"""azurerm_cdn_frontdoor_security_policy → Microsoft.Cdn/profiles/securityPolicies."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Child, Fixed, Table

TABLE: Final = Table(
    "Microsoft.Cdn/profiles/securityPolicies",
    Child("cdn_frontdoor_profile_id", "Microsoft.Cdn/profiles"),
    (
        Block(
            "security_policies",
            "properties.parameters",
            (
                Fixed("type", "WebApplicationFirewall"),
                Block(
                    "firewall",
                    "",
                    (
                        Attr("cdn_frontdoor_firewall_policy_id", "wafPolicy.id"),
                        Block(
                            "association",
                            "associations[*]",
                            (
                                Attr("patterns_to_match", "patternsToMatch"),
                                Block("domain", "domains[*]", (Attr("cdn_frontdoor_domain_id", "id"),)),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
)
