"""azurerm_api_management → Microsoft.ApiManagement/service, with its policy and direct access."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform.azurerm._hostname import DOMAINS, domains
from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.azurerm._policy import POLICY
from auditor.plans.terraform.table import ENABLED, TRUE_FALSE, Attr, Block, Extra, Group, Table

_SECURITY: Final = "properties.customProperties['Microsoft.WindowsAzure.ApiManagement.Gateway.Security"
_HTTP2: Final = "properties.customProperties['Microsoft.WindowsAzure.ApiManagement.Gateway.Protocols.Server.Http2']"
_CIPHERS: Final = (
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
)


def _switch(names: str, key: str) -> Attr:
    return Attr(names, f"{_SECURITY}.{key}']", TRUE_FALSE, default=False)


def _cipher(name: str) -> Attr:
    return _switch(f"{name.lower().replace('aes_', 'aes')}_ciphers_enabled", f"Ciphers.{name}")


def _sku(sku_name: Any) -> Any:
    return sku_name.rpartition("_")[0] or sku_name if isinstance(sku_name, str) else sku_name


def _units(sku_name: Any) -> Any:
    units = sku_name.rpartition("_")[2] if isinstance(sku_name, str) else ""
    return int(units) if units.isdecimal() else 1


TABLE: Final = Table(
    "Microsoft.ApiManagement/service",
    Group(),
    (
        IDENTITY,
        Attr("sku_name", "sku.name", _sku),
        Attr("sku_name", "sku.capacity", _units),
        Attr("publisher_name", "properties.publisherName"),
        Attr("publisher_email", "properties.publisherEmail"),
        Attr("virtual_network_type", "properties.virtualNetworkType", default="None"),
        Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, default=True),
        Attr("gateway_disabled", "properties.disableGateway", default=False),
        Attr("client_certificate_enabled", "properties.enableClientCertificate", default=False),
        Attr("min_api_version", "properties.apiVersionConstraint.minApiVersion"),
        Block(
            "virtual_network_configuration",
            "properties.virtualNetworkConfiguration",
            (Attr("subnet_id", "subnetResourceId"),),
        ),
        Block(
            "additional_location",
            "properties.additionalLocations[*]",
            (
                Attr("location", "location"),
                Attr("capacity", "sku.capacity", unset=True),
                Attr("zones", "zones"),
                Attr("gateway_disabled", "disableGateway", default=False),
                Block(
                    "virtual_network_configuration",
                    "virtualNetworkConfiguration",
                    (Attr("subnet_id", "subnetResourceId"),),
                ),
            ),
        ),
        Block(
            "hostname_configuration",
            "",
            (domains("proxy", "Proxy"), *DOMAINS),
            unset=True,
        ),
        Block(
            "security",
            "",
            (
                _switch("frontend_ssl30_enabled|enable_frontend_ssl30|disable_frontend_ssl30", "Protocols.Ssl30"),
                _switch("frontend_tls10_enabled|enable_frontend_tls10", "Protocols.Tls10"),
                _switch("frontend_tls11_enabled|enable_frontend_tls11", "Protocols.Tls11"),
                _switch("backend_ssl30_enabled|enable_backend_ssl30|enable_back_end_ssl30", "Backend.Protocols.Ssl30"),
                _switch("backend_tls10_enabled|enable_backend_tls10|enable_back_end_tls10", "Backend.Protocols.Tls10"),
                _switch("backend_tls11_enabled|enable_backend_tls11|enable_back_end_tls11", "Backend.Protocols.Tls11"),
                _switch("triple_des_ciphers_enabled|enable_triple_des_ciphers", "Ciphers.TripleDes168"),
                *(_cipher(name) for name in _CIPHERS),
            ),
            unset=True,
            implied=True,
        ),
        Block(
            "protocols",
            "",
            (Attr("http2_enabled|enable_http2", _HTTP2, TRUE_FALSE, default=False),),
            unset=True,
        ),
    ),
    extras=(
        Extra("tenant", "=access", "tenant_access", (Attr("enabled", "properties.enabled"),)),
        Extra("policies", "=policy", "policy", POLICY),  # until azurerm 3
    ),
)
