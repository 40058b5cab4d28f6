"""What paths read of the types that make up most of an estate: the rest of their bodies would fill the memory.

A type that is not here is kept whole. A test holds the table to what is really read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from auditor.model.projection import OF_AZURE, Fields

_OBJECT: Final = "apiVersion kind metadata.name metadata.namespace metadata.uid metadata.labels"
_PODS: Final = (
    "hostNetwork containers[*].name containers[*].image containers[*].args containers[*].ports "
    "initContainers[*].name initContainers[*].image initContainers[*].ports initContainers[*].restartPolicy "
    "ephemeralContainers[*].name ephemeralContainers[*].image ephemeralContainers[*].ports"
)


def _below(place: str, fields: str) -> str:
    return " ".join(f"{place}.{field}" for field in fields.split())


_TEMPLATE: Final = (
    f"{_OBJECT} metadata.ownerReferences spec.template.metadata.labels spec.template.metadata.annotations "
    f"{_below('spec.template.spec', _PODS)}"
)
_RULE: Final = "name " + _below(
    "properties",
    "access direction priority protocol "
    "sourceAddressPrefix sourceAddressPrefixes sourceApplicationSecurityGroups "
    "destinationAddressPrefix destinationAddressPrefixes destinationApplicationSecurityGroups "
    "destinationPortRange destinationPortRanges",
)
_CONNECTION: Final = "privateLinkServiceId privateLinkServiceConnectionState"

KEPT: Final[Mapping[str, str]] = {
    "core/pod": f"{_OBJECT} metadata.annotations metadata.ownerReferences status.podIP {_below('spec', _PODS)}",
    "core/configmap": f"{_OBJECT} data.ssl-protocols data.ca:crt data.tls:crt data.cacert",
    "apps/deployment": _TEMPLATE,
    "apps/statefulset": _TEMPLATE,
    "apps/daemonset": _TEMPLATE,
    "apps/replicaset": _TEMPLATE,
    "argoproj.io/rollout": _TEMPLATE,
    "microsoft.insights/diagnosticsettings": f"{OF_AZURE} properties.workspaceId properties.logs[*].enabled",
    "microsoft.keyvault/vaults/certificates": f"{OF_AZURE} properties.cer properties.id properties.sid",
    "microsoft.network/networksecuritygroups": f"{OF_AZURE} {_below('properties.securityRules[*]', _RULE)}",
    "microsoft.network/privatednszones": OF_AZURE,
    "microsoft.network/privatednszones/virtualnetworklinks": f"{OF_AZURE} properties.virtualNetwork",
    "microsoft.network/privateendpoints": (
        f"{OF_AZURE} properties.customDnsConfigs "
        + _below("properties.privateLinkServiceConnections[*].properties", _CONNECTION)
        + " "
        + _below("properties.manualPrivateLinkServiceConnections[*].properties", _CONNECTION)
    ),
    "microsoft.network/publicipaddresses": f"{OF_AZURE} properties.ipAddress properties.dnsSettings",
    "microsoft.web/sites": f"{OF_AZURE} "
    + _below("properties", "defaultHostName hostNames siteConfig publicNetworkAccess clientCertEnabled clientCertMode"),
    "microsoft.network/virtualnetworks": (
        f"{OF_AZURE} properties.addressSpace properties.dhcpOptions properties.virtualNetworkPeerings "
        f"properties.subnets[*].id properties.subnets[*].name "
        + _below("properties.subnets[*].properties", "addressPrefix addressPrefixes networkSecurityGroup")
    ),
}
"""Casefolded type → fields, with `[*]` for the elements of a list and `:` for a dot inside of a key."""


FIELDS: Final[Mapping[str, Fields]] = {kind: Fields.named(text) for kind, text in KEPT.items()}
"""The same, read."""
