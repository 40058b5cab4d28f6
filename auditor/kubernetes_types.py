"""The kinds of Kubernetes that rules and derived resources read, as an API server spells them. A table."""

from __future__ import annotations

from typing import Final

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
