"""azurerm_key_vault_key → Microsoft.KeyVault/vaults/keys."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.table import Attr, Block, Child, Fixed, Table

TABLE: Final = Table(
    "Microsoft.KeyVault/vaults/keys",
    Child("key_vault_id", "Microsoft.KeyVault/vaults"),
    (
        Fixed("properties.attributes.enabled", True),
        Fixed("properties.managed", False),
        Attr("key_type", "properties.kty"),
        Attr("key_size", "properties.keySize"),
        Attr("curve", "properties.curveName", unset=True),
        Attr("key_opts", "properties.keyOps"),
        Attr("expiration_date", "properties.attributes.exp"),
        Attr("not_before_date", "properties.attributes.nbf"),
        Block(
            "rotation_policy",
            "properties.rotationPolicy",
            (
                Attr("expire_after", "attributes.expiryTime"),
                Block(
                    "automatic",
                    "lifetimeActions[*]",
                    (
                        Fixed("action.type", "Rotate"),
                        Attr("time_after_creation", "trigger.timeAfterCreate"),
                        Attr("time_before_expiry", "trigger.timeBeforeExpiry"),
                    ),
                ),
            ),
        ),
    ),
)
