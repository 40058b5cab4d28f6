"""azurerm_firewall_policy_rule_collection_group → Microsoft.Network/firewallPolicies/ruleCollectionGroups."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Child, Fixed, Part, Table


def _collection(block: str, kind: str, *parts: Part) -> Block:
    """A collection of rules of one kind; all three kinds stand in one array."""
    rule = Block("rule", "rules[*]", (Fixed("ruleType", kind), Attr("name", "name"), *parts))
    collection = "FirewallPolicyNatRuleCollection" if kind == "NatRule" else "FirewallPolicyFilterRuleCollection"
    own = (
        Fixed("ruleCollectionType", collection),
        Attr("name", "name"),
        Attr("priority", "priority"),
        Attr("action", "action.type"),
    )
    return Block(block, "properties.ruleCollections[*]", (*own, rule))


SOURCES: Final = (Attr("source_addresses", "sourceAddresses"), Attr("source_ip_groups", "sourceIpGroups"))
TABLE: Final = Table(
    "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
    Child("firewall_policy_id", "Microsoft.Network/firewallPolicies"),
    (
        Attr("priority", "properties.priority"),
        _collection(
            "application_rule_collection",
            "ApplicationRule",
            *SOURCES,
            Attr("destination_addresses", "destinationAddresses"),
            Attr("destination_fqdns", "targetFqdns"),
            Attr("destination_urls", "targetUrls"),
            Attr("destination_fqdn_tags", "fqdnTags"),
            Attr("web_categories", "webCategories"),
        ),
        _collection(
            "network_rule_collection",
            "NetworkRule",
            *SOURCES,
            Attr("protocols", "ipProtocols"),
            Attr("destination_addresses", "destinationAddresses"),
            Attr("destination_ip_groups", "destinationIpGroups"),
            Attr("destination_fqdns", "destinationFqdns"),
            Attr("destination_ports", "destinationPorts"),
        ),
        _collection(
            "nat_rule_collection",
            "NatRule",
            *SOURCES,
            Attr("protocols", "ipProtocols"),
            Attr("destination_ports", "destinationPorts"),
            Attr("translated_address", "translatedAddress"),
            Attr("translated_fqdn", "translatedFqdn"),
            Attr("translated_port", "translatedPort"),
        ),
    ),
)
