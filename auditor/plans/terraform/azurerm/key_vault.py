"""azurerm_key_vault → Microsoft.KeyVault/vaults."""

from __future__ import annotations

from typing import Final

from auditor.plans.terraform.azurerm._access_policy import ACCESS_POLICY
from auditor.plans.terraform.table import ENABLED, Attr, Block, Group, Table, by_id, objects

TABLE: Final = Table(
    "Microsoft.KeyVault/vaults",
    Group(),
    (
        Attr("tenant_id", "properties.tenantId"),
        Attr("sku_name", "properties.sku.name"),
        Attr(
            "rbac_authorization_enabled|enable_rbac_authorization", "properties.enableRbacAuthorization", default=False
        ),
        Attr("purge_protection_enabled", "properties.enablePurgeProtection", default=False),
        Attr("soft_delete_enabled", "properties.enableSoftDelete", default=True),  # until azurerm 2
        Attr("soft_delete_retention_days", "properties.softDeleteRetentionInDays", default=90),
        Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, default=True),
        Attr("enabled_for_deployment", "properties.enabledForDeployment", default=False),
        Attr("enabled_for_disk_encryption", "properties.enabledForDiskEncryption", default=False),
        Attr("enabled_for_template_deployment", "properties.enabledForTemplateDeployment", default=False),
        Block(
            "network_acls",
            "properties.networkAcls",
            (
                Attr("bypass", "bypass"),
                Attr("default_action", "defaultAction"),
                Attr("ip_rules", "ipRules", objects("value")),
                Attr("virtual_network_subnet_ids", "virtualNetworkRules", by_id),
            ),
            unset=True,
        ),
        Block("access_policy", "properties.accessPolicies[*]", ACCESS_POLICY, unset=True),
    ),
)
