"""The ends of certificates as a calendar: iCalendar (RFC 5545), one event a certificate with an identity that stays."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Final

from auditor.lenses.certificates.certificate_table import Listed

_WIDEST: Final = 75  # octets, RFC 5545 section 3.1
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")
_PLACES: Final = 20


def as_ics(rows: Sequence[Listed], clock: dt.datetime) -> str:
    """A calendar with an event at the end of every certificate whose end is known."""
    return "".join(f"{_folded(line)}\r\n" for line in _lines(rows, clock))


def _lines(rows: Sequence[Listed], clock: dt.datetime) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//auditor//certificates//EN", "CALSCALE:GREGORIAN")
    for row in rows:
        if row.ends is None:
            continue
        places = [*row.places[:_PLACES], *([f"and {len(row.places) - _PLACES} more"] if row.places[_PLACES:] else [])]
        told = [f"Issuer: {row.issuer}"] if row.issuer else []
        told += ["Used by:", *(f"- {place}" for place in places), f"Id: {row.id}"]
        yield "BEGIN:VEVENT"
        identity = hashlib.sha256(row.id.casefold().encode("utf-8", "replace")).hexdigest()
        yield f"UID:{identity[:32]}@certificates.auditor"
        yield f"DTSTAMP:{_time(clock)}"
        yield f"DTSTART:{_time(row.ends)}"
        yield f"SUMMARY:{_escaped(f'Certificate {row.name} expires')}"
        yield f"DESCRIPTION:{_escaped(chr(10).join(told))}"
        yield "TRANSP:TRANSPARENT"
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def _time(moment: dt.datetime) -> str:
    plain = moment.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0).isoformat()
    return plain.replace("-", "").replace(":", "") + "Z"


def _escaped(text: str) -> str:
    """Text such that it cannot end its line, and so begin another property (section 3.3.11)."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n"))
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Lines of at most 75 octets; a character is never cut."""
    parts, part, width = [], "", 0
    for character in line:
        size = len(character.encode())
        if width + size > _WIDEST:
            parts.append(part)
            part, width = "", 1  # the space that a continuation begins with
        part += character
        width += size
    return "\r\n ".join([*parts, part])
