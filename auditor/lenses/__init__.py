"""Lenses: pure functions from the resources of an inventory to derived resources, which rules judge like any other.

A lens runs only when a selected rule asks for its type; importing this table imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from auditor.lenses.coverage import Coverage
from auditor.model import Resource


class Lens(NamedTuple):
    """`derive` reads resources of the casefolded types `reads`, all of them, and gives those of the derived `type`.

    The coverage tells whether what it did not find is really not there.
    """

    type: str
    reads: frozenset[str]
    derive: Callable[[Iterable[Resource], Coverage], Iterator[Resource]]


def _certificates(resources: Iterable[Resource], _coverage: Coverage) -> Iterator[Resource]:
    from auditor.lenses.certificates import derive

    return derive(resources)


def _api_policies(resources: Iterable[Resource], coverage: Coverage) -> Iterator[Resource]:
    from auditor.lenses.api_policy import derive

    return derive(resources, coverage)


def _traffic_paths(resources: Iterable[Resource], coverage: Coverage) -> Iterator[Resource]:
    from auditor.lenses.traffic_paths import derive

    return derive(resources, coverage)


def _policy_documents(resources: Iterable[Resource], coverage: Coverage) -> Iterator[Resource]:
    from auditor.lenses.api_policy_documents import derive

    return derive(resources, coverage)


def _private_connectivity(resources: Iterable[Resource], coverage: Coverage) -> Iterator[Resource]:
    from auditor.lenses.private_connectivity import derive

    return derive(resources, coverage)


API_POLICY_READS: Final = frozenset(
    {
        "microsoft.apimanagement/service",
        *(
            f"microsoft.apimanagement/service/{scope}{kind}"
            for scope in ("", "workspaces/")
            for kind in (
                "policies",
                "policyfragments",
                "namedvalues",
                "apis",
                "apis/policies",
                "apis/products",
                "apis/operations",
                "apis/operations/policies",
                "products",
                "products/policies",
                "products/apis",
                "products/apilinks",
                "subscriptions",
                "backends",
            )
        ),
    }
)
"""Everything that decides which policy of API Management is effective."""

TRAFFIC_PATH_READS: Final = API_POLICY_READS | {
    "microsoft.network/applicationgateways",
    "microsoft.network/publicipaddresses",
    "microsoft.network/virtualnetworks",
    "microsoft.network/virtualnetworks/subnets",
    "microsoft.network/networksecuritygroups",
    "microsoft.network/privatednszones",
    "microsoft.network/privatednszones/virtualnetworklinks",
    "microsoft.network/privatednszones/a",
    "microsoft.network/privatednszones/cname",
    "microsoft.network/dnszones",
    "microsoft.network/dnszones/a",
    "microsoft.network/dnszones/cname",
    "microsoft.keyvault/vaults/certificates",
    "microsoft.web/sites",
    "microsoft.containerservice/managedclusters",
    "microsoft.insights/diagnosticsettings",
    "core/namespace",
    "core/service",
    "core/pod",
    "core/secret",
    "core/configmap",
    "apps/deployment",
    "apps/statefulset",
    "apps/daemonset",
    "apps/replicaset",
    "networking.k8s.io/ingress",
    "networking.k8s.io/ingressclass",
    "networking.k8s.io/networkpolicy",
    "cilium.io/ciliumnetworkpolicy",
    "cilium.io/ciliumclusterwidenetworkpolicy",
    "crd.projectcalico.org/networkpolicy",
    "crd.projectcalico.org/globalnetworkpolicy",
    "projectcalico.org/networkpolicy",
    "projectcalico.org/globalnetworkpolicy",
    "gateway.networking.k8s.io/gateway",
    "gateway.networking.k8s.io/httproute",
    "gateway.networking.k8s.io/grpcroute",
    "gateway.networking.k8s.io/tlsroute",
    "gateway.networking.k8s.io/backendtlspolicy",
    "alb.networking.azure.io/backendtlspolicy",
    "alb.networking.azure.io/frontendtlspolicy",
    "networking.istio.io/gateway",
    "networking.istio.io/virtualservice",
    "networking.istio.io/destinationrule",
    "security.istio.io/peerauthentication",
    "cert-manager.io/certificate",
    "secrets-store.csi.x-k8s.io/secretproviderclass",
}
"""Everything that a request passes, or that says how."""

LENSES: Final = (
    Lens(
        "auditor/certificate",
        frozenset(
            {
                "auditor/handshake",
                "microsoft.network/applicationgateways",
                "microsoft.apimanagement/service",
                "microsoft.apimanagement/service/backends",
                "microsoft.apimanagement/service/certificates",
                "microsoft.keyvault/vaults/certificates",
                "microsoft.web/certificates",
                "core/secret",
                "cert-manager.io/certificate",
                "secrets-store.csi.x-k8s.io/secretproviderclass",
                "networking.k8s.io/ingress",
                "gateway.networking.k8s.io/gateway",
                "admissionregistration.k8s.io/mutatingwebhookconfiguration",
                "admissionregistration.k8s.io/validatingwebhookconfiguration",
                "apiregistration.k8s.io/apiservice",
            }
        ),
        _certificates,
    ),
    Lens("auditor/apiPolicy", API_POLICY_READS, _api_policies),
    Lens("auditor/trafficPath", TRAFFIC_PATH_READS, _traffic_paths),
    Lens(
        "auditor/policyDocument",
        frozenset(
            kind for kind in API_POLICY_READS if kind.endswith(("/policies", "/policyfragments", "/namedvalues"))
        ),
        _policy_documents,
    ),
    Lens(
        "auditor/privateConnectivity",
        frozenset(
            {
                "microsoft.apimanagement/service",
                "microsoft.appconfiguration/configurationstores",
                "microsoft.containerregistry/registries",
                "microsoft.containerservice/managedclusters",
                "microsoft.documentdb/databaseaccounts",
                "microsoft.eventhub/namespaces",
                "microsoft.insights/privatelinkscopes",
                "microsoft.insights/privatelinkscopes/scopedresources",
                "microsoft.keyvault/vaults",
                "microsoft.network/applicationgateways",
                "microsoft.network/azurefirewalls",
                "microsoft.network/dnsresolvers/inboundendpoints",
                "microsoft.network/firewallpolicies",
                "microsoft.network/networkinterfaces",
                "microsoft.network/privatednszones",
                "microsoft.network/privatednszones/a",
                "microsoft.network/privatednszones/virtualnetworklinks",
                "microsoft.network/privateendpoints",
                "microsoft.network/privateendpoints/privatednszonegroups",
                "microsoft.network/virtualnetworks",
                "microsoft.operationalinsights/workspaces",
                "microsoft.servicebus/namespaces",
                "microsoft.sql/servers",
                "microsoft.storage/storageaccounts",
            }
        ),
        _private_connectivity,
    ),
)
"""Every lens."""


def needed(types: Iterable[str]) -> tuple[Lens, ...]:
    """The lenses that derive one of these casefolded types."""
    wanted = frozenset(types)
    return tuple(lens for lens in LENSES if lens.type.casefold() in wanted)
