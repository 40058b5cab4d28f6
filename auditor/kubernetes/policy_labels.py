"""By which labels network policies of Cilium, Calico and the Network Policy API know pods and namespaces. Pure.

Both plugins give a pod labels that say where it is, beside its own. Sources: docs.cilium.io "Identity-Relevant Labels",
docs.tigera.io "Network policy: selectors"; kubernetes.io "Automatic labelling" of namespaces.
"""

from __future__ import annotations

from typing import Any, Final

from auditor.kubernetes.workloads import pod_labels_of
from auditor.model.kubernetes_types import WORKLOADS
from auditor.model.resource import MISSING, Resource, Unknown

_NAME: Final = "kubernetes.io/metadata.name"
_NAMESPACE_IN_CILIUM: Final = "io.kubernetes.pod.namespace"
_OF_NAMESPACE_IN_CILIUM: Final = "io.cilium.k8s.namespace.labels."


class SomeLabels(dict[str, Any]):
    """Labels of which others are not known: what is asked for and is not here is an `Unknown`."""

    reason = "it depends on labels of the namespace, which are not looked up from here"

    def get(self, key: str, _default: Any = None) -> Any:
        return self[key] if key in self else Unknown(self.reason)


class CommonLabels(SomeLabels):
    """Labels that all pods of a namespace have. A selector that asks for another one does not select all of them;
    one that excepts pods by another one may except any."""

    reason = "it depends on the labels of the pods in the namespace: see what the selector excepts"

    def get(self, key: str, _default: Any = None) -> Any:
        return dict.get(self, key) if knows_namespace(key, self) else super().get(key)


def knows_namespace(key: str, labels: dict[str, Any]) -> bool:
    """Whether a key is about labels of the namespace in Cilium's way, and all of those are among the labels."""
    return key.startswith(_OF_NAMESPACE_IN_CILIUM) and f"{_OF_NAMESPACE_IN_CILIUM}{_NAME}" in labels


def endpoint_labels(resource: Resource) -> Any:
    """Of a workload the labels that its pods have, of a namespace those that all of its pods have; else `MISSING`."""
    if resource.type == "core/Namespace":
        own = namespace_labels(resource)
        if not isinstance(own, dict):
            return own
        held = {f"{_OF_NAMESPACE_IN_CILIUM}{key}": value for key, value in own.items()}
        return CommonLabels(held | _place(_name_of(resource, "name")))
    own = pod_labels_of(resource)
    return {**own, **_place(_name_of(resource, "namespace"))} if isinstance(own, dict) else own


def namespace_labels(resource: Resource) -> Any:
    """Of a namespace its labels, of a workload what is certain of those of its namespace; else `MISSING`."""
    if resource.type in WORKLOADS:
        return SomeLabels(_given(_name_of(resource, "namespace")))
    if resource.type != "core/Namespace":
        return MISSING
    metadata = resource.body.get("metadata")
    own = metadata.get("labels") if isinstance(metadata, dict) else metadata
    given = _given(_name_of(resource, "name"))
    return given if own is None else {**own, **given} if isinstance(own, dict) else own


def _name_of(resource: Resource, part: str) -> Any:
    """The name of a namespace, which a label takes over even when it is not known."""
    metadata = resource.body.get("metadata")
    given = metadata.get(part) if isinstance(metadata, dict) else metadata
    if isinstance(given, Unknown):
        return given
    return resource.name if part == "name" else resource.namespace or ""


def _place(namespace: Any) -> dict[str, Any]:
    """What both plugins add to the labels of a pod."""
    calico = {"projectcalico.org/namespace": namespace, "projectcalico.org/orchestrator": "k8s"}
    return {_NAMESPACE_IN_CILIUM: namespace, **calico}


def _given(namespace: Any) -> dict[str, Any]:
    """What Kubernetes and Calico add to the labels of a namespace."""
    return {_NAME: namespace, "projectcalico.org/name": namespace}
