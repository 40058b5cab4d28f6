"""The API version of every call to Azure: the only place where one is written.

A rule can read no property that the version asked for does not return: each version returns all that rules read, and
was generally available when this table was written (December 2026). None is older than 24 months unless the service has
published no newer one (`newest`). Where only a preview has a property or a kind that rules read, the preview is asked
for. A cloud that refuses it is asked for the generally available version `stable`, and `lacks` says what is unknown
then.

Source: the resource types that Microsoft publishes for Bicep (August 2026), and "Update the API version of Key Vault"
(versions of vaults before 2026-02-01 retire on 27 February 2027).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple


class ApiVersion(NamedTuple):
    """`asked` is the version; `stable` the one to ask for where it is refused, empty: there is none.

    `lacks` are the paths that `stable` does not return, `hides` whether it may leave out whole resources. `newest`: the
    service has published no newer version (for a version older than 24 months). `why` explains a preview.
    """

    asked: str
    stable: str = ""
    lacks: tuple[str, ...] = ()
    hides: bool = False
    newest: bool = False
    why: str = ""

    @property
    def refused(self) -> str:
        """Why something is unknown where the service refuses the version."""
        other = f", and {self.stable} does not say it" if self.stable else ""
        return f"the service refuses API version {self.asked}{other}"


_NETWORK: Final = "2025-09-01"
_SENTINEL: Final = "2025-09-01"
_SENTINEL_PREVIEW: Final = "2025-07-01-preview"
_DIAGNOSTICS: Final = ApiVersion(
    "2025-09-01-preview",
    "2024-05-01",
    newest=True,
    lacks=("properties.largeLanguageModel",),
    why="messages of language models in logs",
)

VERSIONS: Final[dict[str, ApiVersion]] = {
    "Microsoft.ApiManagement/service": ApiVersion("2024-05-01", newest=True),
    "Microsoft.ApiManagement/service/apis/diagnostics": _DIAGNOSTICS,
    "Microsoft.ApiManagement/service/diagnostics": _DIAGNOSTICS,
    "Microsoft.Authorization/permissions": ApiVersion("2022-04-01", newest=True),
    "Microsoft.Authorization/roleAssignmentScheduleInstances": ApiVersion(
        "2024-09-01-preview", "2020-10-01", newest=True
    ),
    "Microsoft.Cache/redis": ApiVersion("2024-11-01", newest=True),
    "Microsoft.Cdn/profiles": ApiVersion("2025-12-01"),
    "Microsoft.Cdn/profiles/securityPolicies": ApiVersion(
        "2026-04-01-preview",
        "2025-12-01",
        lacks=("properties.parameters.isProfileLevel",),
        why="policies of a whole profile",
    ),
    "Microsoft.ContainerRegistry/registries/scopeMaps": ApiVersion("2025-11-01"),
    "Microsoft.ContainerRegistry/registries/tokens": ApiVersion("2025-11-01"),
    "Microsoft.ContainerRegistry/registries/webhooks": ApiVersion("2025-11-01"),
    "Microsoft.ContainerService/managedClusters/agentPools": ApiVersion(
        "2026-05-02-preview",
        "2026-05-01",
        lacks=("properties.networkProfile.nodePublicIPPrefixIDs",),
        why="prefixes of public addresses of both families",
    ),
    "Microsoft.ContainerService/managedClusters/listClusterUserCredential": ApiVersion("2026-05-01"),
    "Microsoft.ContainerService/managedClusters/maintenanceConfigurations": ApiVersion("2026-05-01"),
    "Microsoft.DBforMySQL/flexibleServers": ApiVersion("2024-12-30"),
    "Microsoft.DBforPostgreSQL/flexibleServers": ApiVersion("2025-08-01"),
    "Microsoft.DocumentDB/mongoClusters": ApiVersion("2026-06-01"),
    "Microsoft.EventHub/namespaces": ApiVersion("2026-01-01"),
    "Microsoft.Insights/diagnosticSettings": ApiVersion("2021-05-01-preview", newest=True),
    "Microsoft.Insights/privateLinkScopes/scopedResources": ApiVersion("2021-09-01", newest=True),
    "Microsoft.KeyVault/vaults": ApiVersion("2026-02-01"),
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials": ApiVersion(
        "2025-05-31-preview",
        "2024-11-30",
        lacks=("properties.claimsMatchingExpression",),
        why="flexible federated credentials",
    ),
    "Microsoft.Management/managementGroups/descendants": ApiVersion("2023-04-01", newest=True),
    "Microsoft.Network/applicationGateways/backendHealth": ApiVersion(_NETWORK),
    "Microsoft.Network/networkInterfaces/effectiveRoutes": ApiVersion(_NETWORK),
    "Microsoft.Network/networkSecurityPerimeters": ApiVersion(_NETWORK),
    "Microsoft.Network/privateEndpoints": ApiVersion(_NETWORK),
    "Microsoft.OperationalInsights/workspaces": ApiVersion("2026-03-01"),
    "Microsoft.ResourceGraph/resources": ApiVersion("2024-04-01", newest=True),
    "Microsoft.Resources/deployments": ApiVersion("2025-04-01"),
    "Microsoft.Resources/subscriptions": ApiVersion("2022-12-01", newest=True),
    "Microsoft.Security/apiCollections": ApiVersion("2023-11-15", newest=True),
    "Microsoft.Security/autoProvisioningSettings": ApiVersion("2017-08-01-preview", newest=True),
    "Microsoft.Security/pricings": ApiVersion("2024-01-01", newest=True),
    "Microsoft.Security/securityContacts": ApiVersion("2023-12-01-preview", newest=True),
    "Microsoft.Security/settings": ApiVersion("2022-05-01", newest=True),
    "Microsoft.SecurityInsights/alertRules": ApiVersion(
        _SENTINEL_PREVIEW, _SENTINEL, hides=True, why="near-real-time rules (kind NRT)"
    ),
    "Microsoft.SecurityInsights/automationRules": ApiVersion(_SENTINEL),
    "Microsoft.SecurityInsights/dataConnectors": ApiVersion(
        _SENTINEL_PREVIEW, _SENTINEL, hides=True, why="connectors of a whole tenant (kind MicrosoftThreatProtection)"
    ),
    "Microsoft.SecurityInsights/onboardingStates": ApiVersion(_SENTINEL),
    "Microsoft.SecurityInsights/settings": ApiVersion(_SENTINEL_PREVIEW, why="settings are in no other version"),
    "Microsoft.ServiceBus/namespaces": ApiVersion("2026-01-01"),
    "Microsoft.Sql/managedInstances": ApiVersion("2025-01-01"),
    "Microsoft.Sql/servers": ApiVersion("2025-01-01"),
    "Microsoft.Storage/storageAccounts": ApiVersion("2026-04-01"),
    "Microsoft.Web/sites": ApiVersion("2025-03-01"),
    "microsoft.aadiam/diagnosticSettings": ApiVersion("2017-04-01", newest=True),
}
"""Type, or the type that it is below → the version of calls of Resource Manager."""

PREVIEWS: Final[dict[str, ApiVersion]] = {
    "Microsoft.ContainerRegistry/registries": ApiVersion(
        "2026-03-01-preview", lacks=("properties.policies.softDeletePolicy",), why="soft delete excludes retention"
    ),
    "Microsoft.ContainerService/managedClusters": ApiVersion(
        "2026-05-02-preview",
        lacks=(
            "properties.securityProfile.kubernetesResourceObjectEncryptionProfile",
            "properties.azureMonitorProfile.containerInsights",
        ),
        why="encryption of objects with the key that AKS manages; Container insights by its profile",
    ),
    "Microsoft.Insights/actionGroups": ApiVersion(
        "2024-10-01-preview", lacks=("properties.incidentReceivers",), newest=True, why="receivers of incidents"
    ),
}
"""Types that Resource Graph holds, in the shape of the newest generally available version, of which rules also read
what only a preview returns. Each resource is asked for once more in the preview, for these paths alone."""

KEY_VAULT: Final = "7.6"
"""The version of what vaults answer themselves: of 2025, the newest that all clouds serve."""

PREVIEWED: Final = {kind.casefold(): version for kind, version in PREVIEWS.items()}
"""The same by the casefolded type."""
_BY_TYPE: Final = {kind.casefold(): version for kind, version in VERSIONS.items()}


@lru_cache
def version_of(kind: str) -> ApiVersion:
    """The version of a type: its own, else that of the nearest type above it. Raises `KeyError` when there is none."""
    parts = kind.casefold().split("/")
    for size in range(len(parts), 1, -1):
        if found := _BY_TYPE.get("/".join(parts[:size])):
            return found
    raise KeyError(kind)
