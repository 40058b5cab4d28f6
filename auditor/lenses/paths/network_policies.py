"""Who else reaches pods: what NetworkPolicies let in."""

from __future__ import annotations

from typing import Any, Final

from auditor.lenses.paths.dns import within
from auditor.lenses.paths.estate import Estate, listing
from auditor.lenses.paths.shapes import Truth
from auditor.lenses.sightings import get, items, text_at
from auditor.model import Resource, Unknown

POLICY: Final = "networking.k8s.io/networkpolicy"
OTHER_POLICIES: Final = (
    "cilium.io/ciliumnetworkpolicy",
    "cilium.io/ciliumclusterwidenetworkpolicy",
    "crd.projectcalico.org/networkpolicy",
    "crd.projectcalico.org/globalnetworkpolicy",
    "projectcalico.org/networkpolicy",
    "projectcalico.org/globalnetworkpolicy",
)
READS: Final = frozenset({POLICY, *OTHER_POLICIES})


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
    if limited and unclear is None:
        return None
    if any(estate.inside(kind, cluster, space) for kind in OTHER_POLICIES for space in (namespace, "")):
        unclear = Unknown("policies of the network plugin are there, which are not followed")
    hole = estate.hole(POLICY)
    open_: Truth = unclear or (Unknown(hole) if hole else True)
    return _open(pod.id, "metadata.labels", f"no NetworkPolicy limits who reaches {name}", open_)


def _open(resource: str, path: str, says: str, open_: Truth) -> dict[str, Any]:
    return {"kind": "noNetworkPolicy", "resource": resource, "path": path, "says": says, "open": open_}


def _opens(spec: Any, own: dict[str, Any], port: Any, named: str | None) -> Truth | None:
    """Whether a NetworkPolicy lets everyone in to a port of pods with these labels. None: it is not about them.

    `named`: what the pods call the port.
    """
    if isinstance(spec, Unknown):
        return spec
    kinds = get(spec, "policyTypes")
    odd = next((one for one in (kinds, *(kinds if isinstance(kinds, list) else ())) if isinstance(one, Unknown)), None)
    if odd:
        return odd
    if isinstance(kinds, list) and "Ingress" not in kinds:
        return None
    selector = get(spec, "podSelector")
    if isinstance(selector, Unknown):
        return selector
    if get(selector, "matchExpressions"):
        return Unknown("a NetworkPolicy selects pods by expressions, which are not followed")
    wanted = get(selector, "matchLabels")
    hidden_in = wanted.values() if isinstance(wanted, dict) else (wanted,)
    if hidden := next((one for one in hidden_in if isinstance(one, Unknown)), None):
        return hidden
    if isinstance(wanted, dict) and not contains(own, wanted):
        return None
    rules, hidden = listing(spec, "ingress")
    if hidden:
        return hidden
    for rule in rules:
        sources, ports = get(rule, "from"), get(rule, "ports")
        if isinstance(sources, Unknown) or isinstance(ports, Unknown):
            return sources if isinstance(sources, Unknown) else ports
        if ports and port is None:
            return Unknown("the port of the pods is not known")
        if ports and not any(_is_at(item, port, named) for item in items(rule, "ports")):
            continue
        if not sources or any(_is_everyone(item) for item in items(rule, "from")):
            return True
    return False


def _is_at(item: dict[str, Any], port: Any, named: str | None) -> bool:
    """Whether a port of a NetworkPolicy (a number, a range, a name) is the one that is asked about."""
    if (text_at(item, "protocol") or "TCP") != "TCP":
        return False
    first, last_ = get(item, "port"), get(item, "endPort")
    if isinstance(first, int) and isinstance(last_, int) and isinstance(port, int):
        return first <= port <= last_
    return first is None or first == port or (isinstance(first, str) and first == named)


def _is_everyone(source: dict[str, Any]) -> bool:
    """Every pod of the cluster, or every address."""
    cidr = text_at(source, "ipBlock", "cidr")
    if cidr:
        return within("0.0.0.0/0", cidr)
    spaces, pods = get(source, "namespaceSelector"), get(source, "podSelector")
    return isinstance(spaces, dict) and not any(spaces.values()) and (not pods or pods == {"matchLabels": {}})


def _name_of(port: Any, pod: Resource) -> str | None:
    """What a pod calls one of its ports."""
    containers = pod.containers
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
