"""The times of a certificate that rules compare with the clock."""

from __future__ import annotations

import datetime as dt
from typing import Any


def lifetime(begin: dt.datetime | None, end: dt.datetime | None) -> dict[str, Any]:
    """Begin, end, length, and where the last sixth (`failFrom`) and the last third (`warnFrom`) of it begin.

    At the earliest 90 and 180 days before the end: a root of twenty years is no concern three years before.
    """
    found: dict[str, Any] = {}
    if begin:
        found["notBefore"] = stamp(begin)
    if end:
        found["notAfter"] = stamp(end)
    if begin and end and begin <= end:
        span = end - begin
        found["lifetimeDays"] = -(-span // dt.timedelta(days=1))
        found["failFrom"] = stamp(end - min(span / 6, dt.timedelta(days=90)))
        found["warnFrom"] = stamp(end - min(span / 3, dt.timedelta(days=180)))
    return found


def stamp(moment: dt.datetime) -> str:
    """A time as `2026-07-09T00:00:00Z`."""
    return moment.astimezone(dt.UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
