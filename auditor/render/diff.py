"""The comparison of two audits for a terminal, as JSON and as Markdown. The report of one audit uses its lines too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

import msgspec

from auditor.render.changes import LABELS, SHOWN, Change, Changes, Difference, headline, transition
from auditor.render.markdown import LIMIT, changes_section
from auditor.render.names import inert, name_of
from auditor.render.phrasing import cut, plural, time_text, visible

_ENCODER = msgspec.json.Encoder(order="deterministic")
_MOST: Final = 1000

Paint = Callable[[str, str], str]


def render_diff(changes: Changes, form: str, out: BinaryIO) -> None:
    """Write the comparison as `text`, `json` or `markdown`."""
    if form == "json":
        _json(changes, out)
    elif form == "markdown":
        text = f"## Audit of {time_text(changes.after)}\n" + changes_section(changes, LIMIT - 5_000)
        out.write(text.encode("utf-8", "backslashreplace"))
    else:
        lines = [f"{time_text(changes.before)} → {time_text(changes.after)}", *change_lines(changes, _MOST)]
        out.writelines(f"{inert(line)}\n".encode("utf-8", "backslashreplace") for line in lines)


def change_lines(changes: Changes, limit: int, paint: Paint = lambda _style, text: text) -> Iterator[str]:
    """What changed, for a terminal: at most `limit` lines of each kind, and the number of the rest."""
    yield paint("bold", visible(headline(changes)))
    for change in SHOWN:
        number = 0
        for number, difference in enumerate(changes.of(change), 1):
            if number <= limit:
                yield from _told(difference, paint)
        if number > limit:
            yield " " * 10 + paint("dim", f"… and {number - limit:,} more {LABELS[change]}")
    if changes.unseen:
        yield "NOT COMPARED"
    for each in changes.unseen[:limit]:
        yield f"{'':<10}{plural(each.answers, 'answer')} ({each.failures:,} failing on one side): {each.reason}"
    if len(changes.unseen) > limit:
        yield " " * 10 + paint("dim", f"… and {plural(len(changes.unseen) - limit, 'more reason')}")
    yield from (paint("dim", f"Note: {note}") for note in changes.notes)


def _told(difference: Difference, paint: Paint) -> Iterator[str]:
    finding = difference.finding
    label = f"{LABELS[difference.change].upper():<10}"
    severity = paint(finding.severity, f"{finding.severity.upper():<10}")
    yield f"{label}{severity}{visible(cut(name_of(finding)))}  ({transition(difference)})"
    yield " " * 20 + paint("dim", visible(cut(f"{finding.title} · {finding.rule_id}")))


def _json(changes: Changes, out: BinaryIO) -> None:
    head = {
        "schemaVersion": "1.0",
        "before": changes.before,
        "after": changes.after,
        "compared": changes.compared,
        "counts": {change.value: changes.counts[change] for change in Change},
        "notes": changes.notes,
        "notCompared": changes.unseen,
    }
    out.write(b"{\n")
    out.writelines(b'"%b":%b,\n' % (name.encode(), _ENCODER.encode(value)) for name, value in head.items())
    out.write(b'"differences":[\n')
    separator = b""
    for difference in changes.differences:
        out.write(separator + _ENCODER.encode(_entry(difference)))
        separator = b",\n"
    out.write(b"\n]\n}\n")


def _entry(difference: Difference) -> dict[str, Any]:
    finding = difference.finding
    return {
        "change": difference.change,
        "reason": difference.reason,
        "fingerprint": finding.fingerprint,
        "ruleId": finding.rule_id,
        "title": finding.title,
        "resource": finding.resource,
        "element": finding.element,
        "before": difference.before,
        "after": difference.after,
        "message": finding.message,
    }
