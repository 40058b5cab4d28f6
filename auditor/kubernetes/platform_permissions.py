"""Rights that Kubernetes itself and add-ons of AKS give to roles of their own, by the name of the role. Pure.

Each line reads `groups | resources | verbs`; the core group is `core`, and `url` stands for addresses that are no
resources. Only rights that some rule asks about are here. Those of Kubernetes: what an API server of 1.20 creates,
and the test data of its default roles in a later version. Those of AKS were written from knowledge of the add-ons and
have not been compared with a live cluster: a right that is missing here shows as a finding, one too many hides one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_PODS: Final = "core | pods | create delete deletecollection get list patch update watch"
_SECRETS: Final = "core | secrets | create delete deletecollection get list patch update watch"
_SECRETS_READ: Final = "core | secrets | get list watch"
_ENDPOINTS: Final = "core discovery.k8s.io | endpoints endpointslices | create delete get list patch update watch"
_TOKENS: Final = "core | serviceaccounts/token | create"
_STATUS: Final = "core | services/status pods/status | get patch update"
_WEBHOOKS: Final = (
    "admissionregistration.k8s.io | mutatingwebhookconfigurations validatingwebhookconfigurations "
    "validatingadmissionpolicies validatingadmissionpolicybindings | create delete get list patch update watch"
)
_READ_ALL: Final = "* | * | get list watch"
_EDIT: Final = (
    _PODS,
    _SECRETS,
    "core | pods/attach pods/exec pods/portforward pods/proxy services/proxy"
    " | create delete deletecollection get list patch update watch",
    "core | serviceaccounts | impersonate",
    _TOKENS,
)
_SUM_OF_EDIT: Final = (*_EDIT, "core | endpoints | create delete deletecollection get list patch update watch")

KUBERNETES: Final[Mapping[str, tuple[str, ...]]] = {
    "cluster-admin": ("* | * | *", "url | * | *"),
    "admin": _SUM_OF_EDIT,
    "edit": _SUM_OF_EDIT,
    "system:aggregate-to-edit": _EDIT,  # without endpoints, which it lost with Kubernetes 1.22 (CVE-2021-25740)
    "system:controller:certificate-controller": (
        "certificates.k8s.io | certificatesigningrequests/approval certificatesigningrequests/status | update",
    ),
    "system:controller:clusterrole-aggregation-controller": (
        "rbac.authorization.k8s.io | clusterroles | escalate get list patch update watch",
    ),
    "system:controller:daemon-set-controller": (_PODS,),
    "system:controller:disruption-controller": ("* | */scale | get",),
    "system:controller:endpoint-controller": (_ENDPOINTS,),
    "system:controller:endpointslice-controller": (_ENDPOINTS,),
    "system:controller:endpointslicemirroring-controller": (_ENDPOINTS,),
    "system:controller:expand-controller": ("core | secrets | get",),
    "system:controller:generic-garbage-collector": ("* | * | delete get list patch update watch",),
    "system:controller:horizontal-pod-autoscaler": (
        "* | */scale | get update",
        "core | services/proxy | get",
        "custom.metrics.k8s.io external.metrics.k8s.io | * | get list watch",
    ),
    "system:controller:job-controller": (_PODS,),
    "system:controller:legacy-service-account-token-cleaner": ("core | secrets | delete patch",),
    "system:controller:namespace-controller": ("* | * | delete deletecollection get list watch",),
    "system:controller:persistent-volume-binder": (
        _PODS,
        "core | persistentvolumes | create delete get list update watch",
        "core | endpoints | create delete get update",
        "core | secrets | get",
    ),
    "system:controller:replicaset-controller": (_PODS,),
    "system:controller:replication-controller": (_PODS,),
    "system:controller:resourcequota-controller": ("* | * | list watch",),
    "system:controller:service-controller": (_STATUS,),
    "system:controller:statefulset-controller": (_PODS,),
    "system:kube-controller-manager": (
        "* | * | list watch",
        "core | secrets | create delete get update",
        "core | endpoints | create get update",
        _TOKENS,
    ),
    "system:kube-scheduler": ("core | endpoints | create get update",),
    "system:kubelet-api-admin": (
        "core | nodes/configz nodes/healthz nodes/log nodes/metrics nodes/pods nodes/proxy nodes/spec nodes/stats | *",
    ),
    "system:node": (_PODS, _SECRETS_READ, _TOKENS),
    "system:persistent-volume-provisioner": ("core | persistentvolumes | create delete get list watch",),
    "kube-system/system:controller:bootstrap-signer": (_SECRETS_READ,),
    "kube-system/system:controller:token-cleaner": ("core | secrets | delete get list watch",),
}
"""What an API server creates, and puts back when it starts; of a Role with its namespace in front."""

AKS: Final[Mapping[str, tuple[str, ...]]] = {
    "aks-secretprovidersyncing-role": (_SECRETS,),
    "aks-service": (_READ_ALL,),
    "ama-logs-reader": ("core | nodes/proxy | get list watch",),
    "ama-metrics-reader": ("core | nodes/proxy | get list watch",),
    "azure-wi-webhook-manager-role": (_WEBHOOKS,),
    "calico-cni-plugin": (_STATUS,),
    "calico-kube-controllers": (_SECRETS_READ,),
    "calico-node": (_STATUS, _TOKENS),
    "cilium-operator": (_STATUS, "discovery.k8s.io | endpointslices | create delete get list patch update watch"),
    "csi-azurefile-node-secret-role": ("core | secrets | get create",),
    "csi-blob-node-secret-role": ("core | secrets | get",),
    "gatekeeper-manager-role": (
        "* | * | get list watch",
        _WEBHOOKS,
        "constraints.gatekeeper.sh mutations.gatekeeper.sh templates.gatekeeper.sh externaldata.gatekeeper.sh "
        "expansion.gatekeeper.sh config.gatekeeper.sh status.gatekeeper.sh connection.gatekeeper.sh"
        " | * | create delete get list patch update watch",
    ),
    "keda-operator": ("* | */scale | get list patch update watch", "* | * | get", _SECRETS_READ, _WEBHOOKS),
    "omsagent-reader": ("core | nodes/proxy | get list watch",),
    "system:azure-cloud-provider": ("core | secrets | get list watch create",),
    "system:azure-cloud-provider-secret-getter": ("core | secrets | get create",),
    "system:cloud-controller-manager": (_STATUS, _SECRETS_READ, _ENDPOINTS, _TOKENS),
    "system:vpa-admission-controller": (_WEBHOOKS,),
    "tigera-operator": (
        _PODS,
        _SECRETS,
        _ENDPOINTS,
        _WEBHOOKS,
        "rbac.authorization.k8s.io | clusterroles clusterrolebindings roles rolebindings"
        " | bind create delete escalate get list patch update watch",
        "crd.projectcalico.org projectcalico.org operator.tigera.io | * | *",
    ),
    "azure-workload-identity-system/azure-wi-webhook-manager-role": (_SECRETS,),
    "gatekeeper-system/gatekeeper-manager-role": (_SECRETS,),
    "kube-system/azure-wi-webhook-manager-role": (_SECRETS,),
}
"""What add-ons of AKS bring. Another role with such a name is judged by what it holds beyond this."""
