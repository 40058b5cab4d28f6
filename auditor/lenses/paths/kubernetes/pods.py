"""The last hop: Service → port → pods, and what the mesh makes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from auditor.kubernetes.workloads import containers_of
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.kubernetes.mesh import Mesh, Meshed
from auditor.lenses.paths.kubernetes.network_policies import around, contains, labels, labels_of, workload_of
from auditor.lenses.paths.model import (
    MUTUAL,
    PASSTHROUGH,
    PLAINTEXT,
    UNVERIFIED,
    VERIFIED,
    Missing,
    Place,
    Protection,
    Tail,
    hop,
    lost,
    place,
)
from auditor.lenses.truth import Truth
from auditor.lenses.values import items, listing, text_at, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

SERVICE, POD = "core/service", "core/pod"
WORKLOADS: Final = ("apps/deployment", "apps/statefulset", "apps/daemonset", "apps/replicaset", "argoproj.io/rollout")
READS: Final = frozenset({SERVICE, POD, *WORKLOADS})
_RANK: Final = {PLAINTEXT: 0, UNVERIFIED: 1, VERIFIED: 2, MUTUAL: 3}


@dataclass(frozen=True, slots=True)
class Inbound:
    """How the way into a cluster sends requests on to pods.

    `protection` is what it does by itself, `meshed` whether its own pods are in the mesh.
    """

    place: Place
    cluster: str
    namespace: str
    protection: Protection
    says: str
    evidence: dict[str, Any]
    meshed: Truth
    host: str | None = None  # the name that it asks pods for
    subset: str = ""  # of the Service, as a DestinationRule names it
    tls_at: int | None = None  # it speaks TLS, and verifies it, to pods at this port


@dataclass(frozen=True, slots=True)
class Backend:
    """What a Service leads to."""

    service: Resource
    number: int | str | None  # the port of the pods
    pods: tuple[Resource, ...]


class Pods:
    """Services and pods of the clusters."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._mesh = Mesh(estate)
        self._selected: dict[str, tuple[Resource, ...]] = {}
        self._by_label: dict[tuple[str, str], dict[str, list[Resource]]] = {}
        self._vague: set[tuple[str, str]] = set()  # namespaces of which a label is not known

    def tail(self, sender: Inbound, namespace: str, name: str, port: Any) -> Tail:
        """From a sender to the pods of a Service."""
        service = self._estate.object(SERVICE, sender.cluster, namespace, name)
        if service is None:
            hole = self._estate.hole(SERVICE)
            return lost(sender.place, f"Service {namespace}/{name}", hole or "there is none", gone=hole is None)
        spec = get(service.body, "spec")
        if word(spec, "type") == "externalname":
            edge = f"Service {namespace}/{name}"
            return _sent(lost(sender.place, edge, f"it stands for {text_at(spec, 'externalName')}"), sender)
        selected = self._selection(service)
        number, odd = _target(spec, port, selected)
        sender = _by_port(sender, number)
        if not selected:
            hole = next((h for kind in (POD, *WORKLOADS) if (h := self._estate.hole(kind))), None)
            edge = f"pods of Service {namespace}/{name}"
            hole = hole or self._hidden(service)
            if not isinstance(get(spec, "selector"), dict):
                hole = "it selects none; its endpoints are kept by hand"
            tail = lost(sender.place, edge, hole or "no pod has its labels", gone=hole is None)
            return tail if hole is None else _sent(tail, sender)
        offered = next((get(p, "port") for p in items(spec, "ports") if port in (get(p, "port"), get(p, "name"))), None)
        meshed = self._mesh.of(
            sender.cluster, namespace, name, selected, number, sender.namespace, offered, sender.subset
        )
        return self._arrive(sender, Backend(service, number, selected), meshed, odd)

    def plain(self, service: Resource, port: Any, balancer: Place) -> Tail:
        """From a load balancer to the pods of its Service: what is spoken is between its clients and the pods."""
        says = "the load balancer passes connections on"
        sender = Inbound(balancer, service.cluster, "", PASSTHROUGH, says, {}, False)
        return self.tail(sender, service.namespace or "", service.name, port)

    def _arrive(self, sender: Inbound, backend: Backend, meshed: Meshed, odd: Missing | None) -> Tail:
        service = backend.service
        first = backend.pods[0]
        target = place(
            "pods", f"{service.namespace}/{workload_of(first)}", first.id, port=backend.number,
            sidecar=meshed.shown("sidecar"), mesh=meshed.shown("mode"),
        )  # fmt: skip
        protection, says, asked = sender.protection, sender.says, "none"
        mesh = meshed.protection(sender.meshed)
        told: dict[str, Any] = sender.evidence
        if isinstance(mesh, str) and _RANK[mesh] > (_RANK.get(protection, 4) if isinstance(protection, str) else 0):
            protection, says, told = mesh, meshed.says, meshed.evidence
        elif isinstance(mesh, Unknown) and protection in (PLAINTEXT,):
            protection, says = mesh, f"{says}; whether the mesh encrypts is not known"
        client = meshed.client_certificate(sender.meshed)
        if client is not None:
            asked = client  # type: ignore[assignment]
        elif protection == MUTUAL:
            asked = "verified"
        last = hop(
            sender.place, target, protection, says, evidence=told or None, host=sender.host,
            via=[f"Service {service.namespace}/{service.name}"], clientCertificate=asked,
            tls=meshed.tls(protection),
        )  # fmt: skip
        return Tail(
            target,
            (last,),
            (*((odd,) if odd else ()), *_beyond(backend)),
            () if odd and odd.gone else tuple(around(self._estate, service, backend.pods, backend.number)),
        )

    def in_mesh(self, workload: Resource) -> Truth:
        """Whether the pods of a workload have a proxy of a mesh."""
        return self._mesh.has(workload)

    # --- which pods ---------------------------------------------------------------------------------------------

    def _selection(self, service: Resource) -> tuple[Resource, ...]:
        """The pods of a Service; where none runs, the workloads that would make them."""
        found = self._selected.get(service.id)
        if found is None:
            found = self._selected[service.id] = self._select(service)
        return found

    def _select(self, service: Resource) -> tuple[Resource, ...]:
        selector = get(service.body, "spec", "selector")
        if not isinstance(selector, dict) or not selector:
            return ()
        first = next(iter(selector.items()))
        labelled = self._labelled(service.cluster, service.namespace or "").get(str(first), ())
        found = [one for one in labelled if contains(labels(one), selector)]
        return tuple([one for one in found if one.type == "core/Pod"] or found)

    def _hidden(self, service: Resource) -> str | None:
        """Why a Service may select pods that were not found: its selector, or labels beside it, are not known."""
        self._labelled(*(space := (service.cluster, service.namespace or "")))
        vague = space in self._vague or _is_vague(get(service.body, "spec", "selector"))
        return "labels are not known" if vague else None

    def _labelled(self, cluster: str, namespace: str) -> dict[str, list[Resource]]:
        """The pods of a namespace, and the workloads that nothing else owns, by each of their labels."""
        found = self._by_label.get((cluster, namespace))
        if found is None:
            found = self._by_label[cluster, namespace] = defaultdict(list)
            for kind in (POD, *WORKLOADS):
                for one in self._estate.inside(kind, cluster, namespace):
                    if _is_vague(labels_of(one)):
                        self._vague.add((cluster, namespace))
                    if kind == POD or not get(one.body, "metadata", "ownerReferences"):
                        for label in labels(one).items():
                            found[str(label)].append(one)
        return found


def _is_vague(labels: Any) -> bool:
    """Whether some of these labels are not known."""
    return any(isinstance(value, Unknown) for value in (labels.values() if isinstance(labels, dict) else (labels,)))


def _by_port(sender: Inbound, number: int | str | None) -> Inbound:
    """A sender as it speaks to a port of pods."""
    if sender.tls_at is None or (isinstance(number, int) and number != sender.tls_at):
        return sender
    if number == sender.tls_at:
        says = f"the gateway speaks TLS to pods at port {number} and verifies them"
        return replace(sender, protection=VERIFIED, says=says)
    return replace(sender, protection=Unknown("the port of the pods decides, and is not known"))


def _beyond(backend: Backend) -> Iterator[Missing]:
    """What pods call: followed for none; where they are a gateway of API Management, that is said."""
    for pod in backend.pods:
        containers = containers_of(pod)
        images = [text_at(one, "image") or "" for one in (containers if isinstance(containers, list) else ())]
        if any("azure-api-management/gateway" in image for image in images):
            name = f"{backend.service.namespace}/{backend.service.name}"
            yield Missing(
                f"APIs of {name}", "it is a self-hosted gateway of API Management, which is not followed", hop=1
            )
            return


def _sent(tail: Tail, sender: Inbound) -> Tail:
    """To what was not seen: how a sender that is in no mesh speaks is known all the same."""
    if sender.meshed is not False:
        return tail
    (blind,) = tail.hops
    return replace(tail, hops=(blind | {"protection": sender.protection, "says": sender.says},))


def _target(spec: Any, port: Any, pods: tuple[Resource, ...]) -> tuple[int | str | None, Missing | None]:
    """The port of the pods behind a port of a Service, and why it was not found."""
    ports, hidden = listing(spec, "ports")
    chosen = next((p for p in ports if port is not None and port in (get(p, "port"), get(p, "name"))), None)
    if chosen is None and (port is None or isinstance(port, Unknown)) and len(ports) == 1:
        chosen = ports[0]
    if chosen is None:
        why = hidden.reason if hidden else f"the Service has no port {port}"
        return None, Missing(f"port {port}", why, gone=hidden is None and not isinstance(port, Unknown))
    wanted = get(chosen, "targetPort")
    if wanted is None:
        wanted = get(chosen, "port")
    if isinstance(wanted, int):
        return wanted, None
    if isinstance(wanted, str):
        if wanted.isdigit():
            return int(wanted), None
        for pod in pods:
            containers = containers_of(pod)
            for container in containers if isinstance(containers, list) else ():
                for item in items(container, "ports"):
                    number = get(item, "containerPort")
                    if get(item, "name") == wanted and isinstance(number, int):
                        return number, None
        if all(isinstance(containers_of(pod), list) for pod in pods):
            return wanted, Missing(f"port {wanted}", "no container of the pods has a port of this name", gone=True)
    return None, Missing(f"port {port}", "the port of the pods is not known")
