"""Resources of the kubernetes, kubectl and helm providers → Kubernetes objects in their native shape. Pure.

Typed resources (`kubernetes_deployment_v1`) repeat the object with other names: every block is a list, and a block that
may stand more than once has the singular of the field's name. Here the fields get their own names back.
"""

from __future__ import annotations

import re
from typing import Any, Final

from auditor.model.kubernetes_types import kubernetes_type
from auditor.model.resource import Origin, Resource, Unknown
from auditor.plans.terraform.manifests import MANIFESTS, objects_of
from auditor.plans.terraform.merge import Made
from auditor.plans.terraform.nodes import Node
from auditor.plans.terraform.values import judged

KINDS: Final = {
    "cluster_role": "rbac.authorization.k8s.io/ClusterRole",
    "cluster_role_binding": "rbac.authorization.k8s.io/ClusterRoleBinding",
    "cron_job": "batch/CronJob",
    "daemon_set": "apps/DaemonSet",
    "daemonset": "apps/DaemonSet",
    "deployment": "apps/Deployment",
    "endpoints": "core/Endpoints",
    "horizontal_pod_autoscaler": "autoscaling/HorizontalPodAutoscaler",
    "ingress": "networking.k8s.io/Ingress",
    "ingress_class": "networking.k8s.io/IngressClass",
    "job": "batch/Job",
    "limit_range": "core/LimitRange",
    "namespace": "core/Namespace",
    "network_policy": "networking.k8s.io/NetworkPolicy",
    "persistent_volume": "core/PersistentVolume",
    "persistent_volume_claim": "core/PersistentVolumeClaim",
    "pod": "core/Pod",
    "pod_disruption_budget": "policy/PodDisruptionBudget",
    "replication_controller": "core/ReplicationController",
    "resource_quota": "core/ResourceQuota",
    "role": "rbac.authorization.k8s.io/Role",
    "role_binding": "rbac.authorization.k8s.io/RoleBinding",
    "service": "core/Service",
    "service_account": "core/ServiceAccount",
    "stateful_set": "apps/StatefulSet",
    "storage_class": "storage.k8s.io/StorageClass",
}
"""Typed resources without prefix and version, and the kinds they make. Secrets and config maps are left out: a gate has
no use for what they hold."""

_TYPED: Final = re.compile(r"kubernetes_([a-z_]+?)(?:_v\d\w*)?$")
_VERSIONS: Final = {"autoscaling": "v2"}

LISTS: Final = {
    "allowed_host_paths": "allowedHostPaths",
    "container": "containers",
    "egress": "egress",
    "env": "env",
    "env_from": "envFrom",
    "from": "from",
    "host_aliases": "hostAliases",
    "http_header": "httpHeaders",
    "image_pull_secret": "imagePullSecrets",
    "image_pull_secrets": "imagePullSecrets",
    "ingress": "ingress",
    "init_container": "initContainers",
    "items": "items",
    "limit": "limits",
    "match_expressions": "matchExpressions",
    "match_fields": "matchFields",
    "metric": "metrics",
    "node_selector_term": "nodeSelectorTerms",
    "option": "options",
    "path": "paths",
    "port": "ports",
    "ports": "ports",
    "preferred_during_scheduling_ignored_during_execution": "preferredDuringSchedulingIgnoredDuringExecution",
    "readiness_gate": "readinessGates",
    "rule": "rules",
    "sources": "sources",
    "subject": "subjects",
    "subset": "subsets",
    "sysctl": "sysctls",
    "tls": "tls",
    "to": "to",
    "toleration": "tolerations",
    "topology_spread_constraint": "topologySpreadConstraints",
    "volume": "volumes",
    "volume_claim_template": "volumeClaimTemplates",
    "volume_device": "volumeDevices",
    "volume_mount": "volumeMounts",
}
"""Blocks that may stand more than once, and the fields they make. Every other block makes an object."""

_NAMES: Final = {
    "cluster_ip": "clusterIP",
    "cluster_ips": "clusterIPs",
    "external_ips": "externalIPs",
    "fs_group": "fsGroup",
    "host_ip": "hostIP",
    "host_ipc": "hostIPC",
    "host_pid": "hostPID",
    "load_balancer_ip": "loadBalancerIP",
    "non_resource_urls": "nonResourceURLs",
    "pod_ip": "podIP",
    "run_as_non_root": "runAsNonRoot",
    "service_account_name": "serviceAccountName",
    "se_linux_options": "seLinuxOptions",
}
_PLAIN: Final = frozenset(
    {
        "labels",
        "annotations",
        "match_labels",
        "node_selector",
        "limits",
        "requests",
        "data",
        "selector",
        "parameters",
        "hard",
    }
)
"""Maps whose keys are the user's own, when they are maps and no blocks."""


def is_kubernetes(kind: str) -> bool:
    """True for types whose objects this module knows how to read."""
    if kind in MANIFESTS:
        return True
    typed = _TYPED.match(kind)
    return bool(typed and typed[1] in KINDS)


def kubernetes_made(node: Node, tree: dict[str, Any]) -> list[Made]:
    """The objects of a node. None for a Secret, and for what is no object (`not_told`)."""
    objects = objects_of(node.type, tree).found if node.type in MANIFESTS else [_typed(node.type, tree)]
    return [made for body in objects if (made := _made(body, node)) is not None]


def not_told(node: Node) -> str | None:
    """Why the plan does not tell all that a node deploys; None where it does, or deploys nothing of a cluster."""
    if node.type not in MANIFESTS:
        return None
    return objects_of(node.type, {key: judged(value) for key, value in (node.after or {}).items()}).problem


def _made(body: dict[str, Any], node: Node) -> Made | None:
    if not isinstance(body.get("apiVersion"), str) or not isinstance(body.get("kind"), str) or body["kind"] == "Secret":
        return None
    kind = kubernetes_type(body)
    return Made(kind, Resource(kind, body, Origin()).id, body, node.address)


def _typed(kind: str, tree: dict[str, Any]) -> dict[str, Any]:
    match = _TYPED.match(kind)
    group, _slash, name = KINDS[match[1] if match else ""].rpartition("/")
    version = "v1beta1" if kind == "kubernetes_ingress" else _VERSIONS.get(group, "v1")
    body: dict[str, Any] = {"apiVersion": version if group == "core" else f"{group}/{version}", "kind": name}
    for key, value in tree.items():
        if key in ("id", "timeouts") or key.startswith("wait_for") or value is None:
            continue
        place = _name_of(key, value)
        body[place] = _native(key, value)
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        for computed in ("generation", "resourceVersion", "uid", "generateName"):
            metadata.pop(computed, None)
        if isinstance(metadata.get("namespace"), Unknown) and name != "Namespace":
            metadata.pop("namespace")
    return body


def _native(key: str, value: Any) -> Any:
    """A value of Terraform as Kubernetes writes it."""
    if isinstance(value, list):
        if value and all(isinstance(item, dict | Unknown) or item is None for item in value):
            items = [item if isinstance(item, Unknown) else _object(item or {}) for item in value]
            return items if _is_list(key, value) else items[0]
        return value if value or key in LISTS else None
    if isinstance(value, dict):
        return value if key in _PLAIN else _object(value)
    return value


def _object(block: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in block.items():
        if value is None or value == "":
            continue
        native = _native(key, value)
        if native is not None:
            found[_name_of(key, value)] = native
    return found


def _is_list(key: str, value: Any) -> bool:
    """True for a block that makes a list. The port of an ingress is one object: a number or a name and nothing else."""
    if key not in LISTS or not isinstance(value, list):
        return False
    blocks = [item for item in value if isinstance(item, dict)]
    if key == "port" and blocks and all(set(block) <= {"number", "name"} for block in blocks):
        return False
    return all(isinstance(item, dict | Unknown) or item is None for item in value)


def _name_of(key: str, value: Any) -> str:
    if _is_list(key, value):
        return LISTS[key]
    if key in _NAMES:
        return _NAMES[key]
    head, *rest = key.split("_")
    return head + "".join(part.capitalize() for part in rest)
