"""What Resource Graph lacks of Azure: where each such type hangs below its parent, and how it is asked for.

Source: the REST reference of each service. In which version each is asked for: `api_versions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from auditor.collect.azure.api_versions import ApiVersion, version_of
from auditor.collect.azure.replies import NOT_REGISTERED
from auditor.collect.azure.tables import GROUP, SUBSCRIPTION, VAULT_TYPE


class Child(NamedTuple):
    """A type that Resource Graph lacks. `path` hangs below the id of each `parent` (a casefolded type)."""

    type: str
    parent: str
    path: str
    query: str = ""
    single: bool = False
    """One resource, which need not be there; else a list."""
    each: bool = False
    """The list leaves fields out: each of its resources is asked for, with `query`."""
    link: bool = False
    """The list names resources of another place: what is kept says that they belong together."""
    bare: bool = False
    """Some versions answer with the list alone, without an object around it."""
    vault: bool = False
    """Part of a vault's content: some belong to its certificates, whose names must be known first."""
    absent: frozenset[str] = frozenset()
    """Codes by which the service says that this parent cannot have such children, in small letters. Where a code may
    mean something else too, `code: words that the text of the error holds`."""

    @property
    def version(self) -> ApiVersion:
        """The API version to ask for."""
        return version_of(self.type)


_RAW: Final = "format=rawxml"
_SERVICE: Final = "microsoft.apimanagement/service"
_SQL_SERVER: Final = (
    "administrators", "advancedThreatProtectionSettings", "auditingSettings", "azureADOnlyAuthentications",
    "connectionPolicies", "devOpsAuditingSettings", "encryptionProtector", "extendedAuditingSettings", "firewallRules",
    "ipv6FirewallRules", "outboundFirewallRules", "securityAlertPolicies", "sqlVulnerabilityAssessments",
    "virtualNetworkRules", "vulnerabilityAssessments",
)  # fmt: skip
_SQL_INSTANCE: Final = (
    "administrators", "azureADOnlyAuthentications", "encryptionProtector", "securityAlertPolicies",
    "vulnerabilityAssessments",
)  # fmt: skip
_POSTGRESQL_PARAMETERS: Final = (
    "connection_throttle.enable", "log_checkpoints", "log_connections", "log_disconnections",
    "logfiles.retention_days", "pgaudit.log", "require_secure_transport", "ssl_min_protocol_version",
)  # fmt: skip
_MYSQL_PARAMETERS: Final = (
    "aad_auth_only", "audit_log_enabled", "audit_log_events", "require_secure_transport", "tls_version",
)  # fmt: skip
"""Those that a rule reads: a server has hundreds."""
_NOT_IN_TIER: Final = frozenset({"methodnotallowedinpricingtier", "methodnotallowed", "operationnotsupported"})
_NOT_ONBOARDED: Final = "badrequest: not onboarded"
_EVERY_TIER: Final = frozenset({"policies/policy", "policyFragments", "apis", "operations", "backends", "namedValues"})
"""What API Management has in every tier: that one of these cannot be had is never the tier's doing."""
_NO_SERVICE: Final = frozenset({"featurenotsupportedforaccount", "fileshareservicenotsupported"})
"""Accounts for files have no blobs, those for blobs no files."""


def _apim(path: str, *, below: str = "", **more: object) -> Child:
    parent = f"{_SERVICE}{below}".casefold()
    name = "policies" if path == "policies/policy" else path
    kind = f"Microsoft.ApiManagement/service{below}/{name}"
    if path == "policies/policy":
        more |= {"query": _RAW, "single": True}
    tiered = path not in _EVERY_TIER or "/workspaces" in below
    return Child(kind, parent, path, absent=_NOT_IN_TIER if tiered else frozenset(), **more)  # type: ignore[arg-type]


def _below(parent: str, *paths: str, absent: frozenset[str] = frozenset()) -> tuple[Child, ...]:
    return tuple(Child(f"{parent}/{path}", parent.casefold(), path, absent=absent) for path in paths)


def _parameters(parent: str, names: tuple[str, ...]) -> Iterator[Child]:
    kind = f"{parent}/configurations"
    return (Child(kind, parent.casefold(), f"configurations/{name}", single=True) for name in names)


def _sentinel(name: str) -> Child:
    return Child(
        f"Microsoft.SecurityInsights/{name}",
        "microsoft.operationalinsights/workspaces",
        f"providers/Microsoft.SecurityInsights/{name}",
        absent=NOT_REGISTERED | ({"workspacenotonboarded", _NOT_ONBOARDED} if name != "onboardingStates" else set()),
    )


CHILDREN: Final = (
    _apim("policies/policy"),
    _apim("policyFragments", each=True, query=_RAW),
    _apim("apis"),
    _apim("apiVersionSets"),
    _apim("backends"),
    _apim("certificates"),
    _apim("diagnostics"),
    _apim("gateways"),
    _apim("identityProviders"),
    _apim("loggers"),
    _apim("namedValues"),
    _apim("portalconfigs"),
    _apim("products"),
    _apim("subscriptions"),
    _apim("tenant"),
    _apim("workspaces"),
    _apim("hostnameConfigurations", below="/gateways"),
    _apim("policies/policy", below="/apis"),
    _apim("diagnostics", below="/apis"),
    _apim("operations", below="/apis"),
    _apim("policies/policy", below="/apis/operations"),
    _apim("policies/policy", below="/products"),
    _apim("apis", below="/products", link=True),
    _apim("policies/policy", below="/workspaces"),
    _apim("policyFragments", below="/workspaces", each=True, query=_RAW),
    _apim("apis", below="/workspaces"),
    _apim("apiVersionSets", below="/workspaces"),
    _apim("backends", below="/workspaces"),
    _apim("certificates", below="/workspaces"),
    _apim("diagnostics", below="/workspaces"),
    _apim("namedValues", below="/workspaces"),
    _apim("products", below="/workspaces"),
    _apim("subscriptions", below="/workspaces"),
    _apim("policies/policy", below="/workspaces/apis"),
    _apim("diagnostics", below="/workspaces/apis"),
    _apim("operations", below="/workspaces/apis"),
    _apim("policies/policy", below="/workspaces/apis/operations"),
    _apim("policies/policy", below="/workspaces/products"),
    _apim("apiLinks", below="/workspaces/products"),
    Child("Microsoft.Security/apiCollections", _SERVICE, "providers/Microsoft.Security/apiCollections"),
    *_below("Microsoft.Cdn/profiles", "afdEndpoints", "customDomains", "originGroups", "ruleSets"),
    *_below("Microsoft.Cdn/profiles", "secrets", "securityPolicies"),
    *_below("Microsoft.Cdn/profiles/ruleSets", "rules"),
    *_below("Microsoft.Cdn/profiles/afdEndpoints", "routes"),
    *_below("Microsoft.Cdn/profiles/originGroups", "origins"),
    *_below("Microsoft.Cdn/profiles/endpoints", "customDomains"),
    *_below("Microsoft.Sql/servers", *_SQL_SERVER),
    *_below(
        "Microsoft.Sql/servers/databases",
        *("auditingSettings", "extendedAuditingSettings", "securityAlertPolicies", "transparentDataEncryption"),
    ),
    *_below("Microsoft.Sql/managedInstances", *_SQL_INSTANCE),
    *_below("Microsoft.Sql/managedInstances/databases", "transparentDataEncryption"),
    *_below("Microsoft.DBforPostgreSQL/flexibleServers", "firewallRules"),
    *_below("Microsoft.DBforMySQL/flexibleServers", "firewallRules"),
    *_below("Microsoft.DocumentDB/mongoClusters", "firewallRules"),
    *_below("Microsoft.Cache/redis", "firewallRules"),
    *_below("Microsoft.EventHub/namespaces", "networkRuleSets"),
    *_below("Microsoft.ServiceBus/namespaces", "networkRuleSets"),
    *_parameters("Microsoft.DBforPostgreSQL/flexibleServers", _POSTGRESQL_PARAMETERS),
    *_parameters("Microsoft.DBforMySQL/flexibleServers", _MYSQL_PARAMETERS),
    *_below("Microsoft.Storage/storageAccounts", "blobServices", "fileServices", absent=_NO_SERVICE),
    *_below("Microsoft.Storage/storageAccounts/blobServices", "containers"),
    *_below("Microsoft.ContainerRegistry/registries", "scopeMaps", "tokens", "webhooks"),
    *_below("Microsoft.ContainerService/managedClusters", "agentPools", "maintenanceConfigurations"),
    *_below("Microsoft.ManagedIdentity/userAssignedIdentities", "federatedIdentityCredentials"),
    *_below("Microsoft.Network/networkSecurityPerimeters", "profiles"),
    *_below("Microsoft.Network/networkSecurityPerimeters/profiles", "accessRules"),
    *_below("Microsoft.Network/privateEndpoints", "privateDnsZoneGroups"),
    Child("Microsoft.Web/sites/config", "microsoft.web/sites", "config/web", single=True),
    Child("Microsoft.Web/sites/slots/config", "microsoft.web/sites/slots", "config/web", single=True),
    *_below("Microsoft.Insights/privateLinkScopes", "scopedResources"),
    Child("Microsoft.KeyVault/vaults/secrets", "microsoft.keyvault/vaults", "secrets", vault=True),
    Child("Microsoft.KeyVault/vaults/keys", "microsoft.keyvault/vaults", "keys", each=True, vault=True),
    Child(
        "Microsoft.Authorization/roleAssignmentScheduleInstances",
        SUBSCRIPTION,
        "providers/Microsoft.Authorization/roleAssignmentScheduleInstances",
        query="$filter=atScope()",
        link=True,
        absent=frozenset({"aadpremiumlicenserequired"}),
    ),
    *(
        Child("Microsoft.Resources/deployments", place, "providers/Microsoft.Resources/deployments")
        for place in (SUBSCRIPTION, GROUP)
    ),
    *(_sentinel(n) for n in ("onboardingStates", "alertRules", "automationRules", "dataConnectors", "settings")),
    *(
        Child(f"Microsoft.Security/{name}", SUBSCRIPTION, f"providers/Microsoft.Security/{name}", bare=True)
        for name in ("securityContacts", "settings", "autoProvisioningSettings")
    ),
)
"""Every type that is read below a parent, diagnostic settings aside: these hang below many types."""

ON_REQUEST: Final = {"deployment-history": frozenset({"microsoft.resources/deployments"})}
"""What is read only when it is asked for by `--with`: a resource group keeps up to 800 deployments, with all that they
were given, and every group is a call of its own."""

SAID_ELSEWHERE: Final = {
    f"{_SERVICE}/apis/products": f"{_SERVICE}/products/apis",
    f"{_SERVICE}/products/apilinks": f"{_SERVICE}/products/apis",
    f"{_SERVICE}/workspaces/apis/products": f"{_SERVICE}/workspaces/products/apilinks",
    f"{_SERVICE}/workspaces/products/apis": f"{_SERVICE}/workspaces/products/apilinks",
    f"{VAULT_TYPE}/accesspolicies": VAULT_TYPE,
    "microsoft.network/virtualnetworks/subnets": "microsoft.network/virtualnetworks",
}
"""Types that are not read because another says the same: which products lead to which APIs, what a network or a vault
holds."""

DIAGNOSTIC_SETTINGS: Final = "Microsoft.Insights/diagnosticSettings"
DIAGNOSTICS: Final = Child(
    DIAGNOSTIC_SETTINGS,
    "",
    "providers/Microsoft.Insights/diagnosticSettings",
    absent=frozenset({"resourcetypenotsupported"}) | NOT_REGISTERED,
)
