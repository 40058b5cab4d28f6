"""The audit as JUnit XML, for the test pages of CI: a suite a rule, a test case a finding (Jenkins' junit-10.xsd).

A failure is a failure, an error an error; what is unknown or exempt is skipped, with the reason. Passes are test cases
too, or a suite would look worse than it is. What could not be read is a suite of its own, skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

import msgspec

from auditor.model.audit import Audit, RuleRun
from auditor.model.finding import Finding, Outcome
from auditor.model.finding_store import Findings
from auditor.model.rule import Rule
from auditor.render.names import file_of, name_of
from auditor.render.options import EVERYTHING, Options
from auditor.render.phrasing import count_of, cut, evidence_text, utc, verdict, visible

_AT_ONCE: Final = 50_000  # findings in memory; for more, the store is read again
_ELEMENTS: Final = {
    Outcome.FAIL: "failure",
    Outcome.ERROR: "error",
    Outcome.UNKNOWN: "skipped",
    Outcome.EXEMPT: "skipped",
}
_NO_CHARACTER = re.compile("[\ufffe\uffff]")  # XML has no way to write them; `visible` took care of the others


class _Case(NamedTuple):
    element: str | None
    text: str


class _Mark(msgspec.Struct, rename="camel"):
    rule_id: str
    outcome: Outcome


_MARK = msgspec.json.Decoder(_Mark)
_FINDING = msgspec.json.Decoder(Finding)


def render_junit(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write the document. "Nothing was evaluated" is an error, because to CI a report without tests looks well; of a
    change it is ordinary."""
    outcomes = EVERYTHING if options.outcomes is None else options.outcomes
    time = f"{utc(audit.as_of):%Y-%m-%dT%H:%M:%S}"
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="auditor">\n')
    if audit.nothing_evaluated:
        element = "skipped" if audit.scope.change else "error"
        out.write(_suite("auditor", time, [_case("auditor", "audit", element, "nothing-evaluated", verdict(audit)[1])]))
    for run, lines in _by_rule(audit, findings, outcomes):
        cases = [_finding_case(_FINDING.decode(line), run.rule) for line in lines]
        if run.error and not run.exercised:
            cases.append(_case(run.rule.id, run.rule.title, "error", "rule-error", f"It could not run: {run.error}"))
        if cases:
            out.write(_suite(run.rule.id, time, cases))
    if audit.gaps:
        gaps = [_case("not-looked-at", gap.what, "skipped", gap.kind, gap.reason) for gap in audit.gaps]
        out.write(_suite("not-looked-at", time, gaps))
    out.write(b"</testsuites>\n")


def _by_rule(audit: Audit, findings: Findings, outcomes: frozenset[Outcome]) -> Iterator[tuple[RuleRun, list[bytes]]]:
    """Every rule with its findings. These are stored resource by resource: read them once for each batch of rules."""
    batch: dict[str, tuple[RuleRun, list[bytes]]] = {}
    size = 0
    for number, run in enumerate(audit.rules, 1):
        batch[run.rule.id] = run, []
        size += sum(count_of(run.counts, outcome) for outcome in outcomes)
        if size < _AT_ONCE and number < len(audit.rules):
            continue
        for line in findings.lines() if size else ():
            mark = _MARK.decode(line)
            if mark.outcome in outcomes and mark.rule_id in batch:
                batch[mark.rule_id][1].append(line)
        yield from batch.values()
        batch, size = {}, 0


def _finding_case(finding: Finding, rule: Rule) -> _Case:
    kind = finding.severity.value if finding.outcome is Outcome.FAIL else finding.outcome.value
    element = _ELEMENTS.get(finding.outcome)
    message, details = finding.message, []
    if finding.exemption:
        exempt = finding.exemption
        message = f"{exempt.category} until {exempt.expires_on}, {exempt.owner}: {exempt.reason}"
    elif finding.outcome is Outcome.UNKNOWN:
        message = finding.gap or message
    if finding.outcome is Outcome.FAIL:
        details = [evidence_text(each) for each in finding.evidence]
        details += [f"Resource: {finding.resource.id}", f"Mend: {' '.join(rule.remediation.text.split())}"]
        place = file_of(finding)
        details += [f"File: {place[0]}:{place[1]}"] if place else []
    return _case(rule.id, name_of(finding), element, kind, message, details)


def _case(
    rule: str, name: str, element: str | None, kind: str, message: str, details: list[str] | None = None
) -> _Case:
    head = f"<testcase classname={_attribute(rule)} name={_attribute(name)}"
    if element is None:
        return _Case(None, f"{head}/>")
    body = "\n".join(_text(line) for line in details or ())
    inner = f"<{element} type={_attribute(kind)} message={_attribute(cut(message, 1000))}>{body}</{element}>"
    return _Case(element, f"{head}>{inner}</testcase>")


def _suite(name: str, time: str, cases: list[_Case]) -> bytes:
    kinds = [case.element for case in cases]
    numbers = (
        f'tests="{len(cases)}" failures="{kinds.count("failure")}" errors="{kinds.count("error")}" '
        f'skipped="{kinds.count("skipped")}"'
    )
    begin = f'<testsuite name={_attribute(name)} {numbers} timestamp="{time}">'
    return "\n".join([begin, *(case.text for case in cases), "</testsuite>\n"]).encode()


def _text(text: str) -> str:
    text = _NO_CHARACTER.sub("\ufffd", visible(text))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    return '"' + _text(text).replace('"', "&quot;") + '"'
