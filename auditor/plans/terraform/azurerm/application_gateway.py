"""azurerm_application_gateway → Microsoft.Network/applicationGateways: names of blocks become ids."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import Attr, Below, Block, Fixed, Group, Since, Table, objects

SSL_POLICY: Final = (
    Attr("policy_type", "policyType"),
    Attr("policy_name", "policyName"),
    Attr("min_protocol_version", "minProtocolVersion"),
    Attr("cipher_suites", "cipherSuites"),
    Attr("disabled_protocols", "disabledSslProtocols"),
)
FRONTEND: Final = (
    Block(
        "gateway_ip_configuration",
        "properties.gatewayIPConfigurations[*]",
        (Attr("name", "name"), Attr("subnet_id", "properties.subnet.id")),
        ids=True,
    ),
    Block(
        "frontend_ip_configuration",
        "properties.frontendIPConfigurations[*]",
        (
            Attr("name", "name"),
            Attr("public_ip_address_id", "properties.publicIPAddress.id"),
            Attr("private_ip_address", "properties.privateIPAddress"),
            Attr("private_ip_address_allocation", "properties.privateIPAllocationMethod"),
            Attr("subnet_id", "properties.subnet.id"),
        ),
        ids=True,
    ),
    Block(
        "frontend_port",
        "properties.frontendPorts[*]",
        (Attr("name", "name"), Attr("port", "properties.port")),
        ids=True,
    ),
)
LISTENER: Final = (
    Attr("name", "name"),
    Attr("protocol", "properties.protocol"),
    Attr("host_name", "properties.hostName"),
    Attr("host_names", "properties.hostNames"),
    Attr("require_sni|sni_required", "properties.requireServerNameIndication"),
    Attr("firewall_policy_id", "properties.firewallPolicy.id"),
    Below("frontend_ip_configuration_name", "properties.frontendIPConfiguration", "frontendIPConfigurations"),
    Below("frontend_port_name", "properties.frontendPort", "frontendPorts"),
    Below("ssl_certificate_name", "properties.sslCertificate", "sslCertificates"),
    Below("ssl_profile_name", "properties.sslProfile", "sslProfiles"),
)
BACKEND: Final = (
    Block(
        "backend_address_pool",
        "properties.backendAddressPools[*]",
        (
            Attr("name", "name"),
            Attr("fqdns", "properties.backendAddresses", objects("fqdn")),
            Attr("ip_addresses", "properties.backendAddresses", objects("ipAddress")),
        ),
        ids=True,
    ),
    Block(
        "backend_http_settings",
        "properties.backendHttpSettingsCollection[*]",
        (
            Attr("name", "name"),
            Attr("protocol", "properties.protocol"),
            Attr("port", "properties.port"),
            Attr("host_name", "properties.hostName"),
            Attr("pick_host_name_from_backend_address", "properties.pickHostNameFromBackendAddress"),
            Attr("certificate_chain_validation_enabled", "properties.validateCertChainAndExpiry"),
            Attr("sni_validation_enabled", "properties.validateSNI"),
            Attr("sni_name", "properties.sniName"),
            Attr("cookie_based_affinity", "properties.cookieBasedAffinity"),
            Below("probe_name", "properties.probe", "probes"),
            Below(
                "trusted_root_certificate_names",
                "properties.trustedRootCertificates",
                "trustedRootCertificates",
                many=True,
            ),
            Block(
                "connection_draining",
                "properties.connectionDraining",
                (Attr("enabled", "enabled"), Attr("drain_timeout_sec", "drainTimeoutInSec")),
            ),
        ),
        ids=True,
    ),
    Block(
        "probe",
        "properties.probes[*]",
        (
            Attr("name", "name"),
            Attr("protocol", "properties.protocol"),
            Attr("host", "properties.host"),
            Attr("path", "properties.path"),
            Attr("pick_host_name_from_backend_http_settings", "properties.pickHostNameFromBackendHttpSettings"),
            Block(
                "match",
                "properties.match",
                (Attr("status_code", "statusCodes"), Attr("body", "body")),
            ),
        ),
        ids=True,
    ),
)
TO_BACKEND: Final = (
    Below("backend_address_pool_name", "properties.backendAddressPool", "backendAddressPools"),
    Below("backend_http_settings_name", "properties.backendHttpSettings", "backendHttpSettingsCollection"),
    Below("redirect_configuration_name", "properties.redirectConfiguration", "redirectConfigurations"),
    Below("rewrite_rule_set_name", "properties.rewriteRuleSet", "rewriteRuleSets"),
)
ROUTING: Final = (
    Block(
        "request_routing_rule",
        "properties.requestRoutingRules[*]",
        (
            Attr("name", "name"),
            Attr("rule_type", "properties.ruleType"),
            Attr("priority", "properties.priority"),
            Below("http_listener_name", "properties.httpListener", "httpListeners"),
            Below("url_path_map_name", "properties.urlPathMap", "urlPathMaps"),
            *TO_BACKEND,
        ),
        ids=True,
    ),
    Block(
        "url_path_map",
        "properties.urlPathMaps[*]",
        (
            Attr("name", "name"),
            Below("default_backend_address_pool_name", "properties.defaultBackendAddressPool", "backendAddressPools"),
            Below(
                "default_backend_http_settings_name",
                "properties.defaultBackendHttpSettings",
                "backendHttpSettingsCollection",
            ),
            Below(
                "default_redirect_configuration_name",
                "properties.defaultRedirectConfiguration",
                "redirectConfigurations",
            ),
            Block(
                "path_rule",
                "properties.pathRules[*]",
                (
                    Attr("name", "name"),
                    Attr("paths", "properties.paths"),
                    Attr("firewall_policy_id", "properties.firewallPolicy.id"),
                    *TO_BACKEND,
                ),
                ids=True,
            ),
        ),
        ids=True,
    ),
    Block(
        "redirect_configuration",
        "properties.redirectConfigurations[*]",
        (
            Attr("name", "name"),
            Attr("redirect_type", "properties.redirectType"),
            Attr("target_url", "properties.targetUrl"),
            Attr("include_path", "properties.includePath"),
            Attr("include_query_string", "properties.includeQueryString"),
            Below("target_listener_name", "properties.targetListener", "httpListeners"),
        ),
        ids=True,
    ),
)
TLS: Final = (
    Block("ssl_policy", "properties.sslPolicy", SSL_POLICY, unset=True),
    Block(
        "ssl_profile",
        "properties.sslProfiles[*]",
        (
            Attr("name", "name"),
            Attr(
                "verify_client_certificate_issuer_dn|verify_client_cert_issuer_dn",
                "properties.clientAuthConfiguration.verifyClientCertIssuerDN",
                default=False,
            ),
            # Not in azurerm 5.2.0, in 5.10.0.
            Attr("client_authentication_mode", "properties.clientAuthConfiguration.verifyClientAuthMode"),
            Attr(
                "verify_client_certificate_revocation",
                "properties.clientAuthConfiguration.verifyClientRevocation",
                otherwise="None",
            ),
            Below(
                "trusted_client_certificate_names",
                "properties.trustedClientCertificates",
                "trustedClientCertificates",
                many=True,
            ),
            Block("ssl_policy", "properties.sslPolicy", SSL_POLICY),
        ),
        ids=True,
    ),
    Block(
        "ssl_certificate",
        "properties.sslCertificates[*]",
        (Attr("name", "name"), Attr("key_vault_secret_id", "properties.keyVaultSecretId")),
        ids=True,
    ),
    Block(
        "trusted_root_certificate",
        "properties.trustedRootCertificates[*]",
        (Attr("name", "name"), Attr("key_vault_secret_id", "properties.keyVaultSecretId")),
        ids=True,
    ),
    Block("trusted_client_certificate", "properties.trustedClientCertificates[*]", (Attr("name", "name"),), ids=True),
)
LAYER_4: Final = (
    Block(
        "listener",
        "properties.listeners[*]",
        (
            Attr("name", "name"),
            Attr("protocol", "properties.protocol"),
            Below("ssl_certificate_name", "properties.sslCertificate", "sslCertificates"),
            Below("ssl_profile_name", "properties.sslProfile", "sslProfiles"),
        ),
        ids=True,
    ),
    Block(
        "backend",
        "properties.backendSettingsCollection[*]",
        (
            Attr("name", "name"),
            Attr("protocol", "properties.protocol"),
            Below("probe_name", "properties.probe", "probes"),
        ),
        ids=True,
    ),
    Block(
        "routing_rule",
        "properties.routingRules[*]",
        (
            Attr("name", "name"),
            Below("listener_name", "properties.listener", "listeners"),
            Below("backend_name", "properties.backendSettings", "backendSettingsCollection"),
        ),
        ids=True,
    ),
)
WAF: Final = (
    Attr("firewall_policy_id", "properties.firewallPolicy.id"),
    Block(
        "waf_configuration",
        "properties.webApplicationFirewallConfiguration",
        (
            Attr("enabled", "enabled"),
            Attr("firewall_mode", "firewallMode"),
            Attr("rule_set_type", "ruleSetType", default="OWASP"),
            Attr("rule_set_version", "ruleSetVersion"),
            Attr("request_body_check", "requestBodyCheck", default=True),
            Block(
                "disabled_rule_group",
                "disabledRuleGroups[*]",
                (Attr("rule_group_name", "ruleGroupName"), Attr("rules", "rules")),
            ),
        ),
    ),
)
TABLE: Final = Table(
    "Microsoft.Network/applicationGateways",
    Group(),
    (
        IDENTITY,
        # From API version 2023-02-01 on the default TLS policy asks for TLS 1.2.
        Fixed("apiVersion", Since((((1, 0), "2022-07-01"), ((3, 68), "2023-11-01")))),
        Block(
            "sku",
            "properties.sku",
            (Attr("name", "name"), Attr("tier", "tier"), Attr("capacity", "capacity")),
        ),
        Block(
            "autoscale_configuration",
            "properties.autoscaleConfiguration",
            (Attr("min_capacity", "minCapacity"), Attr("max_capacity", "maxCapacity")),
        ),
        Attr("http2_enabled|enable_http2", "properties.enableHttp2", default=False),
        Attr("fips_enabled", "properties.enableFips"),
        *FRONTEND,
        Block("http_listener", "properties.httpListeners[*]", LISTENER, ids=True),
        *BACKEND,
        *ROUTING,
        *TLS,
        *LAYER_4,
        *WAF,
    ),
)
