"""The mesh between the way in and the pods: Istio (sidecars, ambient, PeerAuthentication, DestinationRule), Linkerd."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from auditor.kubernetes.workloads import containers_of, pod_spec_of
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.kubernetes.peer_authentication import PEERS, ROOTS, mode_of
from auditor.lenses.paths.model import MUTUAL, PLAINTEXT, UNVERIFIED, VERIFIED, Protection, evidence
from auditor.lenses.truth import Truth
from auditor.lenses.values import flag, items, text_at, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

NAMESPACE: Final = "core/namespace"
RULES: Final = "networking.istio.io/destinationrule"
READS: Final = frozenset({NAMESPACE, PEERS, RULES})
_PROXIES: Final = ("istio-proxy", "linkerd-proxy")


@dataclass(frozen=True, slots=True)
class Meshed:
    """Pods as the mesh sees them. `kind` istio, ambient, linkerd, or empty: in none."""

    kind: str
    sidecar: Truth
    mode: str | Unknown  # strict permissive disable, or empty without a mesh
    declared: bool = False  # somebody wrote the mode down
    rule: Protection | None = None  # what a DestinationRule makes of it
    says: str = "the mesh"
    evidence: dict[str, Any] = field(default_factory=dict)

    def shown(self, key: str) -> Any:
        """For the drawing; nothing where there is no mesh."""
        value = getattr(self, key)
        return None if not self.kind and not self.declared else value

    def protection(self, sender: Truth) -> Protection | None:
        """What the mesh makes of a hop from a sender that is in it, or is not. None: nothing."""
        if self.rule is not None and sender is not False:
            return self.rule if sender is True else sender
        if sender is False or self.sidecar is False or not self.kind:
            return PLAINTEXT if self.kind or self.declared else None
        for value in (sender, self.sidecar, self.mode):
            if isinstance(value, Unknown):
                return value
        return {"strict": MUTUAL, "permissive": VERIFIED}.get(str(self.mode), PLAINTEXT)

    def client_certificate(self, sender: Truth) -> str | Unknown | None:
        """Whether the mesh demands that the sender shows who it is: where it was declared, and where it holds."""
        if sender is False or not (self.declared or self.kind):
            return None
        if self.sidecar is False:
            if self.declared and isinstance(self.mode, Unknown):
                return self.mode
            return "asked" if self.declared and self.mode == "strict" else None
        for value in (sender, self.sidecar, self.mode):
            if isinstance(value, Unknown):
                return value
        if self.mode == "strict" and isinstance(self.rule, str) and self.rule != MUTUAL:
            return "lacking"
        return {"strict": "verified", "permissive": "asked"}.get(str(self.mode), "none")

    def tls(self, protection: Protection) -> str | None:
        """The proxies of a mesh speak TLS 1.2 or newer; what applications speak is not visible."""
        return "1.2" if protection == MUTUAL and self.kind else None


class Mesh:
    """The settings of the meshes of the clusters."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    def of(
        self, cluster: str, namespace: str, service: str, pods: tuple[Resource, ...], port: Any, client: str,
        offered: Any = None, subset: str = "",
    ) -> Meshed:  # fmt: skip
        """The pods of a Service (or of a subset of it), at one of their ports; `offered` is that of the Service."""
        where = self._estate.object(NAMESPACE, cluster, "", namespace)
        kind, sidecar = self._sidecars(cluster, where, pods)
        if kind == "linkerd":
            return self._linkerd(where, pods[0], sidecar)
        if sidecar is True and any(_leaves_out(pod, port) for pod in pods):
            sidecar = Unknown(f"annotations of the pods keep port {port} from their proxy")
        mode, peer = mode_of(self._estate, cluster, namespace, pods[0], port)
        if not kind and peer is None and not isinstance(sidecar, Unknown):
            return Meshed("", False, "")
        told = evidence(peer.id, "spec.mtls.mode", text_at(peer.body, "spec", "mtls", "mode")) if peer else {}
        spoken = mode if isinstance(mode, str) else "a mode that is not known"
        return Meshed(
            kind=kind or ("istio" if isinstance(sidecar, Unknown) else ""),
            sidecar=sidecar,
            mode=mode,
            declared=peer is not None,
            rule=self._rule(cluster, namespace, service, port if offered is None else offered, client, subset),
            says=f"the mesh: peer authentication is {spoken}",
            evidence=told,
        )

    def has(self, workload: Resource) -> Truth:
        """Whether a workload, or a pod, is in a mesh."""
        where = self._estate.object(NAMESPACE, workload.cluster, "", workload.namespace or "")
        kind, sidecar = self._sidecar(workload.cluster, where, workload)
        return bool(kind) if sidecar is True else sidecar

    # --- who is in it -------------------------------------------------------------------------------------------

    def _sidecars(self, cluster: str, where: Resource | None, pods: tuple[Resource, ...]) -> tuple[str, Truth]:
        """The mesh that pods are in, and whether all of them are."""
        found = [self._sidecar(cluster, where, pod) for pod in pods]
        kinds = [kind for kind, _ in found if kind]
        truths = [truth for _, truth in found]
        if any(truth is False for truth in truths):
            return (kinds[0] if kinds else ""), False
        unknown = next((truth for truth in truths if isinstance(truth, Unknown)), None)
        return (kinds[0] if kinds else ""), unknown or True

    def _sidecar(self, cluster: str, where: Resource | None, pod: Resource) -> tuple[str, Truth]:
        spec = pod_spec_of(pod)
        namespace = get(where.body, "metadata", "labels") if where else None
        ambient = text_at(namespace, "istio.io/dataplane-mode") == "ambient"
        if get(spec, "hostNetwork") is True:
            return "", False
        containers = containers_of(pod)
        names = {text_at(c, "name") for c in containers} if isinstance(containers, list) else set()
        for proxy in _PROXIES:
            if proxy in names:
                return ("istio" if proxy.startswith("istio") else "linkerd"), True
        if pod.type == "core/Pod" and isinstance(containers, list):
            mine = text_at(pod.body, "metadata", "labels", "istio.io/dataplane-mode")
            return ("ambient", True) if (ambient or mine == "ambient") and mine != "none" else ("", False)
        if not isinstance(containers, list):
            return "", Unknown("the containers of the pods cannot be read")
        return self._injected(cluster, where, pod, ambient)

    def _injected(self, cluster: str, where: Resource | None, workload: Resource, ambient: bool) -> tuple[str, Truth]:
        """Whether the pods that a workload makes will be given a proxy."""
        template = get(workload.body, "spec", "template", "metadata")
        own = [get(template, "labels"), get(template, "annotations")]
        wishes = [word(part, "sidecar.istio.io/inject") for part in own]
        if "false" in wishes:
            return "", False
        if "enabled" in [word(part, "linkerd.io/inject") for part in own]:
            return "linkerd", True
        if where is None:
            hole = self._estate.hole(NAMESPACE)
            return "", Unknown(hole or f"Namespace {workload.namespace} was not found") if self._any() else False
        marks = get(where.body, "metadata", "labels")
        notes = get(where.body, "metadata", "annotations")
        addon = self._estate.object(NAMESPACE, cluster, "", "aks-istio-system") is not None
        if ambient:
            return "ambient", True
        if text_at(marks, "istio.io/rev") or "true" in wishes:
            return "istio", True
        if text_at(marks, "istio-injection") == "enabled" and not addon:  # the add-on leaves such namespaces out
            return "istio", True
        if word(notes, "linkerd.io/inject") == "enabled":
            return "linkerd", True
        if any(isinstance(wish, Unknown) for wish in (*wishes, marks)):
            return "", Unknown("whether pods are given a proxy is not known")
        return "", False

    def _any(self) -> bool:
        """Somebody speaks of a mesh at all."""
        return self._estate.any(PEERS, RULES)

    # --- what it demands ----------------------------------------------------------------------------------------

    def _rule(
        self, cluster: str, namespace: str, service: str, port: Any, client: str, subset: str
    ) -> Protection | None:
        """The TLS that a DestinationRule orders for a Service: of the first namespace that has one for it.

        Istio looks in that of the client, that of the Service, and where mesh-wide settings stand; in each it takes
        the most special host (istio.io: ops/best-practices/traffic-management).
        """
        full = f"{service}.{namespace}.svc.cluster.local"
        for space in dict.fromkeys((client, namespace, *ROOTS)):
            found: list[tuple[int, Resource]] = []
            for rule in self._estate.inside(RULES, cluster, space):
                host = word(rule.body, "spec", "host")
                if not is_exported(rule, client):
                    continue
                if isinstance(host, Unknown):
                    return host
                if not _names(host, full, space):
                    continue
                if get(rule.body, "spec", "workloadSelector"):
                    if space == client:
                        return Unknown(f"whether DestinationRule {rule.name} selects the sender is not known")
                    continue
                found.append((len(host) if host.startswith("*") else len(full) + 1, rule))
            if found:
                best = max(length for length, _ in found)
                return _ordered([rule for length, rule in found if length == best], port, subset)
        return None

    def _linkerd(self, where: Resource | None, pod: Resource, sidecar: Truth) -> Meshed:
        """Between proxies of Linkerd TLS is mutual; that nothing else comes in must be said."""
        steps = ("metadata",) if pod.type == "core/Pod" else ("spec", "template", "metadata")
        key = "config.linkerd.io/default-inbound-policy"
        policy = text_at(get(pod.body, *steps), "annotations", key)
        policy = policy or (text_at(where.body, "metadata", "annotations", key) if where else None) or ""
        strict = policy in ("all-authenticated", "cluster-authenticated")
        told = evidence(pod.id, f"metadata.annotations['{key}']", policy or None)
        return Meshed(
            "linkerd", sidecar, "strict" if strict else "permissive", bool(policy),
            says="the mesh: mutual TLS of Linkerd", evidence=told,
        )  # fmt: skip


def _leaves_out(pod: Resource, port: Any) -> bool:
    """Whether annotations keep what comes in at a port from the proxy of a pod."""
    steps = ("metadata",) if pod.type == "core/Pod" else ("spec", "template", "metadata")
    notes = get(pod.body, *steps, "annotations")
    key = "traffic.sidecar.istio.io/%scludeInboundPorts"
    without, only = text_at(notes, key % "ex"), text_at(notes, key % "in")
    left_out = without and str(port) in [one.strip() for one in without.split(",")]
    not_in = only is not None and "*" not in only and str(port) not in [one.strip() for one in only.split(",")]
    return bool(left_out or not_in)


def _names(host: str, full: str, space: str) -> bool:
    """Whether the host of a DestinationRule stands for a Service."""
    if host.startswith("*"):
        return full.endswith(host[1:])
    return (
        host == full
        or (host.count(".") == 0 and f"{host}.{space}.svc.cluster.local" == full)
        or (host in (full.removesuffix(".cluster.local"), full.removesuffix(".svc.cluster.local")))
    )


def is_exported(resource: Resource, client: str) -> bool:
    """Whether a setting of Istio is for the namespace of a client too; where that is not known, it may be."""
    to = get(resource.body, "spec", "exportTo")
    if not isinstance(to, list) or not to or resource.namespace == client:
        return True
    return any(one in ("*", client) or isinstance(one, Unknown) for one in to)


def _ordered(rules: list[Resource], port: Any, subset: str) -> Protection | None:
    """What rules for one host, which Istio merges, order for a port: of the subset, else of all."""
    subsets = [one for rule in rules for one in items(rule.body, "spec", "subsets") if text_at(one, "name") == subset]
    parts = [get(one, "trafficPolicy") for one in subsets if subset]
    for policy in (*parts, *(get(rule.body, "spec", "trafficPolicy") for rule in rules)):
        ports = [one for one in items(policy, "portLevelSettings") if get(one, "port", "number") == port]
        tls = next((told for one in ports if (told := get(one, "tls"))), None) or get(policy, "tls")
        if tls is not None:
            return _of_rule(tls)
    return None


def _of_rule(tls: Any) -> Protection | None:
    """What the `tls` of a DestinationRule makes of a hop. `None`: nothing is ordered, the mesh decides."""
    mode = word(tls, "mode")
    if isinstance(mode, Unknown):
        return mode
    if mode in ("", "istio_mutual"):
        return None
    if mode == "disable":
        return PLAINTEXT
    if flag(tls, "insecureSkipVerify", otherwise=False) is not False:
        return UNVERIFIED
    if not text_at(tls, "caCertificates") and not text_at(tls, "credentialName"):
        return Unknown("the DestinationRule names no authority; whether the certificate is checked depends on Istio")
    return MUTUAL if mode == "mutual" else VERIFIED
