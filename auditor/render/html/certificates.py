"""Certificates as a calendar of the coming year and a table, soonest end first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from auditor.model.audit import Audit
from auditor.model.views import Certificate, Use
from auditor.render.phrasing import cut, plural, utc, visible

_ROWS: Final = 300
_BARS: Final = 20
_MONTHS: Final = 13
_LEFT, _WIDTH, _ROW, _TOP = 250.0, 1200.0, 24.0, 26.0
STATES: Final = {
    "expired": "critical",
    "ends too soon": "high",
    "ends soon": "medium",
    "well": "pass",
    "not known": "unknown",
}
"""What is said of a certificate, and the colour that goes with it."""


_ITSELF: Final = ("keyVault", "appService", "certManager", "tlsSecret")
"""Places that are nothing but the certificate: what fails there concerns it."""
_KINDS: Final = {
    "listener": "listener",
    "chain": "sent in a chain",
    "chainRoot": "root of a chain",
    "stored": "stored, not used",
    "trustedRoot": "trusted root",
    "clientCa": "authority of clients",
    "apimHostname": "API Management host name",
    "apimCa": "API Management authority",
    "apimCertificate": "API Management certificate",
    "apimBackend": "API Management backend",
    "keyVault": "Key Vault",
    "appService": "App Service",
    "tlsSecret": "TLS Secret",
    "secretCa": "authority in a Secret",
    "trustedCa": "authority that a cluster trusts",
    "certManager": "cert-manager",
    "secretProviderClass": "SecretProviderClass",
    "webhook": "webhook",
}
"""Kinds of use in words."""


def certificates(audit: Audit, failing: Mapping[str, str]) -> dict[str, Any] | None:
    """Calendar and table; nothing when the audit did not look. `failing`: casefolded id → id of what has failures."""
    found = audit.certificates
    if found is None or not found.total:
        return None
    now = utc(audit.as_of)
    rows = [_row(certificate, now, failing) for certificate in found.listed[:_ROWS]]
    counts = {state: sum(_state(each, now) == state for each in found.listed) for state in STATES}
    return {
        "rows": rows,
        "more": found.total - len(rows),
        "tally": [
            {"state": state, "tone": tone, "count": counts[state]} for state, tone in STATES.items() if counts[state]
        ],
        "calendar": _calendar([each for each in found.listed if each.not_after], now),
        "soon": [row for row in rows if row["tone"] in ("critical", "high")],
    }


def _state(certificate: Certificate, now: dt.datetime) -> str:
    ends = certificate.not_after
    if ends is None:
        return "not known"
    if ends <= now:
        return "expired"
    if certificate.fail_from and certificate.fail_from <= now:
        return "ends too soon"
    return "ends soon" if certificate.warn_from and certificate.warn_from <= now else "well"


def _row(certificate: Certificate, now: dt.datetime, failing: Mapping[str, str]) -> dict[str, Any]:
    state, ends, renews = _state(certificate, now), certificate.not_after, certificate.renews_at
    places = [use.resource for use in certificate.uses if use.resource and use.kind in _ITSELF]
    itself = [place.casefold() for place in (certificate.id, *places)]
    return {
        "name": visible(cut(certificate.name)),
        "issuer": visible(cut(certificate.issuer)),
        "state": state,
        "tone": STATES[state],
        "ends": f"{utc(ends):%Y-%m-%d}" if ends else "",
        "left": _left(ends, now),
        "unread": visible(cut(certificate.unread or "")),
        "renews": f"{utc(renews):%Y-%m-%d}" if renews else "",
        "overdue": bool(renews and renews < now),
        "uses": [_use(use) for use in certificate.uses],
        "more_uses": certificate.more_uses,
        "link": next((failing[place] for place in itself if place in failing), ""),
    }


def _use(use: Use) -> dict[str, str]:
    return {"kind": _KINDS.get(use.kind, visible(cut(use.kind))), "name": visible(cut(use.name))}


def _left(ends: dt.datetime | None, now: dt.datetime) -> str:
    if ends is None:
        return ""
    days = (utc(ends).date() - now.date()).days  # as whoever compares the dates counts them
    if not days:
        return "today"
    return f"{plural(-days, 'day')} ago" if days < 0 else plural(days, "day")


def _calendar(dated: list[Certificate], now: dt.datetime) -> dict[str, Any]:
    """A bar a certificate, from today to its end; the months of a year as columns."""
    this = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    first = (this - dt.timedelta(days=1)).replace(day=1)  # what ended last month is still to be seen
    months = [_month(first, number) for number in range(_MONTHS + 1)]
    last = months[-1]

    def x(time: dt.datetime) -> float:
        share = (min(max(time, first), last) - first) / (last - first)
        return round(_LEFT + share * (_WIDTH - _LEFT - 90), 1)

    return {
        "width": _WIDTH,
        "height": _TOP + _ROW * min(len(dated), _BARS) + 6,
        "today": x(now),
        "months": [
            {"x": x(month), "name": f"{month:%b}", "year": f"{month:%Y}" if month.month == 1 or not number else ""}
            for number, month in enumerate(months[:-1])
        ],
        "bars": [_bar(each, number, now, last, x) for number, each in enumerate(dated[:_BARS])],
        "more": max(len(dated) - _BARS, 0),
    }


def _bar(certificate: Certificate, number: int, now: dt.datetime, last: dt.datetime, x: Any) -> dict[str, Any]:
    state, ends = _state(certificate, now), certificate.not_after or now
    begin, end = x(now), x(ends)
    past = ends <= now
    return {
        "y": _TOP + _ROW * number,
        "x": min(begin, end) if past else begin,
        "width": max(round(abs(end - begin), 1), 3.0),
        "tone": STATES[state],
        "name": visible(cut(certificate.name, 34)),
        "label": f"{state}, {utc(ends):%Y-%m-%d}" if past else f"{utc(ends):%Y-%m-%d}",
        "label_x": max(begin, end) + 6,
        "beyond": ends > last,
    }


def _month(first: dt.datetime, number: int) -> dt.datetime:
    years, month = divmod(first.month - 1 + number, 12)
    return first.replace(year=first.year + years, month=month + 1)
