"""azurerm_redis_cache → Microsoft.Cache/redis."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import ENABLED, INVERTED, Attr, Block, Group, Table

TABLE: Final = Table(
    "Microsoft.Cache/redis",
    Group(),
    (
        IDENTITY,
        Attr("sku_name", "properties.sku.name"),
        Attr("family", "properties.sku.family"),
        Attr("capacity", "properties.sku.capacity"),
        Attr("non_ssl_port_enabled|enable_non_ssl_port", "properties.enableNonSslPort", default=False),
        Attr("minimum_tls_version", "properties.minimumTlsVersion"),
        Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, default=True),
        Attr("access_keys_authentication_enabled", "properties.disableAccessKeyAuthentication", INVERTED, default=True),
        Attr("subnet_id", "properties.subnetId"),
        Block(
            "redis_configuration",
            "properties.redisConfiguration",
            (Attr("authentication_enabled|enable_authentication", "authnotrequired", INVERTED, default=True),),
        ),
    ),
)
