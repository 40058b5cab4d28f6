"""azurerm_storage_account → Microsoft.Storage/storageAccounts, with its blob and file services."""

from __future__ import annotations

from typing import Any, Final

from auditor.model.resource import Unknown
from auditor.plans.terraform.azurerm._identity import IDENTITY
from auditor.plans.terraform.azurerm._network_rules import NETWORK_RULES
from auditor.plans.terraform.azurerm._storage_key import storage_key
from auditor.plans.terraform.table import ENABLED, Attr, Block, Composed, Extra, Fixed, Group, Since, Table


def _with_semicolons(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return next((item for item in value if isinstance(item, Unknown)), "".join(f"{item};" for item in value))


def _retention(block: str, to: str, *more: Attr) -> Block:
    return Block(block, to, (Fixed("enabled", True), Attr("days", "days", default=7), *more))


_PERMANENT: Final = Attr("permanent_delete_enabled", "allowPermanentDelete", default=False)


TABLE: Final = Table(
    "Microsoft.Storage/storageAccounts",
    Group(),
    (
        IDENTITY,
        Attr("account_kind", "kind", default="StorageV2"),
        Composed("{account_tier}_{account_replication_type}", "sku.name"),
        Attr("access_tier", "properties.accessTier"),
        Attr(
            "https_traffic_only_enabled|enable_https_traffic_only", "properties.supportsHttpsTrafficOnly", default=True
        ),
        Attr("min_tls_version", "properties.minimumTlsVersion", default="TLS1_2"),
        Attr(
            "allow_nested_items_to_be_public|allow_blob_public_access",
            "properties.allowBlobPublicAccess",
            default=Since((((1, 0), False), ((3, 0), True), ((5, 0), False))),
        ),
        Attr("shared_access_key_enabled", "properties.allowSharedKeyAccess", default=True),
        Attr("public_network_access_enabled", "properties.publicNetworkAccess", ENABLED, default=True, unset=True),
        Attr("public_network_access", "properties.publicNetworkAccess", unset=True),  # not in 5.2.0, in 5.10.0
        Attr(
            "cross_tenant_replication_enabled",
            "properties.allowCrossTenantReplication",
            default=Since((((1, 0), True), ((4, 0), False))),
        ),
        Attr("default_to_oauth_authentication", "properties.defaultToOAuthAuthentication", default=False),
        Attr(
            "infrastructure_encryption_enabled", "properties.encryption.requireInfrastructureEncryption", default=False
        ),
        Attr("allowed_copy_scope", "properties.allowedCopyScope"),
        Attr("is_hns_enabled", "properties.isHnsEnabled", default=False),
        Attr("nfsv3_enabled", "properties.isNfsV3Enabled", default=False),
        Attr("sftp_enabled", "properties.isSftpEnabled", default=False),
        Attr("local_user_enabled", "properties.isLocalUserEnabled", default=True),
        Block("network_rules", "properties.networkAcls", NETWORK_RULES, unset=True),
        Block(
            "customer_managed_key",
            "properties.encryption",
            (
                Fixed("keySource", "Microsoft.Keyvault"),
                *storage_key("keyvaultproperties"),
                Attr("user_assigned_identity_id", "identity.userAssignedIdentity"),
            ),
        ),
        Block(
            "sas_policy",
            "properties.sasPolicy",
            (
                Attr("expiration_period", "sasExpirationPeriod"),
                Attr("expiration_action", "expirationAction", default="Log"),
            ),
        ),
    ),
    extras=(
        Extra(
            "blobServices",
            "=default",
            "blob_properties",
            (
                Attr("versioning_enabled", "properties.isVersioningEnabled", default=False),
                Attr("change_feed_enabled", "properties.changeFeed.enabled", default=False),
                _retention("delete_retention_policy", "properties.deleteRetentionPolicy", _PERMANENT),
                _retention("container_delete_retention_policy", "properties.containerDeleteRetentionPolicy"),
            ),
        ),
        Extra(
            "fileServices",
            "=default",
            "share_properties",
            (
                _retention("retention_policy", "properties.shareDeleteRetentionPolicy"),
                Block(
                    "smb",
                    "properties.protocolSettings.smb",
                    (
                        Attr("versions", "versions", _with_semicolons),
                        Attr("channel_encryption_type", "channelEncryption", _with_semicolons),
                        Attr("authentication_types", "authenticationMethods", _with_semicolons),
                        Attr("kerberos_ticket_encryption_type", "kerberosTicketEncryption", _with_semicolons),
                    ),
                ),
            ),
        ),
    ),
)
