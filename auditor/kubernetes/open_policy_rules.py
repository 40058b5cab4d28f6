"""Whether the rules of a Kubernetes network policy, taken together, let everybody pass. Pure.

Rules, peers and ports add up: two halves of all addresses are all addresses. Ports are those of TCP.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, Final

_LAST_PORT: Final = 65535
_NAME_OF_NAMESPACE: Final = "kubernetes.io/metadata.name"
_FEW: Final = 2**16
"""Addresses that a range may leave out and still be everybody's."""

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def open_to_everybody(rules: list[dict[str, Any]], direction: str) -> bool:
    """Whether rules let everybody pass: to a pod (`Ingress`) every pod of the cluster or every address, from it
    (`Egress`) every address."""
    peers = "from" if direction == "Ingress" else "to"
    on_all_ports = [rule for rule in rules if _every_port(rule.get("ports"))]
    if any(not rule.get(peers) for rule in on_all_ports):
        return True
    named = [peer for rule in on_all_ports for peer in _objects(rule.get(peers))]
    if direction == "Ingress" and any(_every_pod(peer) for peer in named):
        return True
    return _every_address(named)


def _every_port(ports: Any) -> bool:
    """Whether ports are all of TCP; none named are."""
    if not ports:
        return True
    spans = sorted(span for port in _objects(ports) if (span := _span(port)))
    reached = 0
    for first, last in spans:
        if first > reached + 1:
            return False
        reached = max(reached, last)
    return reached >= _LAST_PORT


def _span(port: dict[str, Any]) -> tuple[int, int] | None:
    if port.get("protocol") not in (None, "TCP"):
        return None
    first = port.get("port")
    if first is None:
        return 0, _LAST_PORT
    last = port.get("endPort")
    return (first, last if isinstance(last, int) else first) if isinstance(first, int) else None


def _every_pod(peer: dict[str, Any]) -> bool:
    if not _every_namespace(peer.get("namespaceSelector")) or peer.get("ipBlock") is not None:
        return False
    pods = peer.get("podSelector")
    return pods is None or _says_nothing(pods)


def _every_namespace(selector: Any) -> bool:
    """Every namespace has the label with its name, so to ask whether there is one asks nothing."""
    if _says_nothing(selector):
        return True
    if not isinstance(selector, dict) or selector.get("matchLabels"):
        return False
    expressions = _objects(selector.get("matchExpressions"))
    return bool(expressions) and all(
        one.get("key") == _NAME_OF_NAMESPACE and one.get("operator") == "Exists" for one in expressions
    )


def _says_nothing(selector: Any) -> bool:
    return isinstance(selector, dict) and not selector.get("matchLabels") and not selector.get("matchExpressions")


def _every_address(peers: list[dict[str, Any]]) -> bool:
    blocks = [network for peer in peers for network in _blocks(peer.get("ipBlock"))]
    for version in (4, 6):
        together: list[Any] = [one for one in blocks if one.version == version]
        if any(one.prefixlen == 0 for one in ipaddress.collapse_addresses(together)):
            return True
    return False


def _blocks(block: Any) -> Iterator[_Network]:
    """The range of a block, unless it leaves out more than a few addresses."""
    network = _network(block.get("cidr")) if isinstance(block, dict) else None
    if network is None:
        return
    without = [found for text in _listed(block.get("except")) if (found := _network(text))]
    if sum(one.num_addresses for one in without) < _FEW:
        yield network


def _network(text: Any) -> _Network | None:
    try:
        return ipaddress.ip_network(str(text).strip(), strict=False)
    except ValueError:
        return None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
