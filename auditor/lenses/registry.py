"""Lenses: pure functions from the resources of an inventory to derived resources, which rules judge like any other.

A lens runs only when a selected rule asks for its type; importing this table imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from msgspec import Struct

from auditor.lenses.coverage import Coverage
from auditor.model.kubernetes_types import NETWORK_POLICIES
from auditor.model.resource import Resource


class Reader(Protocol):
    """A lens at work: it takes resources one by one, then says what follows from all of them."""

    def take(self, resource: Resource) -> None: ...
    def derived(self) -> Iterator[Resource]: ...


class Lens(Struct, frozen=True):
    """Reads resources of the casefolded types `reads`, all of them, and gives those of the derived `type`.

    `start` gives a reader. The coverage tells it whether what it did not find is really not there. Without a resource
    of the types `begins` nothing follows; empty: of any that it reads.
    """

    type: str
    reads: frozenset[str]
    start: Callable[[Coverage], Reader]
    begins: frozenset[str] = frozenset()

    def derive(self, resources: Iterable[Resource], coverage: Coverage) -> Iterator[Resource]:
        """What follows from these resources."""
        reader = self.start(coverage)
        for resource in resources:
            reader.take(resource)
        return reader.derived()


def _certificates(_coverage: Coverage) -> Reader:
    from auditor.lenses.certificates.lens import Certificates

    return Certificates()


def _api_policies(coverage: Coverage) -> Reader:
    from auditor.lenses.api_policy.lens import ApiPolicies

    return ApiPolicies(coverage)


def _traffic_paths(coverage: Coverage) -> Reader:
    from auditor.lenses.paths.lens import TrafficPaths

    return TrafficPaths(coverage)


def _policy_documents(coverage: Coverage) -> Reader:
    from auditor.lenses.api_policy.documents import PolicyDocuments

    return PolicyDocuments(coverage)


def _vault_access(coverage: Coverage) -> Reader:
    from auditor.lenses.vault.access import VaultAccess

    return VaultAccess(coverage)


def _private_connectivity(coverage: Coverage) -> Reader:
    from auditor.lenses.private_connectivity.lens import PrivateConnectivity

    return PrivateConnectivity(coverage)


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
    "microsoft.apimanagement/service/apiversionsets",
    "microsoft.apimanagement/service/workspaces/apiversionsets",
    "microsoft.apimanagement/service/certificates",
    "microsoft.apimanagement/service/workspaces",
    "microsoft.apimanagement/service/workspaces/certificates",
    "microsoft.network/applicationgateways",
    "microsoft.cdn/profiles/afdendpoints",
    "microsoft.cdn/profiles/afdendpoints/routes",
    "microsoft.cdn/profiles/customdomains",
    "microsoft.cdn/profiles/origingroups/origins",
    "microsoft.cdn/profiles/rulesets/rules",
    "microsoft.cdn/profiles/secrets",
    "microsoft.network/applicationgatewaywebapplicationfirewallpolicies",
    "microsoft.network/azurefirewalls",
    "microsoft.network/privatelinkservices",
    "microsoft.network/firewallpolicies/rulecollectiongroups",
    "microsoft.network/ipgroups",
    "microsoft.network/loadbalancers",
    "microsoft.network/publicipaddresses",
    "microsoft.network/virtualnetworks",
    "microsoft.network/virtualnetworks/subnets",
    "microsoft.network/networksecuritygroups",
    "microsoft.network/privatednszones",
    "microsoft.network/privatednszones/virtualnetworklinks",
    "microsoft.network/privatednszones/a",
    "microsoft.network/privatednszones/aaaa",
    "microsoft.network/privatednszones/cname",
    "microsoft.network/dnszones",
    "microsoft.network/dnszones/a",
    "microsoft.network/dnszones/aaaa",
    "microsoft.network/dnszones/cname",
    "microsoft.keyvault/vaults/certificates",
    "microsoft.network/privateendpoints",
    "microsoft.web/sites",
    "microsoft.web/sites/config",
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
    "argoproj.io/rollout",
    "networking.k8s.io/ingress",
    "networking.k8s.io/ingressclass",
    *NETWORK_POLICIES,
    "gateway.networking.k8s.io/gateway",
    "gateway.networking.k8s.io/httproute",
    "gateway.networking.k8s.io/grpcroute",
    "gateway.networking.k8s.io/tlsroute",
    "gateway.networking.k8s.io/backendtlspolicy",
    "gateway.networking.k8s.io/referencegrant",
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

_ENTRANCES: Final = frozenset(
    {
        "microsoft.cdn/profiles/afdendpoints",
        "microsoft.network/applicationgateways",
        "microsoft.network/azurefirewalls",
        "microsoft.network/firewallpolicies/rulecollectiongroups",
        "microsoft.network/loadbalancers",
        "microsoft.apimanagement/service",
        "networking.k8s.io/ingress",
        "gateway.networking.k8s.io/gateway",
        "networking.istio.io/gateway",
        "core/service",
    }
)
"""Where a path may begin."""

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
                "networking.istio.io/gateway",
                "admissionregistration.k8s.io/mutatingwebhookconfiguration",
                "admissionregistration.k8s.io/validatingwebhookconfiguration",
                "apiregistration.k8s.io/apiservice",
            }
        ),
        _certificates,
    ),
    Lens("auditor/apiPolicy", API_POLICY_READS, _api_policies),
    Lens("auditor/trafficPath", TRAFFIC_PATH_READS, _traffic_paths, _ENTRANCES),
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
    Lens(
        "auditor/vaultAccess",
        frozenset(
            {
                "microsoft.apimanagement/service",
                "microsoft.apimanagement/service/certificates",
                "microsoft.apimanagement/service/namedvalues",
                "microsoft.apimanagement/service/workspaces/certificates",
                "microsoft.apimanagement/service/workspaces/namedvalues",
                "microsoft.authorization/roleassignments",
                "microsoft.authorization/roledefinitions",
                "microsoft.keyvault/vaults",
                "microsoft.keyvault/vaults/certificates",
                "microsoft.keyvault/vaults/secrets",
                "microsoft.managedidentity/userassignedidentities",
                "microsoft.network/applicationgateways",
            }
        ),
        _vault_access,
        frozenset({"microsoft.apimanagement/service", "microsoft.network/applicationgateways"}),
    ),
)
"""Every lens."""


def lens_of(derived: str) -> Lens:
    """The lens that derives this type."""
    return next(lens for lens in LENSES if lens.type == derived)


def needed(types: Iterable[str]) -> tuple[Lens, ...]:
    """The lenses that derive one of these casefolded types."""
    wanted = frozenset(types)
    return tuple(lens for lens in LENSES if lens.type.casefold() in wanted)
