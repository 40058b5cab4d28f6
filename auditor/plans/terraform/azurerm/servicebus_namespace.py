"""azurerm_servicebus_namespace → Microsoft.ServiceBus/namespaces."""

from __future__ import annotations

from typing import Any, Final

from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.table import ENABLED, INVERTED, Attr, Block, Fixed, Group, Table


def _keys(key: Any) -> list[dict[str, Any]]:
    """The one key, whose name and vault Azure tells apart."""
    return [{"keyName": key}]


KEY: Final = (
    Fixed("keySource", "Microsoft.KeyVault"),
    Attr("key_vault_key_id", "keyVaultProperties", _keys),
    Attr("infrastructure_encryption_enabled", "requireInfrastructureEncryption", default=False),
)
TABLE: Final = Table(
    "Microsoft.ServiceBus/namespaces",
    Group(),
    (
        IDENTITY,
        Attr("sku", "sku.name"),
        Attr("local_auth_enabled", "properties.disableLocalAuth", INVERTED, default=True),
        Attr("minimum_tls_version", "properties.minimumTlsVersion", default="1.2"),
        Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, default=True),
        Block("customer_managed_key", "properties.encryption", KEY),
    ),
)
