"""The times of a certificate that rules compare with the clock."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

SHARES: Final = (2, 3, 4, 5, 6, 8, 10, 12)
"""Parts of a lifetime of which it is told when the last one begins."""
_LONGEST: Final = dt.timedelta(days=540)
"""A root of twenty years is no concern three years before its end: lifetimes count as this at most."""


def lifetime(begin: dt.datetime | None, end: dt.datetime | None) -> dict[str, Any]:
    """Begin, end, length, and where the last part of it begins: `lastParts` for several shares, of which `failFrom` is
    the sixth and `warnFrom` the third (at the earliest 90 and 180 days before the end)."""
    found: dict[str, Any] = {}
    if begin:
        found["notBefore"] = stamp(begin)
    if end:
        found["notAfter"] = stamp(end)
    if begin and end and begin <= end:
        span = end - begin
        found["lifetimeDays"] = -(-span // dt.timedelta(days=1))
        found["lastParts"] = [
            {"share": f"1/{part}", "from": stamp(end - min(span, _LONGEST) / part)} for part in SHARES
        ]
        found["failFrom"] = stamp(end - min(span, _LONGEST) / 6)
        found["warnFrom"] = stamp(end - min(span, _LONGEST) / 3)
    return found


def stamp(moment: dt.datetime) -> str:
    """A time as `2026-07-09T00:00:00Z`."""
    return moment.astimezone(dt.UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
