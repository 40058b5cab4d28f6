"""What the mesh of Istio demands of whoever calls a pod: PeerAuthentication of the workload, the namespace, the mesh.

Source: istio.io "PeerAuthentication" (policies of workloads count outside the root namespace alone, settings of ports
with a selector alone) and "Authentication policies" (of several policies of one scope the oldest counts).
"""

from __future__ import annotations

from typing import Any, Final

from auditor.lenses.paths.estate import Estate
from auditor.lenses.truth import Truth
from auditor.lenses.values import text_at, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

PEERS: Final = "security.istio.io/peerauthentication"
ROOTS: Final = ("istio-system", "aks-istio-system")
"""Where mesh-wide settings stand: plain Istio, and the add-on of AKS."""

Mode = tuple[str | Unknown, Resource | None]
"""`strict`, `permissive` or `disable`, and the policy that says so."""


def mode_of(estate: Estate, cluster: str, namespace: str, pod: Resource, port: Any) -> Mode:
    """The mode for a port of a pod: of the narrowest policy that has one."""
    first: Resource | None = None
    for space in (namespace, *(root for root in ROOTS if root != namespace)):
        found = estate.inside(PEERS, cluster, space)
        own = [] if space in ROOTS else [(peer, _selects(peer, pod)) for peer in found]
        unclear = next((peer for peer, selects in own if isinstance(selects, Unknown)), None)
        if unclear is not None:
            return Unknown(f"which workloads PeerAuthentication {unclear.name} selects is not known"), unclear
        narrow = [peer for peer, selects in own if selects is True]
        wide = [peer for peer in found if _selector(peer) == {}]
        for peers, at_port in ((narrow, port), (wide, None)):
            mode, peer = _of_scope(peers, at_port)
            first = first or peer
            if mode:
                return mode, peer
    hole = estate.hole(PEERS)
    return (Unknown(hole) if hole else "permissive"), first


def _of_scope(peers: list[Resource], port: Any) -> Mode:
    """The mode of the oldest of some policies; not known where they differ and their age is not told."""
    if not peers:
        return "", None
    ages = {peer.id: text_at(peer.body, "metadata", "creationTimestamp") or "" for peer in peers}
    oldest = min(peers, key=lambda peer: (ages[peer.id], peer.name))
    modes = {peer.id: _mode(peer, port) for peer in peers}
    if len(set(map(str, modes.values()))) > 1 and not all(ages.values()):
        return Unknown("which of several PeerAuthentication policies is the oldest is not known"), oldest
    return modes[oldest.id], oldest


def _mode(peer: Resource, port: Any) -> str | Unknown:
    at_port = word(get(peer.body, "spec", "portLevelMtls"), str(port), "mode")
    for mode in (at_port, word(peer.body, "spec", "mtls", "mode")):
        if isinstance(mode, Unknown) or mode not in ("", "unset"):
            return mode
    return ""


def _selector(peer: Resource) -> Any:
    return get(peer.body, "spec", "selector", "matchLabels") or {}


def _selects(peer: Resource, pod: Resource) -> Truth:
    steps = ("metadata", "labels") if pod.type == "core/Pod" else ("spec", "template", "metadata", "labels")
    labels = get(pod.body, *steps)
    own = labels if isinstance(labels, dict) else {}
    wanted = _selector(peer)
    for value in (wanted, *(wanted.values() if isinstance(wanted, dict) else ()), *own.values()):
        if isinstance(value, Unknown):
            return value
    return isinstance(wanted, dict) and bool(wanted) and all(own.get(key) == value for key, value in wanted.items())
