"""Data services: storage, vaults, SQL, Cosmos DB, registries, with what hangs below them."""

from __future__ import annotations

from typing import Any

from benchmarks.draw import Body, Draw, Place
from benchmarks.shared_shapes import connections, diagnostics, endpoint


def _network_acls(draw: Draw) -> Body:
    return draw.without(
        {
            "bypass": draw.good("AzureServices", "None", p=0.1),
            "defaultAction": draw.good("Deny", "Allow"),
            "ipRules": [{"value": draw.address(), "action": "Allow"} for _ in range(draw.number(3))],
            "virtualNetworkRules": [],
            "resourceAccessRules": [],
        },
        "bypass",
    )


def storage(draw: Draw, place: Place) -> list[Body]:
    """A storage account with its services, containers, endpoint and logs."""
    name = draw.name("st", "")
    kind = "Microsoft.Storage/storageAccounts"
    base = f"{place.scope}/providers/{kind}/{name}"
    types = {part: {"keyType": "Account", "enabled": True, "lastEnabledTime": draw.time()} for part in ("file", "blob")}
    places = ("blob", "file", "queue", "table", "web", "dfs")
    properties = {
        "provisioningState": "Succeeded",
        "creationTime": draw.time(),
        "primaryEndpoints": {part: f"https://{name}.{part}.core.windows.net/" for part in places},
        "primaryLocation": place.location,
        "statusOfPrimary": "available",
        "secondaryEndpoints": {part: f"https://{name}-secondary.{part}.core.windows.net/" for part in places},
        "allowBlobPublicAccess": draw.flag(False),
        "allowCrossTenantReplication": draw.flag(False),
        "allowSharedKeyAccess": draw.flag(False, 0.25),
        "defaultToOAuthAuthentication": draw.flag(True),
        "minimumTlsVersion": draw.good("TLS1_2", "TLS1_0", "TLS1_1"),
        "supportsHttpsTrafficOnly": draw.flag(True, 0.05),
        "publicNetworkAccess": draw.good("Disabled", "Enabled", None, p=0.2),
        "networkAcls": _network_acls(draw),
        "privateEndpointConnections": connections(draw, base),
        "keyCreationTime": {"key1": draw.time(80), "key2": draw.time(100)},
        "keyPolicy": {"keyExpirationPeriodInDays": draw.pick((60, 90, 90, 90, 365))},
        "sasPolicy": {"sasExpirationPeriod": "1.00:00:00", "expirationAction": "Log"},
        "encryption": {
            "keySource": draw.good("Microsoft.Keyvault", "Microsoft.Storage", p=0.2),
            "requireInfrastructureEncryption": draw.flag(True, 0.2),
            "services": types,
            "keyvaultproperties": {
                "keyname": "cmk",
                "keyvaulturi": "https://kv-keys.vault.azure.net",
                "keyversion": "",
            },
        },
        "isHnsEnabled": draw.flag(False, 0.1),
        "accessTier": draw.enum("Hot"),
        "largeFileSharesState": "Enabled",
    }
    properties = draw.without(properties, "sasPolicy", "keyPolicy", "allowCrossTenantReplication", "accessTier")
    sku = {"name": draw.good("Standard_ZRS", "Standard_LRS"), "tier": "Standard"}
    made = draw.resource(place, kind, name, properties, sku=sku, kind=draw.enum("StorageV2"))
    days = {"enabled": draw.flag(True), "days": draw.pick((7, 14, 30, 30, 30, 3))}
    blob: Body = {
        "cors": {"corsRules": []},
        "deleteRetentionPolicy": {**days, "allowPermanentDelete": False},
        "containerDeleteRetentionPolicy": {"enabled": draw.flag(True), "days": 14},
        "isVersioningEnabled": draw.flag(True, 0.15),
        "changeFeed": {"enabled": True, "retentionInDays": 30},
        "restorePolicy": {"enabled": False},
        "lastAccessTimeTrackingPolicy": {"enable": True, "name": "AccessTimeTracking", "trackingGranularityInDays": 1},
    }
    smb = {
        "versions": draw.pick(("SMB3.1.1", "SMB3.1.1;", "SMB3.1.1", "SMB3.0;SMB3.1.1")),
        "channelEncryption": draw.pick(("AES-256-GCM", "AES-256-GCM;", "AES-256-GCM", "AES-128-GCM;AES-256-GCM")),
        "authenticationMethods": "Kerberos",
        "kerberosTicketEncryption": "AES-256",
    }
    files = {"shareDeleteRetentionPolicy": {**days}, "protocolSettings": {"smb": smb}, "cors": {"corsRules": []}}
    containers = [
        draw.child(
            f"{made['id']}/blobServices/default",
            f"{kind}/blobServices/containers",
            draw.name("data"),
            {
                "publicAccess": draw.good("None", "Blob", "Container", p=0.12),
                "leaseStatus": "Unlocked",
                "leaseState": "Available",
                "lastModifiedTime": draw.time(),
                "hasImmutabilityPolicy": False,
                "hasLegalHold": False,
                "immutableStorageWithVersioning": {"enabled": False},
                "defaultEncryptionScope": "$account-encryption-key",
                "denyEncryptionScopeOverride": False,
                "metadata": draw.tags(),
            },
            etag=f'"{draw.guid()}"',
        )
        for _ in range(draw.number(3))
    ]
    return [
        made,
        draw.child(made["id"], f"{kind}/blobServices", "default", blob, sku=sku),
        draw.child(made["id"], f"{kind}/fileServices", "default", files, sku=sku),
        *containers,
        *diagnostics(draw, place, made["id"], ("StorageRead", "StorageWrite", "StorageDelete")),
        *(endpoint(draw, place, made["id"], "blob", "privatelink.blob.core.windows.net") if draw.chance(0.6) else ()),
    ]


def vault(draw: Draw, place: Place) -> list[Body]:
    """A key vault with keys, secrets and certificates (their properties alone)."""
    name = draw.name("kv")
    kind = "Microsoft.KeyVault/vaults"
    base = f"{place.scope}/providers/{kind}/{name}"
    rights = {"keys": ["get", "list"], "secrets": ["get", "list", "set"], "certificates": ["get"], "storage": []}
    policies = [
        {
            "tenantId": place.tenant,
            "objectId": draw.guid(),
            "permissions": {**rights, "keys": draw.pick((["all"], ["get"]))},
        }
        for _ in range(draw.number(5))
    ]
    properties = {
        "sku": {"family": "A", "name": draw.enum("standard")},
        "tenantId": place.tenant,
        "accessPolicies": policies,
        "enabledForDeployment": draw.flag(False, 0.05),
        "enabledForDiskEncryption": False,
        "enabledForTemplateDeployment": draw.flag(False, 0.08),
        "enableSoftDelete": draw.flag(True, 0.02),
        "softDeleteRetentionInDays": 90,
        "enableRbacAuthorization": draw.flag(True),
        "enablePurgeProtection": draw.flag(True),
        "vaultUri": f"https://{name}.vault.azure.net/",
        "provisioningState": "Succeeded",
        "publicNetworkAccess": draw.good("Disabled", "Enabled", None, p=0.2),
        "networkAcls": _network_acls(draw),
        "privateEndpointConnections": connections(draw, base),
    }
    made = draw.resource(place, kind, name, draw.without(properties, "networkAcls", "enablePurgeProtection", p=0.12))
    secrets = [
        draw.child(
            made["id"],
            f"{kind}/secrets",
            draw.name("secret"),
            draw.without(
                {
                    "attributes": _attributes(draw),
                    "contentType": "text/plain",
                    "secretUri": f"https://{name}.vault.azure.net/secrets/{draw.guid()}",
                    "secretUriWithVersion": f"https://{name}.vault.azure.net/secrets/x/{draw.guid()}",
                },
                "contentType",
                p=0.25,
            ),
            location=place.location,
        )
        for _ in range(draw.number(1, 5))
    ]
    key = {
        "attributes": _attributes(draw),
        "kty": "RSA",
        "keySize": 3072,
        "keyOps": ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"],
        "keyUri": f"https://{name}.vault.azure.net/keys/k",
        "rotationPolicy": {
            "attributes": {"expiryTime": "P1Y"},
            "lifetimeActions": [
                {"trigger": {"timeAfterCreate": "P11M"}, "action": {"type": draw.good("Rotate", "Notify")}}
            ],
        },
    }
    certificate = {
        "attributes": _attributes(draw),
        "policy": {
            "issuer": {"name": "DigiCert"},
            "x509_props": {"subject": f"CN={name}.contoso.example", "validity_months": draw.pick((6, 12, 12, 24))},
            "key_props": {"exportable": False, "kty": "RSA", "key_size": 3072, "reuse_key": False},
        },
        "sid": f"https://{name}.vault.azure.net/secrets/c/{draw.guid()}",
    }
    return [
        made,
        *secrets,
        draw.child(made["id"], f"{kind}/keys", draw.name("key"), key),
        draw.child(made["id"], f"{kind}/certificates", draw.name("cert"), certificate),
        *diagnostics(draw, place, made["id"], ("AuditEvent", "AzurePolicyEvaluationDetails")),
        *(endpoint(draw, place, made["id"], "vault", "privatelink.vaultcore.azure.net") if draw.chance(0.8) else ()),
    ]


def _attributes(draw: Draw) -> Body:
    found: Body = {"enabled": True, "nbf": 1750000000, "created": 1750000000, "updated": 1760000000}
    if not draw.chance(0.2):
        found["exp"] = 1783000000 + draw.number(-(10**6), 4 * 10**7)
    return {**found, "recoveryLevel": "Recoverable+Purgeable"}


def sql(draw: Draw, place: Place) -> list[Body]:
    """A SQL server with its settings and databases."""
    name = draw.name("sql")
    kind = "Microsoft.Sql/servers"
    base = f"{place.scope}/providers/{kind}/{name}"
    admin = {
        "administratorType": "ActiveDirectory",
        "principalType": "Group",
        "login": "sql-admins",
        "sid": draw.guid(),
        "tenantId": place.tenant,
        "azureADOnlyAuthentication": draw.flag(True, 0.2),
    }
    properties = {
        "administratorLogin": "sqladmin",
        "version": "12.0",
        "state": "Ready",
        "fullyQualifiedDomainName": f"{name}.database.windows.net",
        "privateEndpointConnections": connections(draw, base),
        "minimalTlsVersion": draw.good("1.2", "1.0", "None"),
        "publicNetworkAccess": draw.good("Disabled", "Enabled", p=0.2),
        "restrictOutboundNetworkAccess": draw.good("Enabled", "Disabled", p=0.3),
        "administrators": admin,
        "externalGovernanceStatus": "Disabled",
    }
    made = draw.resource(place, kind, name, draw.without(properties, "administrators"), kind="v12.0")
    groups = [
        "BATCH_COMPLETED_GROUP",
        "SUCCESSFUL_DATABASE_AUTHENTICATION_GROUP",
        "FAILED_DATABASE_AUTHENTICATION_GROUP",
    ]
    below: list[tuple[str, str, Any]] = [
        (
            "auditingSettings",
            "default",
            {
                "state": draw.good("Enabled", "Disabled"),
                "auditActionsAndGroups": groups[: draw.pick((3, 3, 3, 2))],
                "isAzureMonitorTargetEnabled": draw.flag(True),
                "storageEndpoint": f"https://{name}.blob.core.windows.net/" if draw.chance(0.3) else "",
                "retentionDays": draw.pick((0, 90, 30, 365)),
            },
        ),
        ("securityAlertPolicies", "default", {"state": draw.good("Enabled", "Disabled"), "disabledAlerts": [""]}),
        ("encryptionProtector", "current", {"serverKeyType": draw.good("AzureKeyVault", "ServiceManaged", p=0.2)}),
        ("administrators", "ActiveDirectory", admin),
        ("azureADOnlyAuthentications", "Default", {"azureADOnlyAuthentication": draw.flag(True, 0.2)}),
        ("sqlVulnerabilityAssessments", "Default", {"state": draw.good("Enabled", "Disabled")}),
        ("vulnerabilityAssessments", "Default", {"storageContainerPath": None, "recurringScans": {"isEnabled": False}}),
    ]
    for number in range(draw.number(1, 4)):
        last = "0.0.0.0" if draw.chance(0.1) else draw.address()
        first = "0.0.0.0" if last == "0.0.0.0" else last
        below.append(("firewallRules", f"rule-{number}", {"startIpAddress": first, "endIpAddress": last}))
    found = [made]
    found += [draw.child(made["id"], f"{kind}/{part}", title, values) for part, title, values in below]
    for _ in range(draw.number(1, 4)):
        database = {
            "collation": "SQL_Latin1_General_CP1_CI_AS",
            "maxSizeBytes": 268435456000,
            "status": "Online",
            "databaseId": draw.guid(),
            "creationDate": draw.time(),
            "currentServiceObjectiveName": "GP_Gen5_4",
            "defaultSecondaryLocation": "northeurope",
            "catalogCollation": "SQL_Latin1_General_CP1_CI_AS",
            "zoneRedundant": True,
            "readScale": "Enabled",
            "currentBackupStorageRedundancy": "Geo",
            "currentSku": {"name": "GP_Gen5", "tier": "GeneralPurpose", "family": "Gen5", "capacity": 4},
            "isLedgerOn": False,
        }
        made_database = draw.resource(place, f"{kind}/databases", f"{name}/{draw.name('db')}", database)
        made_database["id"] = f"{base}/databases/{made_database['name'].rpartition('/')[2]}"
        state = {"state": draw.good("Enabled", "Disabled", p=0.04)}
        encryption = draw.child(made_database["id"], f"{kind}/databases/transparentDataEncryption", "current", state)
        found += [made_database, encryption]
    found += diagnostics(draw, place, made["id"], ("SQLSecurityAuditEvents",))
    return found + endpoint(draw, place, made["id"], "sqlServer", "privatelink.database.windows.net")


def cosmos(draw: Draw, place: Place) -> list[Body]:
    """A Cosmos DB account."""
    name = draw.name("cosmos")
    kind = "Microsoft.DocumentDB/databaseAccounts"
    base = f"{place.scope}/providers/{kind}/{name}"
    keys = ("primaryMasterKey", "secondaryMasterKey", "primaryReadonlyMasterKey", "secondaryReadonlyMasterKey")
    region = {"id": f"{name}-{place.location}", "locationName": place.location, "failoverPriority": 0}
    properties = {
        "provisioningState": "Succeeded",
        "documentEndpoint": f"https://{name}.documents.azure.com:443/",
        "publicNetworkAccess": draw.good("Disabled", "Enabled", p=0.2),
        "enableAutomaticFailover": True,
        "isVirtualNetworkFilterEnabled": draw.flag(False, 0.2),
        "virtualNetworkRules": [],
        "disableKeyBasedMetadataWriteAccess": draw.flag(True, 0.2),
        "disableLocalAuth": draw.flag(True, 0.2),
        "enableFreeTier": False,
        "databaseAccountOfferType": "Standard",
        "minimalTlsVersion": draw.good("Tls12", "Tls", "Tls11"),
        "keyVaultKeyUri": f"https://kv-keys.vault.azure.net/keys/{name}",
        "consistencyPolicy": {
            "defaultConsistencyLevel": "Session",
            "maxIntervalInSeconds": 5,
            "maxStalenessPrefix": 100,
        },
        "locations": [region],
        "readLocations": [region],
        "writeLocations": [region],
        "failoverPolicies": [region],
        "cors": [],
        "capabilities": [],
        "ipRules": [{"ipAddressOrRange": draw.address()} for _ in range(draw.number(3))],
        "backupPolicy": {
            "type": draw.good("Continuous", "Periodic", p=0.2),
            "continuousModeProperties": {"tier": "c7Days"},
        },
        "privateEndpointConnections": connections(draw, base),
        "keysMetadata": {key: {"generationTime": draw.time(95)} for key in keys},
    }
    made = draw.resource(place, kind, name, draw.without(properties, "keyVaultKeyUri", "cors"), kind="GlobalDocumentDB")
    return [
        made,
        *diagnostics(draw, place, made["id"], ("DataPlaneRequests", "ControlPlaneRequests")),
        *endpoint(draw, place, made["id"], "Sql", "privatelink.documents.azure.com"),
    ]


def registry(draw: Draw, place: Place) -> list[Body]:
    """A container registry with a webhook and a token."""
    name = draw.name("cr", "")
    kind = "Microsoft.ContainerRegistry/registries"
    base = f"{place.scope}/providers/{kind}/{name}"
    properties: Body = {
        "loginServer": f"{name}.azurecr.io",
        "creationDate": draw.time(),
        "provisioningState": "Succeeded",
        "adminUserEnabled": draw.flag(False),
        "anonymousPullEnabled": draw.flag(False, 0.03),
        "dataEndpointEnabled": draw.flag(True),
        "dataEndpointHostNames": [f"{name}.{place.location}.data.azurecr.io"],
        "publicNetworkAccess": draw.good("Disabled", "Enabled", p=0.2),
        "networkRuleBypassOptions": "AzureServices",
        "networkRuleBypassAllowedForTasks": draw.flag(False),
        "networkRuleSet": {"defaultAction": draw.good("Deny", "Allow"), "ipRules": []},
        "zoneRedundancy": "Enabled",
        "policies": {
            "quarantinePolicy": {"status": draw.good("enabled", "disabled", p=0.3)},
            "trustPolicy": {"type": "Notary", "status": "disabled"},
            "retentionPolicy": {"days": 7, "lastUpdatedTime": draw.time(), "status": draw.good("enabled", "disabled")},
            "exportPolicy": {"status": draw.good("disabled", "enabled", p=0.2)},
            "azureADAuthenticationAsArmPolicy": {"status": draw.good("disabled", "enabled", p=0.2)},
            "softDeletePolicy": {"retentionDays": 7, "lastUpdatedTime": draw.time(), "status": "disabled"},
        },
        "encryption": {"status": draw.good("enabled", "disabled", p=0.2)},
        "privateEndpointConnections": connections(draw, base),
    }
    sku = {"name": draw.good("Premium", "Basic", p=0.1), "tier": "Premium"}
    made = draw.resource(place, kind, name, properties, sku=sku)
    hook = {"status": "enabled", "scope": "", "actions": ["push"], "serviceUri": "https://ci.contoso.example/hook"}
    token = {"status": draw.good("disabled", "enabled", p=0.3), "credentials": {"passwords": [{"name": "password1"}]}}
    return [
        made,
        draw.child(made["id"], f"{kind}/webhooks", "hook", hook),
        draw.child(made["id"], f"{kind}/tokens", "ci", token),
        *diagnostics(draw, place, made["id"], ("ContainerRegistryLoginEvents", "ContainerRegistryRepositoryEvents")),
        *endpoint(draw, place, made["id"], "registry", "privatelink.azurecr.io"),
    ]
