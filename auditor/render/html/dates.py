"""What comes to its end soon: exemptions; and which resources of the pictures have failures to link to."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any, Final

import msgspec

from auditor.model.audit import Audit
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings
from auditor.render.phrasing import cut, plural, utc, visible

_SOON: Final = 30  # days
_SHOWN: Final = 5


class _Place(msgspec.Struct):
    id: str


class _Failing(msgspec.Struct):
    """What must be known of a finding to link to it."""

    outcome: Outcome
    resource: _Place


_FAILING: Final = msgspec.json.Decoder(_Failing)


def failing_ids(audit: Audit, findings: Findings) -> dict[str, str]:
    """Casefolded id → id as findings spell it, of what the pictures name and has failures."""
    asked = {each.id.casefold() for each in audit.certificates.listed} if audit.certificates else set[str]()
    for certificate in audit.certificates.listed if audit.certificates else ():
        asked |= {use.resource.casefold() for use in certificate.uses if use.resource}
    for path in audit.paths.listed if audit.paths else ():
        ends = [end for hop in path.hops for end in (hop.source, hop.target)]
        asked |= {end.resource.casefold() for end in ends if end.resource}
    found: dict[str, str] = {}
    for line in findings.lines() if asked else ():
        finding = _FAILING.decode(line)
        if finding.outcome is Outcome.FAIL and finding.resource.id.casefold() in asked:
            found.setdefault(finding.resource.id.casefold(), finding.resource.id)
    return found


def soon_over(audit: Audit, findings: Findings) -> dict[str, Any] | None:
    """Exemptions that end within a month, soonest first; those of one owner and reason together."""
    today = utc(audit.as_of).date()
    counts: Counter[tuple[str, str, str]] = Counter()
    for finding in findings.of(Outcome.EXEMPT):
        exemption = finding.exemption
        if exemption and _days(exemption.expires_on, today) <= _SOON:
            counts[exemption.expires_on[:10], exemption.owner, exemption.reason] += 1
    if not counts:
        return None
    rows = [
        {
            "until": visible(cut(until)),
            "left": plural(_days(until, today), "day"),
            "owner": visible(cut(owner)),
            "reason": visible(cut(reason)),
            "count": number,
        }
        for (until, owner, reason), number in sorted(counts.items())
    ]
    return {"rows": rows[:_SHOWN], "more": max(len(rows) - _SHOWN, 0), "days": _SOON}


def _days(until: str, today: dt.date) -> int:
    """Days until a date; many when it is none."""
    try:
        return (dt.date.fromisoformat(until[:10]) - today).days
    except ValueError:
        return 10_000
