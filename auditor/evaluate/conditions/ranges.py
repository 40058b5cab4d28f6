"""Ranges of addresses and of ports that add up: how much a list of them holds together. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from auditor.evaluate.conditions.scalars import NOT_PUBLIC, addresses_of, shown, text_of
from auditor.model.resource import Unknown, kind_of

EVERYWHERE: Final = frozenset({"*", "any", "internet"})
"""Texts that stand for every address, without case."""

Span = tuple[int, int]


def includes_internet(value: Any) -> bool | Unknown:
    """Whether an address, a range or a list of them together hold a large part of the Internet.

    That is more public addresses than an IPv4 /8 or an IPv6 /16 holds. Service tags other than `Internet` are no
    addresses. What is unknown in a list matters only when the rest is not enough.
    """
    spans: dict[int, list[Span]] = {4: [], 6: []}
    doubt: Unknown | None = None
    for text in _texts(value):
        if isinstance(text, Unknown):
            doubt = text
        elif text.casefold() in EVERYWHERE:
            return True
        elif found := addresses_of(text):
            spans[found[0].version].append((int(found[0]), int(found[1])))
        elif text and not SERVICE_TAG.fullmatch(text):
            doubt = Unknown(f"{shown(text)} is not an address")
    return _is_large(spans) or doubt or False


def internet_up_to(value: Any, last: Any) -> bool | Unknown:
    """Whether the addresses from `value` to `last` hold a large part of the Internet."""
    if not isinstance(value, str):
        return Unknown(f"{kind_of(value)}, where an address is expected")
    found = addresses_of(f"{value}-{last}")
    if found is None:
        return Unknown(f"{shown(value)} to {last} is no range of addresses")
    spans: dict[int, list[Span]] = {4: [], 6: []}
    spans[found[0].version].append((int(found[0]), int(found[1])))
    return _is_large(spans)


def includes_most_ports(value: Any) -> bool | Unknown:
    """Whether a port, a range or a list of them together hold more than nine tenths of all ports."""
    spans: list[Span] = []
    doubt: Unknown | None = None
    for text in _texts(value):
        if isinstance(text, Unknown):
            doubt = text
        elif text.casefold() in ("*", "any"):
            return True
        elif found := PORTS.fullmatch(text):
            spans.append((int(found[1]), int(found[2] or found[1])))
        elif text:
            doubt = Unknown(f"{shown(text)} is no port and no range of ports")
    return _size(_merged(spans)) * 10 > 65536 * 9 or doubt or False


PORTS: Final = re.compile(r"(\d{1,5})(?:\s*-\s*(\d{1,5}))?", re.ASCII)
SERVICE_TAG: Final = re.compile(r"[A-Za-z][A-Za-z0-9._]*", re.ASCII)  # VirtualNetwork, Storage.WestEurope


def _texts(value: Any) -> Iterator[str | Unknown]:
    """The texts of a value, of a list, of the objects in it, and of a text with commas, without space around them."""
    items = value if isinstance(value, list) else [value]
    parts = (part for entry in items for part in (entry.values() if isinstance(entry, dict) else [entry]))
    for item in parts:
        text = None if item is None or isinstance(item, Unknown) else text_of(item)
        if isinstance(item, Unknown):
            yield item
        elif text is not None:
            yield from map(str.strip, text.split(","))
        elif item is not None:
            yield Unknown(f"{kind_of(item)}, where a text is expected")


def _is_large(spans: dict[int, list[Span]]) -> bool:
    return any(
        _size(parts := _merged(spans[version])) - _size(_common(parts, _not_public(version))) > least
        for version, least in ((4, 1 << 24), (6, 1 << 112))
    )


@lru_cache
def _not_public(version: int) -> list[Span]:
    """The addresses that are not public. Of IPv6 only 2000::/3 is given out."""
    blocks = [(int(block[0]), int(block[-1])) for block in NOT_PUBLIC if block.version == version]
    if version == 6:
        public = ipaddress.ip_network("2000::/3")
        blocks += [(0, int(public[0]) - 1), (int(public[-1]) + 1, (1 << 128) - 1)]
    return _merged(blocks)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same numbers in ranges that do not overlap, lowest first."""
    merged: list[Span] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged


def _common(left: list[Span], right: list[Span]) -> list[Span]:
    return [
        (max(first, other_first), min(last, other_last))
        for first, last in left
        for other_first, other_last in right
        if first <= other_last and other_first <= last
    ]


def _size(spans: list[Span]) -> int:
    return sum(last - first + 1 for first, last in spans)
