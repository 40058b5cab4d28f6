"""All findings as the page carries them: columns of small numbers and one list of texts, deflated, in base64.

Ten times smaller than objects, and the page searches each distinct text once. What can be read here passed `visible`
and `cut` like everything else that people see; the script of the page puts it into text nodes, never into markup.
"""

from __future__ import annotations

import base64
import zlib
from array import array
from collections.abc import Hashable
from typing import Any, Final, Generic, TypeVar

import msgspec

from auditor.model.audit import Audit, RuleRun
from auditor.model.finding import Finding, Outcome, ResourceRef, Severity
from auditor.model.finding_store import Findings
from auditor.model.resource import Origin
from auditor.render.groups import ORDER
from auditor.render.html.changes import MARKS, marks_of
from auditor.render.html.design import NODES, OTHER, node_of
from auditor.render.options import NOTEWORTHY, Options
from auditor.render.phrasing import (
    VALUE_LENGTH,
    code_blocks,
    cut,
    evidence_text,
    is_web_address,
    place_of,
    plural,
    scope_of,
    utc,
    value_text,
    visible,
)
from auditor.render.reasons import reason_of

MOST: Final = 500_000
"""Findings that one page holds; the JSON report holds all."""
_EXCERPTS: Final = 1_500_000
"""Letters of excerpts that one page holds, of the gravest failures first."""
_LEVEL: Final = 6  # the levels above take three times as long, for one byte in forty
_SEVERITIES: Final = {severity: number for number, severity in enumerate(Severity)}
_OUTCOMES: Final = {outcome: number for number, outcome in enumerate(ORDER)}
_DECODER = msgspec.json.Decoder(Finding)
_Key = TypeVar("_Key", bound=Hashable)


class _Numbered(Generic[_Key]):
    """Distinct things, numbered as they are met."""

    def __init__(self, *first: _Key) -> None:
        self.numbers: dict[_Key, int] = {key: number for number, key in enumerate(first)}

    def of(self, key: _Key) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def listed(self) -> list[_Key]:
        return list(self.numbers)


class _Texts:
    """Texts that people see, made safe to look at once each; number 0 is the empty one."""

    def __init__(self) -> None:
        self.shown: _Numbered[str] = _Numbered("")
        self._met: dict[str | None, int] = {None: 0, "": 0}

    def of(self, text: str | None, length: int = VALUE_LENGTH) -> int:
        number = self._met.get(text)
        if number is None:
            number = self._met[text] = self.shown.of(visible(cut(text or "", length)))
        return number


class _Table:
    """Columns that grow together."""

    def __init__(self, *names: str) -> None:
        self.columns = {name: array("l") for name in names}

    def add(self, *values: int) -> None:
        for column, value in zip(self.columns.values(), values, strict=True):
            column.append(value)

    def packed(self) -> dict[str, Any]:
        """A column whose values are all the same is that value."""
        return {
            name: column[0] if column and column.count(column[0]) == len(column) else column.tolist()
            for name, column in self.columns.items()
        }


class _Packer:
    """Takes findings one by one."""

    def __init__(self, audit: Audit, marks: dict[str, int]) -> None:
        self.marks = marks
        self.rules = {run.rule.id: (number, run.rule.severity) for number, run in enumerate(audit.rules)}
        self.texts = _Texts()
        self.lines: _Numbered[str] = _Numbered()
        self.scopes: _Numbered[str] = _Numbered("")
        self.people: _Numbered[str] = _Numbered("")
        self.days: _Numbered[str] = _Numbered("")
        self.reasons: _Numbered[str] = _Numbered("")
        self._reason_of: dict[str, int] = {}
        self.resource_numbers: _Numbered[tuple[str, str | None, int | None]] = _Numbered()
        self.resources = _Table("folder", "tail", "name", "type", "place", "scope", "file", "line")
        self.evidence: _Numbered[tuple[tuple[int, int, int], ...]] = _Numbered(())
        self.exemptions: _Numbered[tuple[int, ...]] = _Numbered((0, 0, 0, 0))
        self.findings = _Table(
            "rule", "resource", "outcome", "severity", "element", "message", "gap", "evidence", "exemption", "mark",
            "owner", "seen", "excerpt", "reason",
        )  # fmt: skip
        self.pieces, self.excerpts = self._excerpts(audit)
        self.last = 0

    def add(self, finding: Finding) -> None:
        if len(self.findings.columns["rule"]) >= MOST:
            return  # the page says how many are left out
        texts, exemption, evidence = self.texts, finding.exemption, finding.evidence
        resource = self._resource(finding.resource, finding.origin)
        rule, severity = self.rules[finding.rule_id]
        why = tuple([(texts.of(e.path), self._actual(e.actual), texts.of(e.expected)) for e in evidence])
        accepted = (
            tuple(texts.of(t) for t in (exemption.category, exemption.owner, exemption.reason, exemption.expires_on))
            if exemption
            else (0, 0, 0, 0)
        )
        self.findings.add(
            rule,
            resource - self.last,  # findings come resource by resource: nearly all zeros and ones
            _OUTCOMES[finding.outcome],
            0 if finding.severity is severity else 1 + _SEVERITIES[finding.severity],
            texts.of(finding.element),
            0 if finding.message == _composed(finding) else texts.of(finding.message),
            texts.of(finding.gap),
            self.evidence.of(why),
            self.exemptions.of(accepted),
            self.marks.get(finding.fingerprint, 0),
            self.people.of(visible(cut(finding.owner or ""))),
            self.days.of(f"{utc(finding.first_seen):%Y-%m-%d}" if finding.first_seen else ""),
            self.excerpts.get(finding.fingerprint, 0),
            self._reason(finding.gap or finding.message) if finding.outcome is Outcome.UNKNOWN else 0,
        )
        self.last = resource

    def _excerpts(self, audit: Audit) -> tuple[list[list[int]], dict[str, int]]:
        """Each different excerpt once, as numbers of texts, those of marked lines negative; and which is whose."""
        pieces: _Numbered[tuple[int, ...]] = _Numbered(())
        whose: dict[str, int] = {}
        room = _EXCERPTS
        for excerpt in audit.excerpts:
            room -= sum(map(len, excerpt.lines))
            if room < 0:
                break
            marked = set(excerpt.marked)
            numbers = [self.lines.of(visible(cut(line))) for line in excerpt.lines]
            whose[excerpt.fingerprint] = pieces.of(tuple(~n if i in marked else n for i, n in enumerate(numbers)))
        return [list(piece) for piece in pieces.listed()], whose

    def _reason(self, text: str) -> int:
        number = self._reason_of.get(text)
        if number is None:
            number = self._reason_of[text] = self.reasons.of(visible(cut(reason_of(text))))
        return number

    def _actual(self, value: Any) -> int:
        return 0 if value is None else self.texts.of(value_text(value))

    def _resource(self, resource: ResourceRef, origin: Origin) -> int:
        known = len(self.resource_numbers.numbers)
        number = self.resource_numbers.of((resource.id, origin.file, origin.line))
        if number == known:
            texts = self.texts
            folder, slash, tail = resource.id.rpartition("/")
            self.resources.add(
                texts.of(folder + slash, 1000),
                texts.of(tail),
                0 if resource.name == tail else texts.of(resource.name),
                texts.of(resource.type),
                texts.of(place_of(resource)),
                self.scopes.of(visible(cut(scope_of(resource)))),
                texts.of(origin.file),
                origin.line or 0,
            )
        return number

    def packed(self) -> dict[str, Any]:
        return {
            "count": len(self.findings.columns["rule"]),
            "findings": self.findings.packed(),
            "resourceCount": len(self.resource_numbers.numbers),
            "resources": self.resources.packed(),
            "texts": self.texts.shown.listed(),
            "evidence": self.evidence.listed(),
            "exemptions": self.exemptions.listed(),
            "scopes": self.scopes.listed(),
            "owners": self.people.listed(),
            "days": self.days.listed(),
            "reasons": self.reasons.listed(),
            "lines": self.lines.listed(),
            "excerpts": self.pieces,
        }


def _composed(finding: Finding) -> str:
    """The message that most findings have: their gap, or their first evidence. The script composes it again."""
    if finding.gap:
        return f"Not known: {finding.gap}"
    if not finding.evidence:
        return ""
    more = len(finding.evidence) - 1
    return evidence_text(finding.evidence[0]) + (f" (and {plural(more, 'more field')})" if more else "")


def packed(audit: Audit, findings: Findings, options: Options, frameworks: list[dict[str, Any]]) -> str:
    """Everything that the script of the page shows, as base64 of deflated JSON."""
    outcomes = NOTEWORTHY if options.outcomes is None else options.outcomes
    packer = _Packer(audit, marks_of(options.changes))
    for line in findings.lines():
        finding = _DECODER.decode(line)
        if finding.outcome in outcomes:
            packer.add(finding)
    nodes = [*NODES, OTHER]
    places = {node.key: number for number, node in enumerate(nodes)}
    document = {
        **packer.packed(),
        "compared": options.changes is not None,
        "marks": MARKS,
        "severities": list(Severity),
        "outcomes": list(ORDER),
        "components": [{"key": node.key, "title": node.title} for node in nodes],
        "rules": [_rule(run, places[node_of(run.rule.component).key]) for run in audit.rules],
        "frameworks": frameworks,
    }
    return base64.b64encode(zlib.compress(msgspec.json.encode(document), _LEVEL)).decode()


def _rule(run: RuleRun, component: int) -> dict[str, Any]:
    rule = run.rule
    return {
        "id": visible(rule.id),
        "title": visible(rule.title),
        "severity": _SEVERITIES[rule.severity],
        "component": component,
        "why": rule.rationale.strip(),
        "remedy": rule.remediation.text.strip(),
        "code": [[name, code] for name, _language, code in code_blocks(rule)],
        "controls": [[visible(name), list(map(visible, ids))] for name, ids in sorted(rule.controls.items())],
        "equivalents": [[visible(name), ", ".join(ids)] for name, ids in sorted(rule.equivalents.items()) if ids],
        "references": [[address, is_web_address(address)] for address in rule.references],
    }
