"""Open findings as GitHub workflow commands: annotations on the run, and on the lines of the user's own files.

GitHub shows ten of each level for a step, so the ten worst of each are written, and the verdict counts the rest.
"""

from __future__ import annotations

from typing import BinaryIO, Final

import msgspec

from auditor.model.audit import Audit
from auditor.model.finding import Finding, Notice, Outcome, Severity
from auditor.model.finding_store import Findings, verdict_of
from auditor.render.change_review import change_verdict
from auditor.render.names import file_of, name_of
from auditor.render.options import OPEN, Options
from auditor.render.phrasing import cut, plural, visible
from auditor.render.top_findings import weight

_PER_LEVEL: Final = 10
_LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}
_FINDING = msgspec.json.Decoder(Finding)


def render_github(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write a command a line: the verdict, then the annotations, worst first."""
    outcomes = OPEN if options.outcomes is None else options.outcomes
    by_weight: dict[int, list[bytes]] = {}
    number = 0
    for line in findings.lines():
        key = verdict_of(line)
        if key.outcome in outcomes:
            number += 1
            bucket = by_weight.setdefault(weight(key.outcome, key.severity), [])
            if len(bucket) < _PER_LEVEL:
                bucket.append(line)
    state, sentence = change_verdict(audit, options)
    ordinary = state == "nothing" and audit.scope.change
    level = "notice" if state == "clean" or ordinary else "warning" if state == "incomplete" else "error"
    room = {**dict.fromkeys(("error", "warning", "notice"), _PER_LEVEL), level: _PER_LEVEL - 1}
    commands = []
    for each in (_FINDING.decode(line) for _, lines in sorted(by_weight.items()) for line in lines):
        if room[_level(each)]:
            room[_level(each)] -= 1
            commands.append(_annotation(each))
    left_out = number - len(commands)
    more = f" {plural(left_out, 'more finding')} without an annotation: see the report." if left_out else ""
    out.write(_command(level, {"title": "auditor"}, sentence + more))
    out.writelines(commands)
    out.writelines(_notice(notice) for notice in audit.notices[: room["warning"]])


def _level(finding: Finding) -> str:
    if finding.outcome in (Outcome.PASS, Outcome.EXEMPT):
        return "notice"
    level = _LEVELS[finding.severity]
    return "warning" if level == "error" and finding.outcome is not Outcome.FAIL else level


def _annotation(finding: Finding) -> bytes:
    label = finding.severity.value if finding.outcome is Outcome.FAIL else f"{finding.severity}, {finding.outcome}"
    properties: dict[str, str] = {}
    place = file_of(finding)
    if place:
        properties = {"file": place[0], "line": str(place[1])}
    properties["title"] = visible(cut(f"{finding.title} ({label})"))
    said = f"{name_of(finding)}: {finding.message} [{finding.rule_id}]"
    return _command(_level(finding), properties, visible(cut(said, 1000)))


def _notice(notice: Notice) -> bytes:
    place = {"file": notice.file, "line": str(notice.line or 1)} if notice.file else {}
    return _command("warning", {**place, "title": "auditor"}, visible(cut(notice.message, 1000)))


def _command(level: str, properties: dict[str, str], message: str) -> bytes:
    """A workflow command; no text within can end it, or begin another."""
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {given}::{_data(message)}\n".encode("utf-8", "backslashreplace")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
