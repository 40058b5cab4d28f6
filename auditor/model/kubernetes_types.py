"""The kinds of Kubernetes, as an API server spells them, and what Kubernetes and AKS fix of them. Tables."""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import lru_cache
from typing import Any, Final

_GROUPS: Final = {
    "core": "ConfigMap Endpoints Namespace Node PersistentVolume PersistentVolumeClaim Pod ReplicationController "
    "Secret Service ServiceAccount",
    "apps": "DaemonSet Deployment ReplicaSet StatefulSet",
    "batch": "CronJob Job",
    "argoproj.io": "Rollout",
    "networking.k8s.io": "Ingress IngressClass NetworkPolicy",
    "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "admissionregistration.k8s.io": "MutatingWebhookConfiguration ValidatingAdmissionPolicy "
    "ValidatingWebhookConfiguration",
    "gateway.networking.k8s.io": "BackendTLSPolicy Gateway GatewayClass GRPCRoute HTTPRoute ReferenceGrant TCPRoute "
    "TLSRoute",
    "networking.istio.io": "DestinationRule Gateway ServiceEntry VirtualService",
    "security.istio.io": "AuthorizationPolicy PeerAuthentication RequestAuthentication",
    "cert-manager.io": "Certificate CertificateRequest ClusterIssuer Issuer",
    "secrets-store.csi.x-k8s.io": "SecretProviderClass",
    "cilium.io": "CiliumClusterwideNetworkPolicy CiliumNetworkPolicy",
    "crd.projectcalico.org": "GlobalNetworkPolicy NetworkPolicy",
    "projectcalico.org": "GlobalNetworkPolicy NetworkPolicy",
    "policy.networking.k8s.io": "AdminNetworkPolicy BaselineAdminNetworkPolicy ClusterNetworkPolicy",
    "policy": "PodDisruptionBudget PodSecurityPolicy",
    "storage.k8s.io": "StorageClass",
    "autoscaling": "HorizontalPodAutoscaler",
}

_MOVED: Final = {
    "DaemonSet": "apps",
    "Deployment": "apps",
    "ReplicaSet": "apps",
    "Ingress": "networking.k8s.io",
    "NetworkPolicy": "networking.k8s.io",
}
"""Kinds of the group `extensions`, which Kubernetes 1.16 and 1.22 took away, with the group that has them now."""

KUBERNETES_TYPES: Final = {
    **{f"{group}/{kind}".casefold(): f"{group}/{kind}" for group, kinds in _GROUPS.items() for kind in kinds.split()},
    **{f"extensions/{kind}".casefold(): f"{group}/{kind}" for kind, group in _MOVED.items()},
}
"""Casefolded `group/Kind` → as it is spelled. A server refuses another casing, but a file may hold it."""

WORKLOADS: Final[Mapping[str, tuple[str, ...]]] = {
    "core/Pod": ("spec",),
    "core/ReplicationController": ("spec", "template", "spec"),
    "apps/Deployment": ("spec", "template", "spec"),
    "apps/ReplicaSet": ("spec", "template", "spec"),
    "apps/StatefulSet": ("spec", "template", "spec"),
    "apps/DaemonSet": ("spec", "template", "spec"),
    "batch/Job": ("spec", "template", "spec"),
    "batch/CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "argoproj.io/Rollout": ("spec", "template", "spec"),
}
"""Kubernetes objects that run pods, and where each keeps its pod specification."""

SYSTEM_NAMESPACES: Final = (
    "aks-command",
    "aks-istio-egress",
    "aks-istio-ingress",
    "aks-istio-system",
    "app-routing-system",
    "azure-arc",
    "azure-extensions-usage-system",
    "calico-system",
    "gatekeeper-system",
    "kube-node-lease",
    "kube-public",
    "kube-system",
    "tigera-operator",
)
"""Namespaces that the platform runs: its workloads there are not the estate's to change."""

CLUSTER_SCOPED: Final = frozenset(
    {
        "core/Namespace",
        "core/Node",
        "core/PersistentVolume",
        "rbac.authorization.k8s.io/ClusterRole",
        "rbac.authorization.k8s.io/ClusterRoleBinding",
        "admissionregistration.k8s.io/MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
        "apiextensions.k8s.io/CustomResourceDefinition",
        "apiregistration.k8s.io/APIService",
        "cert-manager.io/ClusterIssuer",
        "cilium.io/CiliumClusterwideNetworkPolicy",
        "crd.projectcalico.org/GlobalNetworkPolicy",
        "projectcalico.org/GlobalNetworkPolicy",
        "policy.networking.k8s.io/AdminNetworkPolicy",
        "policy.networking.k8s.io/BaselineAdminNetworkPolicy",
        "policy.networking.k8s.io/ClusterNetworkPolicy",
        "gateway.networking.k8s.io/GatewayClass",
        "networking.k8s.io/IngressClass",
        "policy/PodSecurityPolicy",
        "storage.k8s.io/StorageClass",
    }
)
"""Kubernetes kinds that live in no namespace."""

NETWORK_POLICIES: Final = (
    "networking.k8s.io/networkpolicy",
    "cilium.io/ciliumnetworkpolicy",
    "cilium.io/ciliumclusterwidenetworkpolicy",
    "crd.projectcalico.org/networkpolicy",
    "crd.projectcalico.org/globalnetworkpolicy",
    "projectcalico.org/networkpolicy",
    "projectcalico.org/globalnetworkpolicy",
    "policy.networking.k8s.io/adminnetworkpolicy",
    "policy.networking.k8s.io/baselineadminnetworkpolicy",
    "policy.networking.k8s.io/clusternetworkpolicy",
)
"""The casefolded kinds of network policies: of Kubernetes itself, of Cilium, of Calico and of administrators."""

_ROUTES: Final = frozenset({"gateway.networking.k8s.io/httproute", "gateway.networking.k8s.io/grpcroute"})

_TOGETHER: Final = (frozenset(kind.casefold() for kind in WORKLOADS), frozenset(NETWORK_POLICIES), _ROUTES)
"""Kinds that do one thing: whoever writes down one of a group would write down the others in the same place."""


def shown_with(types: Set[str]) -> frozenset[str]:
    """The casefolded types of which files that hold these say all that there is."""
    return frozenset(types).union(*(group for group in _TOGETHER if not group.isdisjoint(types)))


@lru_cache(maxsize=4096)
def is_cluster_type(kind: str) -> bool:
    """Whether a type is one of Kubernetes: neither of Azure nor of a lens."""
    return not kind.casefold().startswith(("microsoft.", "auditor/"))


def kubernetes_type(body: Mapping[str, Any]) -> str:
    """`group/Kind` of a Kubernetes object, a known kind as a server spells it; the core group is `core`, kinds of
    `extensions` have their new group."""
    group, slash, _version = str(body["apiVersion"]).partition("/")
    name = f"{group if slash else 'core'}/{str(body['kind']).strip()}"
    return KUBERNETES_TYPES.get(name.casefold(), name)
