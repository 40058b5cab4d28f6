"""Certificates as rows, soonest end first, and these as text, JSON or CSV. Names from outside are made harmless."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from auditor.lenses.certificates.certificate_locations import common_name_in
from auditor.lenses.output_text import as_document, visible
from auditor.lenses.values import moment
from auditor.model.resource import Resource, Unknown

_SECONDS_A_DAY: Final = 86400
_NAME, _ISSUER, _PLACES = 44, 32, 3


class Listed(NamedTuple):
    """A certificate. `ends` is None and `unread` a sentence when it could not be read; `days` are whole days left."""

    id: str
    name: str
    ends: dt.datetime | None
    days: int | None
    issuer: str
    places: tuple[str, ...]  # `kind name`
    problems: tuple[str, ...]
    unread: str
    properties: dict[str, Any]


def listed(resource: Resource, clock: dt.datetime, problems: Sequence[str]) -> Listed:
    """The row of an `auditor/certificate`."""
    properties = resource.body["properties"]
    given = properties.get("notAfter")
    ends, issuer = moment(given), properties.get("issuer")
    unread = given.reason if isinstance(given, Unknown) else "" if ends else "no date is shown where it is used"
    return Listed(
        id=resource.id,
        name=resource.name,
        ends=ends,
        days=None if ends is None else int((ends - clock).total_seconds() // _SECONDS_A_DAY),
        issuer=(common_name_in(issuer) or issuer) if isinstance(issuer, str) else "",
        places=tuple(f"{use['kind']} {use['name']}" for use in properties["uses"]),
        problems=tuple(problems),
        unread=unread,
        properties=properties,
    )


def soonest(rows: Iterable[Listed]) -> list[Listed]:
    """Soonest end first; what could not be read comes last."""
    return sorted(rows, key=lambda row: (row.ends is None, row.ends and row.ends.timestamp(), row.name, row.id))


# --- formats ------------------------------------------------------------------------------------------------------


def as_text(rows: Sequence[Listed], clock: dt.datetime, titles: dict[str, str], gaps: Sequence[str]) -> str:
    """The table, what the problems mean, what hosts said when they were asked, and what could not be read."""
    dated = [row for row in rows if row.ends]
    past = sum(row.ends < clock for row in dated if row.ends)
    lines = [f"{len(rows)} certificates as of {clock:%Y-%m-%d %H:%M} UTC: {past} expired", ""]
    if dated:
        lines += [f"{'ends':<10}  {'days':>6}  {'name':<{_NAME}}  {'issuer':<{_ISSUER}}  where used · problems"]
    for row in dated:
        left = "expired" if row.ends and row.ends < clock else str(row.days)
        more = f" and {len(row.places) - _PLACES} more" if len(row.places) > _PLACES else ""
        where = ", ".join(row.places[:_PLACES]) + more
        told = f" · {', '.join(row.problems)}" if row.problems else ""
        name, issuer = _cut(row.name, _NAME), _cut(row.issuer, _ISSUER)
        lines.append(f"{row.ends:%Y-%m-%d}  {left:>7}  {name:<{_NAME}}  {issuer:<{_ISSUER}}  {where}{told}")
    named = sorted({problem for row in rows for problem in row.problems})
    if named:
        lines += [
            "",
            "Problems (certificates.…), by what should be so:",
            *(f"  {name}: {titles[name]}" for name in named),
        ]
    live = [use for row in rows for use in row.properties["uses"] if use["kind"] == "probe"]
    if live:
        lines += [
            "",
            "Said by the hosts themselves:",
            *(_live(use) for use in sorted(live, key=lambda one: one["name"])),
        ]
    unread = [f"  {', '.join(row.places[:_PLACES])}: {row.unread}" for row in rows if row.ends is None]
    if unread or gaps:
        lines += ["", "Could not be read:", *unread, *(f"  {gap}" for gap in gaps)]
    return "".join(f"{visible(line).rstrip()}\n" for line in lines)


_CLIENT: Final = {
    "none": "asks for no client certificate",
    "asked": "asks for a client certificate and does without",
    "required": "requires a client certificate",
}


def _live(use: dict[str, Any]) -> str:
    asked = _CLIENT.get(use.get("clientCertificate", ""), "what it asks of clients is not known")
    return f"  {use['name']}: TLS {', '.join(use['tls'])}; {asked}"


def as_json(rows: Sequence[Listed], clock: dt.datetime, gaps: Sequence[str]) -> str:
    """Everything that the lens knows, one object a certificate; an unknown value is `{"unknown": reason}`."""
    certificates = [
        {"id": row.id, "name": row.name, "daysLeft": row.days, "problems": row.problems, **row.properties}
        for row in rows
    ]
    for each in certificates:
        each.pop("lastParts", None)  # for rules that choose among them
    document = {"asOf": f"{clock:%Y-%m-%dT%H:%M:%SZ}", "certificates": certificates, "gaps": list(gaps)}
    return as_document(document)


COLUMNS: Final = (
    "notAfter",
    "daysLeft",
    "name",
    "issuer",
    "sans",
    "uses",
    "problems",
    "unread",
    "sha256",
    "thumbprint",
)


def as_csv(rows: Sequence[Listed]) -> str:
    """RFC 4180. A cell that a spreadsheet would calculate begins with an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        held = row.properties
        sans = held.get("sans")
        cells = (
            _text(held.get("notAfter")), "" if row.days is None else str(row.days), row.name, row.issuer,
            "; ".join(sans) if isinstance(sans, list) else "", "; ".join(row.places), "; ".join(row.problems),
            row.unread, _text(held.get("sha256")), _text(held.get("thumbprint")),
        )  # fmt: skip
        writer.writerow([_safe(visible(cell), index) for index, cell in enumerate(cells)])
    return out.getvalue()


_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def _safe(cell: str, index: int) -> str:
    number = index == 1  # days left: -3 is no formula
    return f"'{cell}" if not number and cell.startswith(_FORMULA) else cell


def _cut(text: str, length: int) -> str:
    text = visible(text)
    return text if len(text) <= length else text[: length - 1] + "…"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
