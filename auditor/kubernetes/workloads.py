"""What rules and lenses read of objects of Kubernetes beside their fields: the pods of workloads, whose they are. Pure.

`conditions.paths.DERIVED` has the names that rules know these by.
"""

from __future__ import annotations

from typing import Any, Final

from auditor.model.case_insensitive import in_two_spellings, names_of
from auditor.model.kubernetes_types import WORKLOADS, kubernetes_type
from auditor.model.resource import CERTIFICATES_REDACTED, MISSING, NO_CREDENTIAL, Resource, Unknown

_CONTROLLERS: Final = frozenset(WORKLOADS) - {"core/Pod"}
"""The workloads that make others."""

_OS_LABELS: Final = ("kubernetes.io/os", "beta.kubernetes.io/os")

_CONTAINER_LISTS: Final = ("initContainers", "containers", "ephemeralContainers")


def user_name_of(resource: Resource) -> Any:
    """What the tokens of a Kubernetes service account say whose they are; `MISSING` for anything else."""
    if resource.type != "core/ServiceAccount":
        return MISSING
    parts = [_at(resource.body, "metadata", *below) for below in ((), ("namespace",), ("name",))]
    unknown = next((part for part in parts if isinstance(part, Unknown)), None)
    return f"system:serviceaccount:{resource.namespace}:{resource.name}" if unknown is None else unknown


def pod_spec_of(resource: Resource) -> Any:
    """The pod specification of a workload, unknown where it has none; `MISSING` for anything else."""
    path = WORKLOADS.get(resource.type)
    if path is None:
        return MISSING
    spec: Any = resource.body
    for key in path:
        if isinstance(spec, dict) and key.casefold() in names_of(spec).twice:
            return in_two_spellings(key)
        spec = _at(spec, key)
    if isinstance(spec, dict | Unknown):
        return spec
    return Unknown(f"{'.'.join(path)} is not an object")


def pod_os_of(resource: Resource) -> Any:
    """The operating system of the nodes that a workload needs, as far as its specification says it; else `MISSING`.

    `windows` when it says so anywhere: in `os`, the node selector, every alternative of the required node affinity,
    or by host processes, which Linux has not.
    """
    spec = pod_spec_of(resource)
    if not isinstance(spec, dict):
        return spec
    selector = _at(spec, "nodeSelector")
    said = [_at(spec, "os", "name"), *(_at(selector, label) for label in _OS_LABELS), _os_of_affinity(spec)]
    if _at(spec, "securityContext", "windowsOptions", "hostProcess") is True or "windows" in said:
        return "windows"
    return next((one for one in said if isinstance(one, Unknown)), next((one for one in said if one), MISSING))


def judged_as(resource: Resource) -> Any:
    """The type of the workload whose template tells all about this one: that controls it, or whose template a
    Rollout takes; else `MISSING`.

    An owner of another kind (a Prometheus, the cluster of a database operator) is judged by no rule of
    workloads; it is named here for what it keeps of the past alone: revisions without replicas, jobs and pods that
    are done. Ephemeral containers, which are added to a pod that runs, stand in no template.
    """
    if resource.type not in WORKLOADS:
        return MISSING
    spec = resource.body.get("spec")
    if resource.type == "argoproj.io/Rollout" and isinstance(spec, dict) and spec.get("workloadRef"):
        return "apps/Deployment"
    owners = _at(resource.body, "metadata", "ownerReferences")
    if isinstance(owners, Unknown):
        return owners
    if isinstance(spec, dict) and spec.get("ephemeralContainers"):
        return MISSING
    for owner in owners if isinstance(owners, list) else ():
        if isinstance(owner, Unknown):
            return owner
        if isinstance(owner, dict) and "apiVersion" in owner and "kind" in owner:
            odd = next((value for value in owner.values() if isinstance(value, Unknown)), None)
            if odd is not None:
                return odd
            kind = kubernetes_type(owner)
            if owner.get("controller") is True and (kind in _CONTROLLERS or _is_past(resource)):
                return kind
    return MISSING


def _is_past(resource: Resource) -> bool:
    """Whether nothing runs of this workload any more."""
    if resource.type == "apps/ReplicaSet":
        spec = resource.body.get("spec")
        return isinstance(spec, dict) and spec.get("replicas") == 0
    status = resource.body.get("status")
    if not isinstance(status, dict):
        return False
    if resource.type == "core/Pod":
        return status.get("phase") in ("Succeeded", "Failed")
    ended = {"type": ("Complete", "Failed"), "status": ("True",)}
    conditions = status.get("conditions")
    return resource.type == "batch/Job" and any(
        isinstance(one, dict) and all(one.get(key) in values for key, values in ended.items())
        for one in (conditions if isinstance(conditions, list) else ())
    )


def pod_labels_of(resource: Resource) -> Any:
    """The labels of a pod, or of the pods that a workload makes, empty when it gives none; else `MISSING`."""
    path = WORKLOADS.get(resource.type)
    if path is None:
        return MISSING
    labels = _at(resource.body, *path[:-1], "metadata", "labels")
    return {} if labels is None else labels


def entries_of(resource: Resource) -> Any:
    """What a config map holds, as a list of `name` and `value`; else `MISSING`.

    Where the value was left out because it holds no credential, there is the name alone.
    """
    if resource.type != "core/ConfigMap":
        return MISSING
    parts = [resource.body.get(key) for key in ("data", "binaryData")]
    odd = next((part for part in parts if isinstance(part, Unknown)), None)
    if odd is not None:
        return odd
    pairs = [pair for part in parts if isinstance(part, dict) for pair in part.items()]
    return [{"name": name} if _is_harmless(value) else {"name": name, "value": value} for name, value in pairs]


def containers_of(resource: Resource) -> Any:
    """Every container of a workload (init, regular, ephemeral) in one list, unknown where it has none, or `MISSING`."""
    spec = pod_spec_of(resource)
    if not isinstance(spec, dict):
        return spec
    lists = [spec[key] for key in _CONTAINER_LISTS if spec.get(key) is not None]
    odd = next((value for value in lists if not isinstance(value, list)), None)
    if odd is not None:
        return odd if isinstance(odd, Unknown) else Unknown("the list of containers is not a list")
    return [container for value in lists for container in value] or Unknown("the pod has no containers")


def _at(node: Any, *keys: str) -> Any:
    """What is at a path of objects: None where there is nothing, an `Unknown` where that begins."""
    for key in keys:
        if isinstance(node, Unknown):
            return node
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _os_of_affinity(spec: dict[str, Any]) -> Any:
    required = _at(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    terms = _at(required, "nodeSelectorTerms")
    if isinstance(terms, Unknown):
        return terms
    asked = [_at(term, "matchExpressions") for term in terms] if isinstance(terms, list) else []
    found = [
        any(
            _at(one, "key") in _OS_LABELS and _at(one, "operator") == "In" and _at(one, "values") == ["windows"]
            for one in expressions
        )
        for expressions in asked
        if isinstance(expressions, list)
    ]
    hidden = next((one for one in asked if isinstance(one, Unknown)), None)
    return hidden or ("windows" if found and len(found) == len(asked) and all(found) else None)


def _is_harmless(value: Any) -> bool:
    return isinstance(value, Unknown) and value.reason in (NO_CREDENTIAL, CERTIFICATES_REDACTED)
