"""Who else reaches pods: what NetworkPolicies let in."""

from __future__ import annotations

from typing import Any, Final

from auditor.kubernetes import label_selectors
from auditor.kubernetes.workloads import containers_of
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.network.dns import within
from auditor.lenses.truth import Truth, truth_and, truth_or
from auditor.lenses.values import hidden_in, items, listing, text_at
from auditor.model.case_insensitive import get
from auditor.model.kubernetes_types import NETWORK_POLICIES
from auditor.model.resource import Resource, Unknown

POLICY, *OTHER_POLICIES = NETWORK_POLICIES
READS: Final = frozenset(NETWORK_POLICIES)


def around(estate: Estate, service: Resource, pods: tuple[Resource, ...], port: Any) -> list[dict[str, Any]]:
    """Who else reaches the pods: every pod of the cluster, unless NetworkPolicies select them and none opens it."""
    alike = {repr(sorted(labels(pod).items(), key=str)): pod for pod in reversed(pods)}
    found = [_around_one(estate, service, pod, _name_of(port, pod), port) for pod in alike.values()]
    worst = sorted((one for one in found if one), key=lambda one: isinstance(one["open"], Unknown))
    return worst[:1]


def _around_one(
    estate: Estate, service: Resource, pod: Resource, named: str | None, port: Any
) -> dict[str, Any] | None:
    namespace, cluster = service.namespace or "", service.cluster
    own = labels(pod)
    name = f"{namespace}/{workload_of(pod)}"
    limited = False
    unclear: Unknown | None = None
    for policy in estate.inside(POLICY, cluster, namespace):
        verdict = _opens(get(policy.body, "spec"), own, port, named)
        if verdict is True:
            says = f"NetworkPolicy {policy.name} lets everyone in to {name}"
            return _open(policy.id, "spec.ingress", says, True)
        limited = limited or verdict is False
        unclear = verdict if isinstance(verdict, Unknown) else unclear
    others = [
        one for kind in OTHER_POLICIES for space in (namespace, "") for one in estate.inside(kind, cluster, space)
    ]
    if limited and unclear is None and not any(map(_may_let_in, others)):
        return None
    if others:
        unclear = Unknown("policies beside those of Kubernetes are there, which are not followed")
    hole = estate.hole(POLICY)
    open_: Truth = unclear or (Unknown(hole) if hole else True)
    says = "other policies may let everyone in to" if limited else "no NetworkPolicy limits who reaches"
    return _open(pod.id, "metadata.labels", f"{says} {name}", open_)


def _may_let_in(policy: Resource) -> bool:
    """Whether a policy of another kind may open what a NetworkPolicy closes: what it allows counts too, or first."""
    more, hidden = listing(policy.body, "specs")
    specs = [get(policy.body, "spec"), *more]
    return hidden is not None or any(isinstance(spec, Unknown) or get(spec, "ingress") for spec in specs)


def _open(resource: str, path: str, says: str, open_: Truth) -> dict[str, Any]:
    return {"kind": "noNetworkPolicy", "resource": resource, "path": path, "says": says, "open": open_}


def _opens(spec: Any, own: dict[str, Any], port: Any, named: str | None) -> Truth | None:
    """Whether a NetworkPolicy lets everyone in to a port of pods with these labels. None: it is not about them.

    `named`: what the pods call the port.
    """
    if isinstance(spec, Unknown):
        return spec
    kinds = get(spec, "policyTypes")
    if odd := hidden_in(kinds):
        return odd
    if isinstance(kinds, list) and kinds and "Ingress" not in kinds:  # an empty list is as good as none
        return None
    selected = selects(get(spec, "podSelector"), own)
    if selected is False:
        return None
    if isinstance(selected, Unknown):
        return selected
    rules, hidden = listing(spec, "ingress")
    return truth_or(*(_lets_in(rule, port, named) for rule in rules), *([hidden] if hidden else []))


def selects(selector: Any, own: dict[str, Any]) -> Truth:
    """Whether a label selector is about what has these labels; one that is not there is about all."""
    if isinstance(selector, Unknown):
        return selector
    return label_selectors.selects(selector, own) if isinstance(selector, dict) else True


def _lets_in(rule: dict[str, Any], port: Any, named: str | None) -> Truth:
    """Whether a rule lets everyone in to a port; one that names no port, or nobody, means all of them."""
    ports, more_ports = listing(rule, "ports")
    sources, more_sources = listing(rule, "from")
    at: Truth = truth_or(*(_is_at(item, port, named) for item in ports), *([more_ports] if more_ports else []))
    who: Truth = truth_or(*(_is_everyone(item) for item in sources), *([more_sources] if more_sources else []))
    return truth_and(at if get(rule, "ports") else True, who if get(rule, "from") else True)


def _is_at(item: dict[str, Any], port: Any, named: str | None) -> Truth:
    """Whether a port of a NetworkPolicy (a number, a range, a name) is the one that is asked about."""
    protocol, first, end = get(item, "protocol"), get(item, "port"), get(item, "endPort")
    if isinstance(protocol, Unknown):
        return protocol
    if (protocol or "TCP") != "TCP":
        return False
    if first is None:
        return True
    if port is None:
        return Unknown("the port of the pods is not known")
    if isinstance(first, Unknown) or isinstance(end, Unknown):
        return first if isinstance(first, Unknown) else end
    if isinstance(first, int) and isinstance(end, int) and isinstance(port, int):
        return first <= port <= end
    return first == port or (isinstance(first, str) and first == named)


def _is_everyone(source: dict[str, Any]) -> Truth:
    """Every pod of the cluster, or every address."""
    cidr = get(source, "ipBlock", "cidr")
    if cidr is not None:
        return cidr if isinstance(cidr, Unknown) else isinstance(cidr, str) and within("0.0.0.0/0", cidr)
    return truth_and(_is_all(get(source, "namespaceSelector"), otherwise=False), _is_all(get(source, "podSelector")))


def _is_all(selector: Any, *, otherwise: bool = True) -> Truth:
    """Whether a label selector takes everything; `otherwise`: what it means when it is not there."""
    if selector is None or isinstance(selector, Unknown):
        return otherwise if selector is None else selector
    if not isinstance(selector, dict):
        return Unknown("a label selector is not an object")
    asked = [get(selector, part) for part in ("matchLabels", "matchExpressions")]
    hidden = next((one for one in asked if isinstance(one, Unknown)), None)
    return False if any(one for one in asked if not isinstance(one, Unknown)) else hidden or True


def _name_of(port: Any, pod: Resource) -> str | None:
    """What a pod calls one of its ports."""
    containers = containers_of(pod)
    for container in containers if isinstance(containers, list) else ():
        for item in items(container, "ports"):
            if get(item, "containerPort") == port:
                return text_at(item, "name")
    return None


def labels(resource: Resource) -> dict[str, Any]:
    """The labels of a pod, or of the pods that a workload makes."""
    found = labels_of(resource)
    return found if isinstance(found, dict) else {}


def labels_of(resource: Resource) -> Any:
    """The same as they stand there, unknown where they are."""
    steps = ("metadata", "labels")
    return get(resource.body, *(steps if resource.type == "core/Pod" else ("spec", "template", *steps)))


def contains(own: dict[str, Any], selector: dict[str, Any]) -> bool:
    """Whether labels hold all of a selector."""
    return all(own.get(key) == value for key, value in selector.items())


def workload_of(pod: Resource) -> str:
    """The name of the workload that a pod belongs to."""
    own = labels(pod)
    for key in ("app.kubernetes.io/name", "app", "k8s-app"):
        if isinstance(own.get(key), str) and own[key]:
            return str(own[key])
    return pod.name
