"""From a host name to an address: the records of private and public zones, and the names that Azure gives."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.model import Missing
from auditor.lenses.values import hidden_in, listing, text_at, texts
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown, parent_of

PRIVATE: Final = "microsoft.network/privatednszones"
PUBLIC: Final = "microsoft.network/dnszones"
LINKS: Final = f"{PRIVATE}/virtualnetworklinks"
NETWORKS: Final = "microsoft.network/virtualnetworks"
READS: Final = frozenset(
    {PRIVATE, LINKS, PUBLIC, NETWORKS}
    | {f"{zone}/{kind}" for zone in (PRIVATE, PUBLIC) for kind in ("a", "aaaa", "cname")}
)
_MOST: Final = 8  # aliases in a row


@dataclass(frozen=True, slots=True)
class Answer:
    """The addresses of a name, the records on the way in words, and what is not sure about it."""

    addresses: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    held: bool = False  # a zone holds a record of it, also where that shows no address


class Names:
    """The zones of the estate."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._records: dict[str, list[tuple[str, Resource]]] = defaultdict(list)  # name → (zone id, record set)
        self._zones: dict[str, list[Resource]] = defaultdict(list)
        self._links: dict[str, set[str]] = defaultdict(set)
        self._unclear: dict[str, str] = {}  # by zone: why it may be linked to any network
        self._resolvers: dict[str, set[str]] = {}
        for zone in estate.all(PRIVATE, PUBLIC):
            self._zones[zone.name.casefold()].append(zone)
        for kind in (PRIVATE, PUBLIC):
            for record in estate.all(
                f"{kind}/a", f"{kind}/cname", f"{kind}/aaaa"
            ):  # IPv6 last: gateways know none at backends
                zone_id = parent_of(record.id) or ""
                zone_name = zone_id.rpartition("/")[2]
                name = zone_name if record.name == "@" else f"{record.name}.{zone_name}"
                self._records[name.casefold()].append((zone_id.casefold(), record))
        for link in estate.all(LINKS):
            network = get(link.body, "properties", "virtualNetwork", "id")
            zone_id = (parent_of(link.id) or "").casefold()
            if isinstance(network, Unknown):
                self._unclear[zone_id] = f"{link.name} links it to a network that is not known: {network.reason}"
            elif isinstance(network, str) and network:
                self._links[zone_id].add(network.casefold())

    def resolve(self, host: str, network: str | None) -> Answer:
        """The addresses of a name, asked from a virtual network (its id; None: not known from where)."""
        via: list[str] = []
        missing: list[Missing] = []
        name = host.casefold().rstrip(".")
        for _ in range(_MOST):
            if is_address(name):
                return Answer((name,), tuple(via), tuple(missing))
            zone_id, record = self._record(name, network)
            if record is None:
                return Answer((), tuple(via), (*missing, *self._no_record(name, network)))
            missing += self._link(zone_id, network)
            missing += self._others(name, network)
            alias = text_at(record.body, "properties", "cnameRecord", "cname") or text_at(
                record.body, "properties", "CNAMERecord", "cname"
            )
            if alias:
                via.append(f"{name} is an alias of {alias.rstrip('.')}")
                name = alias.casefold().rstrip(".")
                continue
            addresses, hidden = _addresses(record)
            if hidden or not addresses:
                why = hidden.reason if hidden else "the record holds no address"
                missing.append(Missing(f"DNS record {name}", why, gone=hidden is None))
            if addresses:
                via.append(f"{name} is {', '.join(addresses)} in {zone_id.rpartition('/')[2]}")
            return Answer(addresses, tuple(via), tuple(missing), held=True)
        return Answer((), tuple(via), (*missing, Missing(f"DNS record {host}", "its aliases do not end")))

    def _held(self, name: str) -> list[tuple[str, Resource]]:
        """The record sets of a name, or of a wildcard above it when there are none, with their zones."""
        labels = name.split(".")
        candidates = (name, *(f"*.{'.'.join(labels[at:])}" for at in range(1, len(labels))))
        return next((found for one in candidates if (found := self._records.get(one))), [])

    def _record(self, name: str, network: str | None) -> tuple[str, Resource | None]:
        """The record set that a network is given: of a private zone linked to it, of another one, of a public one."""

        def order(pair: tuple[str, Resource]) -> tuple[bool, bool]:
            return not _is_private(pair[0]), network is not None and not self._answers(pair[0], network)

        return min(self._held(name), key=order, default=("", None))

    def _others(self, name: str, network: str | None) -> Iterator[Missing]:
        """That several private zones hold a name, and nobody knows which of them is asked."""
        zones = dict.fromkeys(zone for zone, _ in self._held(name) if _is_private(zone))
        if network is None and len(zones) > 1:
            yield Missing(f"zone of {name}", f"{len(zones)} private zones hold it, and which one is asked is not known")

    def _answers(self, zone_id: str, network: str) -> bool:
        """Whether a private zone answers a network: linked to it, or to one that its resolver lies in."""
        linked = self._links.get(zone_id, set())
        return network.casefold() in linked or bool(self._resolver(network) & linked)

    def _no_record(self, name: str, network: str | None) -> Iterator[Missing]:
        """Why a name has no record. Nothing, when no zone of the estate is for it: then it is the Internet's."""
        labels = name.split(".")
        zones = [zone for at in range(len(labels)) for zone in self._zones.get(".".join(labels[at:]), ())]
        edge = f"DNS record {name}"
        for zone in zones:
            kind = PRIVATE if _is_private(zone.id) else PUBLIC
            hole = self._estate.hole(f"{kind}/a", zone.id) or self._estate.gap(f"{kind}/aaaa", zone.id)
            yield Missing(edge, hole or f"zone {zone.name} holds no such record", gone=hole is None)
            return
        hole = self._estate.hole(PRIVATE) or self._estate.hole(f"{PRIVATE}/a")
        if hole is None and network:
            hole = self._elsewhere(network)
        if hole is None and network and self._estate.by_id(NETWORKS, network) is None:
            hole = f"{network.rpartition('/')[2]} was not read, and may use a resolver of its own"
        if hole:
            yield Missing(edge, hole)

    def _link(self, zone_id: str, network: str | None) -> Iterator[Missing]:
        """A private zone answers in the networks that it is linked to, or whose resolver lies in one that it is."""
        if network is None or not _is_private(zone_id):
            return
        edge = f"link of zone {zone_id.rpartition('/')[2]} to {network.rpartition('/')[2]}"
        if self._answers(zone_id, network):
            return
        hole = self._estate.hole(LINKS, zone_id) or self._unclear.get(zone_id)
        if hole is None and self._estate.by_id(NETWORKS, network) is None:
            hole = f"{network.rpartition('/')[2]} was not read, and may use a resolver elsewhere"
        hole = hole or self._elsewhere(network)
        yield Missing(edge, hole or "the zone is not linked to the network that asks", gone=hole is None)

    def _elsewhere(self, network: str) -> str | None:
        """Why a network may ask a resolver that is not known."""
        found = self._estate.by_id(NETWORKS, network)
        told = get(found.body, "properties", "dhcpOptions", "dnsServers") if found else None
        hidden = hidden_in(told)
        if hidden is not None:
            return f"the resolver of the network is not known: {hidden.reason}"
        outside = told and not self._resolver(network)
        return "the network uses a resolver that lies in none of the networks that were read" if outside else None

    def _resolver(self, network: str) -> set[str]:
        """The networks that the DNS servers of a network lie in."""
        known = self._resolvers.get(network)
        if known is None:
            found = self._estate.by_id(NETWORKS, network)
            told = texts(found.body, "properties", "dhcpOptions", "dnsServers") if found else []
            servers = [server for server in told if is_address(server)]
            known = self._resolvers[network] = {
                other.id.casefold()
                for other in (self._estate.all(NETWORKS) if servers else ())
                if any(
                    within(server, prefix)
                    for server in servers
                    for prefix in texts(other.body, "properties", "addressSpace", "addressPrefixes")
                )
            }
        return known


def _is_private(zone_id: str) -> bool:
    return "/privatednszones/" in zone_id.casefold()


def _addresses(record: Resource) -> tuple[tuple[str, ...], Unknown | None]:
    """The addresses of a record set, and why there may be more."""
    properties = get(record.body, "properties")
    key, field = ("aaaaRecords", "ipv6Address") if record.type.casefold().endswith("/aaaa") else _A
    records, hidden = listing(properties, key)
    told = [get(item, field) for item in records]
    hidden = hidden or hidden_in(told)
    return tuple(_plain(one) for one in told if isinstance(one, str) and one), hidden


_A: Final = ("aRecords", "ipv4Address")


def _plain(address: str) -> str:
    """An address in its one short form; what is none as it is."""
    return str(ipaddress.ip_address(address)) if is_address(address) else address


def is_address(value: Any) -> bool:
    """An IP address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return isinstance(value, str)


def within(inner: str, outer: str) -> bool:
    """True when an address or range lies inside a range. False when one of them is neither."""
    one, other = _network(inner), _network(outer)
    if one is None or other is None or one.version != other.version:
        return False
    return one.subnet_of(other)  # type: ignore[arg-type]


def covers_half(outer: str) -> bool:
    """A range of half the Internet, or all of it."""
    return within("0.0.0.0/1", outer) or within("128.0.0.0/1", outer)


class Ranges:
    """Which ranges hold an address, however many there are: by their length, then by their beginning."""

    def __init__(self) -> None:
        self._by_length: dict[tuple[int, int], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))

    def add(self, prefix: str, name: str) -> None:
        """Take a range, under a name. What is none is passed over."""
        network = _network(prefix)
        if network is not None:
            shift = network.max_prefixlen - network.prefixlen
            self._by_length[network.version, shift][int(network.network_address) >> shift].append(name)

    def of(self, address: str) -> list[str]:
        """The names of the ranges that hold an address, each once."""
        one = _network(address)
        if one is None or one.prefixlen != one.max_prefixlen:
            return []
        number = int(one.network_address)
        found: dict[str, None] = {}
        for (version, shift), names in self._by_length.items():
            if version == one.version and number >> shift in names:
                found |= dict.fromkeys(names[number >> shift])
        return list(found)


@lru_cache(maxsize=4096)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def is_public(address: str) -> bool:
    """An address that the Internet can route to. Blocks that documents use for examples count as public."""
    return is_address(address) and not any(within(address, block) for block in _PRIVATE)


_PRIVATE: Final = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "::1/128", "fc00::/7", "fe80::/10",
)  # fmt: skip
