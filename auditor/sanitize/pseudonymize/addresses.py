"""Addresses → other addresses of the same nature, so that what lay in one network still does. Pure.

Two addresses that share their first n bits still share their first n bits and no more (Xu, Fan, Ammar, Moon:
"Prefix-preserving IP address anonymization", 2002). A bit is only changed where everything below it is of one nature:
a private address stays private, a public one public, and what lies in a network that a rule names stays in it.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_KEPT: Final[tuple[Network, ...]] = tuple(
    map(
        ipaddress.ip_network,
        ("0.0.0.0/8", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4",
         "::/96", "100::/64", "2001::/23", "fe80::/10", "ff00::/8"),
    )
)  # fmt: skip
"""The same for everybody, so they tell nothing: unspecified, loopback, Azure's own, link-local, multicast, reserved for
protocols."""
_NATURES: Final[tuple[Network, ...]] = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.0.2.0/24", "192.168.0.0/16",
         "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "::ffff:0:0/96", "64:ff9b::/96",
         "2001:db8::/32", "fc00::/7"),
    )
)  # fmt: skip
"""Special-purpose addresses (RFC 6890): private networks, documentation, translation."""


_MAPPED: Final = 96
"""Bits of an address of IPv6 before the address of IPv4 that it stands for."""


class Addresses:
    """The other address of every address, by a secret."""

    def __init__(self, salt: bytes, named: Iterable[str] = ()) -> None:
        """`named`: texts of rules; those that are networks keep what lies in them."""
        self._salt = salt
        networks = {*_KEPT, *_NATURES, *(network for text in named if (network := _network(text)) is not None)}
        self._borders = {version: [n for n in networks if n.version == version] for version in (4, 6)}

    def network(self, text: str) -> str | None:
        """Another address or network, in the same notation; None for what is none."""
        given = text.partition("/")
        network = _network(text)
        if network is None:
            return None
        address = ipaddress.ip_address(given[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped and network.prefixlen >= _MAPPED:
            inner = self.network(f"{address.ipv4_mapped}/{network.prefixlen - _MAPPED}") or ""
            return f"::ffff:{inner.partition('/')[0]}{given[1]}{given[2]}"
        if any(address in kept for kept in _KEPT if kept.version == address.version) or not network.prefixlen:
            return text
        return f"{self._other(address, network)}{given[1]}{given[2]}"

    def _other(self, address: Address, network: Network) -> Address:
        bits, size = int(address), address.max_prefixlen
        changed = 0
        for depth in range(size):
            prefix = bits >> (size - depth)
            # the host bits of a network stay as they are: 10.1.2.0/24 becomes another network, not a host of one
            host = network.prefixlen < size and depth >= network.prefixlen
            flip = not host and not self._is_border(prefix, depth, size) and self._bit(prefix, depth, size)
            changed |= flip << (size - 1 - depth)
        return type(address)(bits ^ changed)

    def _is_border(self, prefix: int, depth: int, size: int) -> bool:
        """Whether a network with a nature of its own begins below this prefix."""
        return any(
            network.prefixlen > depth and int(network.network_address) >> (size - depth) == prefix
            for network in self._borders[4 if size == 32 else 6]
        )

    def _bit(self, prefix: int, depth: int, size: int) -> int:
        return hmac.digest(self._salt, f"{size} {depth} {prefix}".encode(), hashlib.sha256)[0] & 1


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
