"""When a failure was first seen: carried from audit to audit, by fingerprint. Unknown in between forgets nothing."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from auditor.model.audit import Audit
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings

_WRONG: Final = frozenset({Outcome.FAIL, Outcome.EXEMPT})
_BLIND: Final = frozenset({Outcome.UNKNOWN, Outcome.ERROR})


class _Key(msgspec.Struct, rename="camel"):
    """What must be known of every finding."""

    fingerprint: str
    outcome: Outcome
    first_seen: dt.datetime | None = None


_KEY: Final = msgspec.json.Decoder(_Key)


def note(seen: dict[str, dt.datetime], audit: Audit, findings: Findings) -> dict[str, dt.datetime]:
    """What is known after one more audit: fingerprint → when the failure was first seen. `seen` is from those before.

    What this audit does not hold, or what passes there, begins anew when it fails again.
    """
    after: dict[str, dt.datetime] = {}
    for line in findings.lines():
        key = _KEY.decode(line)
        times = [time for time in (seen.get(key.fingerprint), key.first_seen) if time]
        if key.outcome in _WRONG:
            after[key.fingerprint] = min([*times, audit.as_of])
        elif times and key.outcome in _BLIND:
            after[key.fingerprint] = min(times)
    return after


def tell(findings: Findings, seen: dict[str, dt.datetime], now: dt.datetime) -> None:
    """Write into each failure when it was first seen: now, if no audit before saw it."""

    def told(line: bytes) -> bytes:
        key = _KEY.decode(line)
        if key.first_seen is not None or key.outcome is Outcome.PASS:
            return line
        time = seen.get(key.fingerprint, now if key.outcome in _WRONG else None)
        return line if time is None else line[:-1] + b',"firstSeen":' + msgspec.json.encode(time) + b"}"

    findings.rewrite(told)
