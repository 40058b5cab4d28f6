"""The API versions that Resource Manager accepts, by resource type. Others are answered with 400, as the service does.

Of each provider the versions that its own SDK packages and templates name; a child has its parent's unless it says
otherwise, without those that are not published for it. A type that is not here does not exist for the local Azure.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from tests.azure.published import versions_of

APIM: Final = (
    "2021-08-01 2022-08-01 2023-05-01-preview 2023-09-01-preview 2024-05-01 2024-06-01-preview 2025-09-01-preview"
)
SQL: Final = (
    "2021-11-01 2022-05-01-preview 2023-05-01-preview 2023-08-01 2023-08-01-preview 2024-05-01-preview 2025-01-01"
)
NETWORK: Final = (
    "2022-07-01 2023-04-01 2023-09-01 2023-11-01 2024-01-01 2024-03-01 2024-05-01 2024-07-01 2024-10-01 2025-01-01 "
    "2025-03-01 2025-05-01 2025-07-01 2025-09-01 2026-03-01"
)
DNS: Final = "2018-09-01 2020-01-01 2020-06-01 2024-06-01"
AKS: Final = (
    "2023-10-01 2024-02-01 2024-05-01 2024-09-01 2025-01-01 2025-02-01 2025-05-01 2025-08-01 2026-03-01 2026-05-01 "
    "2026-05-02-preview 2026-08-01"
)
REGISTRY: Final = "2023-07-01 2023-11-01-preview 2024-11-01-preview 2025-04-01 2025-11-01 2026-03-01-preview"
STORAGE: Final = (
    "2022-09-01 2023-01-01 2023-04-01 2023-05-01 2024-01-01 2025-01-01 2025-06-01 2025-08-01 2026-04-01 2026-09-01"
)
SENTINEL: Final = "2021-10-01 2022-11-01 2023-02-01 2023-11-01 2024-03-01 2024-09-01 2025-03-01 2025-06-01 2025-09-01"
SENTINEL_PREVIEWS: Final = (
    "2021-10-01-preview 2022-12-01-preview 2023-12-01-preview 2024-10-01-preview 2025-07-01-preview"
)
COSMOS: Final = "2023-11-15 2024-05-15 2024-08-15 2024-11-15 2025-04-15 2025-10-15 2026-03-15"
RESOURCES: Final = "2020-01-01 2020-06-01 2021-01-01 2021-04-01 2022-09-01 2022-12-01 2024-03-01 2024-11-01 2025-04-01"
VAULT: Final = "2022-07-01 2023-02-01 2023-07-01 2024-11-01 2025-05-01 2026-02-01 2026-05-15"

ACCEPTED: Final[dict[str, str]] = {
    "microsoft.apimanagement/service": APIM,
    "microsoft.apimanagement/service/workspaces": "2023-05-01-preview 2023-09-01-preview 2024-05-01 2024-06-01-preview",
    "microsoft.sql/servers": SQL,
    "microsoft.sql/managedinstances": SQL,
    "microsoft.dbforpostgresql/flexibleservers": "2022-12-01 2024-08-01 2025-01-01-preview 2025-08-01",
    "microsoft.dbformysql/flexibleservers": "2021-05-01 2022-01-01 2023-06-30 2023-12-30 2024-12-30",
    "microsoft.network": NETWORK,
    "microsoft.network/privatednszones": DNS,
    "microsoft.containerservice/managedclusters": AKS,
    "microsoft.containerregistry/registries": REGISTRY,
    "microsoft.storage/storageaccounts": STORAGE,
    "microsoft.keyvault/vaults": VAULT,
    "microsoft.documentdb/databaseaccounts": COSMOS,
    "microsoft.documentdb/mongoclusters": "2024-03-01-preview 2024-07-01 2025-09-01 2026-06-01",
    "microsoft.managedidentity/userassignedidentities": "2022-01-31-preview 2023-01-31 2024-11-30 2025-05-31-preview",
    "microsoft.operationalinsights/workspaces": "2021-06-01 2022-10-01 2023-09-01 2025-02-01 2025-07-01 2026-03-01",
    "microsoft.operationsmanagement/solutions": "2015-11-01-preview",
    "microsoft.insights/diagnosticsettings": "2016-09-01 2017-05-01-preview 2021-05-01-preview",
    "microsoft.insights/components": "2015-05-01 2020-02-02 2020-02-02-preview",
    "microsoft.insights/actiongroups": "2021-09-01 2022-06-01 2023-01-01 2024-10-01-preview",
    "microsoft.insights/activitylogalerts": "2020-10-01 2023-01-01-preview",
    "microsoft.insights/privatelinkscopes": "2019-10-17-preview 2021-07-01-preview 2021-09-01",
    "microsoft.insights/datacollectionrules": "2021-09-01-preview 2022-06-01 2023-03-11 2024-03-11",
    "microsoft.insights/datacollectionruleassociations": "2021-09-01-preview 2022-06-01 2023-03-11 2024-03-11",
    "microsoft.security/apicollections": "2022-11-20-preview 2023-11-15",
    "microsoft.security/pricings": "2018-06-01 2022-03-01 2023-01-01 2024-01-01",
    "microsoft.security/securitycontacts": "2017-08-01-preview 2020-01-01-preview 2023-12-01-preview",
    "microsoft.security/settings": "2019-01-01 2021-06-01 2021-07-01 2022-05-01",
    "microsoft.security/autoprovisioningsettings": "2017-08-01-preview",
    "microsoft.security/automations": "2019-01-01-preview 2023-12-01-preview",
    "microsoft.securityinsights": f"{SENTINEL} {SENTINEL_PREVIEWS}",
    "microsoft.securityinsights/settings": SENTINEL_PREVIEWS,
    "microsoft.aadiam/diagnosticsettings": "2017-04-01 2017-04-01-preview",
    "microsoft.authorization/roleassignments": "2020-04-01-preview 2022-04-01",
    "microsoft.authorization/roleassignmentscheduleinstances": "2020-10-01 2024-09-01-preview",
    "microsoft.authorization/roledefinitions": "2018-01-01-preview 2022-04-01 2022-05-01-preview",
    "microsoft.authorization/policyassignments": "2020-09-01 2022-06-01 2023-04-01 2024-04-01 2025-01-01",
    "microsoft.authorization/policyexemptions": "2020-07-01-preview 2022-07-01-preview",
    "microsoft.authorization/permissions": "2018-07-01 2022-04-01 2022-05-01-preview",
    "microsoft.authorization/locks": "2016-09-01 2017-04-01 2020-05-01",
    "microsoft.compute/diskencryptionsets": "2022-07-02 2023-04-02 2024-03-02 2025-01-02",
    "microsoft.eventhub/namespaces": "2021-11-01 2024-01-01 2025-05-01-preview 2026-01-01",
    "microsoft.servicebus/namespaces": "2021-11-01 2024-01-01 2025-05-01-preview 2026-01-01",
    "microsoft.cache/redis": "2023-04-01 2023-08-01 2024-03-01 2024-11-01",
    "microsoft.cdn/profiles": "2023-05-01 2024-02-01 2024-09-01 2025-04-15 2025-06-01 2025-12-01 2026-04-01-preview",
    "microsoft.web/sites": "2022-03-01 2022-09-01 2023-12-01 2024-04-01 2024-11-01 2025-03-01 2025-05-01",
    "microsoft.web/certificates": "2022-03-01 2022-09-01 2023-12-01 2024-04-01 2024-11-01 2025-03-01 2025-05-01",
    "microsoft.management/managementgroups": "2020-05-01 2021-04-01 2023-04-01",
    "microsoft.resources/subscriptions": RESOURCES,
    "microsoft.resources": RESOURCES,
}

CHILDREN: Final = {
    "microsoft.keyvault/vaults": "accesspolicies keys privateendpointconnections secrets",
    "microsoft.apimanagement/service": (
        "apis apiversionsets authorizationservers backends caches certificates diagnostics gateways groups "
        "identityproviders loggers namedvalues notifications openidconnectproviders policies policyfragments "
        "portalconfigs portalsettings privateendpointconnections products schemas settings subscriptions tags "
        "templates tenant users workspaces "
    ),
    "microsoft.sql/servers": (
        "administrators advancedthreatprotectionsettings auditingsettings azureadonlyauthentications "
        "connectionpolicies databases devopsauditingsettings dnsaliases elasticpools encryptionprotector "
        "extendedauditingsettings failovergroups firewallrules ipv6firewallrules keys outboundfirewallrules "
        "privateendpointconnections securityalertpolicies sqlvulnerabilityassessments virtualnetworkrules "
        "vulnerabilityassessments "
    ),
    "microsoft.containerservice/managedclusters": (
        "agentpools maintenanceconfigurations privateendpointconnections trustedaccessrolebindings "
    ),
    "microsoft.containerregistry/registries": (
        "agentpools cacherules connectedregistries credentialsets privateendpointconnections replications "
        "scopemaps tasks tokens webhooks "
    ),
    "microsoft.storage/storageaccounts": (
        "blobservices encryptionscopes fileservices inventorypolicies localusers managementpolicies "
        "privateendpointconnections queueservices tableservices "
    ),
    "microsoft.cdn/profiles": "afdendpoints customdomains endpoints origingroups rulesets secrets securitypolicies ",
    "microsoft.network/privateendpoints": "privatednszonegroups",
    "microsoft.network/privatednszones": "a aaaa all cname mx ptr recordsets soa srv txt virtualnetworklinks",
    "microsoft.operationalinsights/workspaces": (
        "dataexports datasources linkedservices linkedstorageaccounts savedsearches tables "
    ),
}
"""The children that Resource Manager has below a type, where the product may well ask for one that it has not:
certificates of a Key Vault, for instance, are only in its data plane."""


RETIRED: Final = (("microsoft.keyvault/", "2026-02-01", dt.date(2027, 2, 27)),)
"""How types begin, the oldest version that stays, and the day on which older ones retire."""


def accepted(type_: str, today: dt.date = dt.date.min) -> frozenset[str] | None:
    """The versions for a type on a day; None when there is no such type."""
    name = type_.casefold()
    parts = name.split("/")
    top = "/".join(parts[:2])
    children = CHILDREN.get(top)
    if children is not None and len(parts) > 2 and parts[2] not in children.split():
        return None
    for size in range(len(parts), 0, -1):
        if (key := "/".join(parts[:size])) in ACCEPTED:
            own = size == len(parts)
            found = [one for one in ACCEPTED[key].split() if own or _is_published(name, one)]
            return frozenset(one for one in found if not _is_retired(name, one, today))
    return None


def _is_published(name: str, version: str) -> bool:
    """Whether a child has a version of its parent; not known of those outside the time of the published ones."""
    known = versions_of(name)
    return not known or version in known or not known[0] <= version <= known[-1]


def _is_retired(name: str, version: str, today: dt.date) -> bool:
    return any(name.startswith(start) and version < oldest and today >= day for start, oldest, day in RETIRED)
