"""azurerm_firewall_policy → Microsoft.Network/firewallPolicies."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Network/firewallPolicies",
    Group(),
    (
        Attr("sku", "properties.sku.tier", default="Standard", unset=True),
        Attr("base_policy_id", "properties.basePolicy.id"),
        Attr("threat_intelligence_mode", "properties.threatIntelMode", default="Alert"),
        Block(
            "threat_intelligence_allowlist",
            "properties.threatIntelWhitelist",
            (Attr("fqdns", "fqdns"), Attr("ip_addresses", "ipAddresses")),
        ),
        Block(
            "intrusion_detection",
            "properties.intrusionDetection",
            (
                Attr("mode", "mode"),
                Block(
                    "signature_overrides",
                    "configuration.signatureOverrides[*]",
                    (Attr("id", "id"), Attr("state", "mode")),
                ),
                Block(
                    "traffic_bypass",
                    "configuration.bypassTrafficSettings[*]",
                    (
                        Attr("name", "name"),
                        Attr("protocol", "protocol"),
                        Attr("source_addresses", "sourceAddresses"),
                        Attr("source_ip_groups", "sourceIpGroups"),
                        Attr("destination_addresses", "destinationAddresses"),
                        Attr("destination_ip_groups", "destinationIpGroups"),
                        Attr("destination_ports", "destinationPorts"),
                    ),
                ),
            ),
        ),
        Block(
            "tls_certificate",
            "properties.transportSecurity.certificateAuthority",
            (Attr("name", "name"), Attr("key_vault_secret_id", "keyVaultSecretId")),
        ),
        Block(
            "dns",
            "properties.dnsSettings",
            (Attr("proxy_enabled", "enableProxy", default=False), Attr("servers", "servers")),
        ),
    ),
)
