"""The CIDR functions of ARM templates, with Microsoft's published semantics. Pure.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-cidr
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

from auditor.plans.arm.values import Function, Refused, text, whole

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(value: Any) -> _Network:
    try:
        return ipaddress.ip_network(text(value), strict=False)
    except ValueError as error:
        raise Refused("it is no network in CIDR notation") from error


def parse_cidr(value: Any) -> dict[str, Any]:
    """The parts of a network."""
    network = _network(value)
    parts: dict[str, Any] = {"network": str(network.network_address), "netmask": str(network.netmask)}
    if network.version == 4:
        parts["broadcast"] = str(network.broadcast_address)
    usable_ends = 1 if network.version == 4 and network.prefixlen < 31 else 0
    parts["firstUsable"] = str(network[usable_ends if network.num_addresses > 2 else 0])
    parts["lastUsable"] = str(network[-1 - usable_ends])
    return {**parts, "cidr": network.prefixlen}


def cidr_subnet(value: Any, prefix: Any, index: Any) -> str:
    """The n-th subnet of a size, from 0."""
    network = _network(value)
    if not network.prefixlen <= whole(prefix) <= network.max_prefixlen:
        raise Refused("the subnet is larger than the network")
    if not 0 <= whole(index) < 1 << (prefix - network.prefixlen):
        raise Refused("the network has no such subnet")
    size = 1 << (network.max_prefixlen - prefix)
    return f"{network.network_address + index * size}/{prefix}"


def cidr_host(value: Any, index: Any) -> str:
    """The n-th usable address, from 0: the one after the address of the network."""
    network = _network(value)
    if not 0 <= whole(index) < network.num_addresses - 1:
        raise Refused("the network has no such address")
    return str(network.network_address + index + 1)


NETWORK_FUNCTIONS: Final[Mapping[str, Function]] = {
    "cidrhost": Function(cidr_host, 2),
    "cidrsubnet": Function(cidr_subnet, 3),
    "parsecidr": Function(parse_cidr, 1),
}
