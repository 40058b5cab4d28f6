"""guid() and uniqueString() of ARM templates, which make names out of ids. Pure.

guid() is the name-based UUID (RFC 4122, version 5) of the arguments joined by `-` in Azure's own namespace, as
Microsoft publishes it. uniqueString() is a 64-bit hash of the same text in base 32; Microsoft does not publish it, but
others have found it out: a MurmurHash3 of two 32-bit halves. Nothing but names rests on its being exact.
Source: learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-string#guid
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from auditor.plans.arm.values import text_of, within_size

_NAMESPACE: Final = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_DIGITS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_MASK: Final = 0xFFFFFFFF
_C1, _C2, _C3, _C4 = 0xAB0E9789, 0x239B961B, 0x85EBCA6B, 0xC2B2AE35


def guid(*values: Any) -> str:
    """The same arguments give the same UUID, here and in Azure."""
    return str(uuid.uuid5(_NAMESPACE, _joined(values)))


def unique_string(*values: Any) -> str:
    """Thirteen letters and digits; the same arguments give the same ones."""
    number = _hash(_joined(values).encode("utf-8", "replace"))
    return "".join(
        _DIGITS[number >> shift & 31 if shift >= 0 else number << -shift & 31] for shift in range(59, -6, -5)
    )


def _joined(values: tuple[Any, ...]) -> str:
    texts = [text_of(value) for value in values]
    within_size(sum(map(len, texts)))
    return "-".join(texts).encode("utf-8", "replace").decode()


def _hash(data: bytes) -> int:
    low = high = 0
    full = len(data) - len(data) % 8
    for at in range(0, full, 8):
        low = _rotated(low ^ _first(data[at : at + 4]), 19) + high & _MASK
        low = low * 5 + 0x561CCD1B & _MASK
        high = _rotated(high ^ _second(data[at + 4 : at + 8]), 13) + low & _MASK
        high = high * 5 + 0x0BCAA747 & _MASK
    rest = data[full:]
    low ^= _first(rest[:4])
    high ^= _second(rest[4:])
    low ^= len(data)
    high ^= len(data)
    low = low + high & _MASK
    high = high + low & _MASK
    low, high = _mixed(low), _mixed(high)
    low = low + high & _MASK
    high = high + low & _MASK
    return high << 32 | low


def _first(part: bytes) -> int:
    return _rotated(int.from_bytes(part, "little") * _C2 & _MASK, 15) * _C1 & _MASK


def _second(part: bytes) -> int:
    return _rotated(int.from_bytes(part, "little") * _C1 & _MASK, 17) * _C2 & _MASK


def _mixed(value: int) -> int:
    value = (value ^ value >> 16) * _C3 & _MASK
    value = (value ^ value >> 13) * _C4 & _MASK
    return value ^ value >> 16


def _rotated(value: int, by: int) -> int:
    return (value << by | value >> 32 - by) & _MASK
