"""What values are beneath their JSON types: numbers spelled as text, times, versions, address ranges. Pure."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from functools import lru_cache
from typing import Any, Final

from auditor.model.resource import kind_of


def number_of(value: Any) -> float | int | None:
    """The number that a value is, or spells. Spelled infinities and underscores are not numbers."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) if any(mark in value for mark in ".eE") else int(value)
    return None


_NUMBER: Final = re.compile(r"-?\d{1,300}(\.\d{1,300})?([eE][+-]?\d{1,3})?", re.ASCII)


def text_of(value: Any) -> str | None:
    """A scalar as text; None for an array or an object."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else None


def shown(value: Any) -> str:
    """A value inside a sentence, cut when it is long."""
    text = text_of(value)
    return kind_of(value) if text is None else text[:80] or "an empty string"


@lru_cache(maxsize=4096)
def _parse_addresses(text: str) -> tuple[Any, Any] | None:
    try:
        first, dash, last = text.partition("-")
        if dash:
            ends = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
            ordered = ends[0].version == ends[1].version and ends[0] <= ends[1]  # type: ignore[operator]
            return _unmapped(*ends) if ordered else None
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return _unmapped(network[0], network[-1])


def _unmapped(first: Any, last: Any) -> tuple[Any, Any]:
    """The addresses of IPv4 that a range of IPv6 stands for (`::ffff:0:0/96`), or else the range itself."""
    if first.version == 6 and first.ipv4_mapped and last.ipv4_mapped:
        return first.ipv4_mapped, last.ipv4_mapped
    return first, last


def addresses_of(value: Any) -> tuple[Any, Any] | None:
    """First and last address of an address, a CIDR or a range `a-b`; None for anything else.

    Addresses of IPv4 that are written in IPv6 are addresses of IPv4.
    """
    return _parse_addresses(value) if isinstance(value, str) else None


def reaches_public(first: Any, last: Any) -> bool:
    """True when any address from `first` to `last` is public. A private range holds both its ends and all between."""
    if first.is_global or last.is_global:
        return True
    return not any(first in block and last in block for block in NOT_PUBLIC if block.version == first.version)


NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
        "240.0.0.0/4", "::/127", "fc00::/7", "fe80::/10", "ff00::/8", "2001:db8::/32",
    )
)  # fmt: skip


_DURATION: Final = re.compile(
    r"(?P<sign>[+-]?)P(?=.)(?:(?P<w>\d{1,5})W)?(?:(?P<d>\d{1,6})D)?"
    r"(?:T(?=.)(?:(?P<h>\d{1,6})H)?(?:(?P<m>\d{1,6})M)?(?:(?P<s>\d{1,9})S)?)?"
)


def parse_duration(text: str) -> dt.timedelta | None:
    """An ISO 8601 duration of weeks, days, hours, minutes and seconds, with a sign. Years and months have no length."""
    found = _DURATION.fullmatch(text)
    if not found:
        return None
    part = {name: int(found[name] or 0) for name in "wdhms"}
    span = dt.timedelta(weeks=part["w"], days=part["d"], hours=part["h"], minutes=part["m"], seconds=part["s"])
    return -span if found["sign"] == "-" else span


@lru_cache(maxsize=4096)
def _parse_time_text(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(_FRACTION.sub(r"\1", text.strip()))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


_FRACTION: Final = re.compile(r"(\.\d{6})\d+")  # Azure writes seven digits, Python reads six


def parse_time(value: Any) -> dt.datetime | None:
    """An ISO 8601 time or date (UTC when it names no zone), or whole seconds since 1970 (Key Vault)."""
    if isinstance(value, str):
        return _parse_time_text(value)
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 253402300800:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    return None


def parse_version(value: Any) -> tuple[int, ...] | None:
    """`v1.30.4-build` → (1, 30, 4). None when it is no dotted number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    found = _VERSION.match(value) if isinstance(value, str) else None
    return tuple(int(part) for part in found[1].split(".")) if found else None


_VERSION: Final = re.compile(r"[vV]?(\d{1,9}(?:\.\d{1,9}){0,5})(?![\d.])", re.ASCII)
