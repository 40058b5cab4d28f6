"""The audit as SARIF 2.1.0, for code scanning. At most `sarif_limit` results are written, the worst.

Results are encoded one by one; memory holds the lines of the worst findings and no more. With a baseline each result
has a `baselineState`, and resolved failures are results that are `absent`. GitHub compares uploads by itself and would
show these as open: upload a report that was written without a baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final
from urllib.parse import quote

import msgspec

from auditor.findings import Findings
from auditor.model import Audit, Exemption, Finding, Outcome
from auditor.render.changes import Change, Changes
from auditor.render.document import summary_of
from auditor.render.locations import category_of, location_of
from auditor.render.options import NOTEWORTHY, Options
from auditor.render.sarif_rules import LEVELS, describe
from auditor.render.words import notice_text, plural, utc, verdict
from auditor.render.worst import worst

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_KINDS: Final = {
    Outcome.FAIL: "fail",
    Outcome.EXEMPT: "fail",  # still a failure, with a suppression that says who accepted it
    Outcome.UNKNOWN: "open",
    Outcome.ERROR: "review",
    Outcome.PASS: "pass",
}
_MOST_GAPS: Final = 1000
_BATCH: Final = 500
_ENCODER = msgspec.json.Encoder()
_FINDING = msgspec.json.Decoder(Finding)


def render_sarif(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write one run. What could not be looked at, and what was left out, is told in its notifications."""
    outcomes = NOTEWORTHY if options.outcomes is None else options.outcomes
    lines, dropped = worst(findings, outcomes, options.sarif_limit)
    gone = _gone(options.changes, outcomes)
    dropped += max(len(lines) + len(gone) - options.sarif_limit, 0)
    gone = gone[: options.sarif_limit - len(lines)]
    state = _states(options.changes)
    run = {
        "tool": {"driver": _driver(audit)},
        "invocations": [_invocation(audit, dropped)],
        "automationDetails": {"id": category_of(audit.scope.subscriptions, audit.scope.clusters)},
        "columnKind": "utf16CodeUnits",
        "properties": {"summary": summary_of(audit)},
    }
    out.write(b'{"$schema":%b,"version":"2.1.0","runs":[\n' % _ENCODER.encode(_SCHEMA))
    out.write(_ENCODER.encode(run)[:-1] + b',\n"results":[\n')  # the closing brace comes after the results
    index = {rule_run.rule.id: number for number, rule_run in enumerate(audit.rules)}
    separator = b""
    for begin in range(0, len(lines), _BATCH):
        decoded = map(_FINDING.decode, lines[begin : begin + _BATCH])
        out.write(separator + b",\n".join(_ENCODER.encode(_result(each, index) | state(each)) for each in decoded))
        separator = b",\n"
    for each in gone:
        out.write(separator + _ENCODER.encode(_result(each, index) | {"baselineState": "absent"}))
        separator = b",\n"
    out.write(b"\n]}]}\n")


def _states(changes: Changes | None) -> Callable[[Finding], dict[str, str]]:
    """What SARIF says of a result that stands in a baseline too, or does not; nothing without a baseline."""
    if changes is None:
        return lambda _: {}
    became = {difference.finding.fingerprint: difference.change for difference in changes.differences}
    earlier = changes.earlier

    def state(finding: Finding) -> dict[str, str]:
        change = became.get(finding.fingerprint)
        if change is Change.NEW or finding.fingerprint not in earlier:
            return {"baselineState": "new"}
        same = earlier[finding.fingerprint] is finding.outcome and change is None
        return {"baselineState": "unchanged" if same else "updated"}

    return state


def _gone(changes: Changes | None, outcomes: frozenset[Outcome]) -> list[Finding]:
    """Failures of the baseline that are resolved, unless their pass is a result itself. Worst first."""
    resolved = changes.of(Change.RESOLVED) if changes else ()
    shown = Outcome.FAIL in outcomes
    return [each.finding for each in resolved if shown and not (each.after and each.after.outcome in outcomes)]


def _driver(audit: Audit) -> dict[str, Any]:
    return {
        "name": "auditor",
        "version": audit.tool_version,
        "semanticVersion": audit.tool_version,
        "informationUri": f"pkg:generic/auditor@{quote(audit.tool_version)}",  # a package URL: there is no page yet
        "rules": [describe(run.rule) for run in audit.rules],
    }


def _invocation(audit: Audit, dropped: int) -> dict[str, Any]:
    broken = any(run.error for run in audit.rules)
    return {
        "executionSuccessful": not (broken or (audit.nothing_evaluated and not audit.scope.change)),
        "startTimeUtc": f"{utc(audit.as_of):%Y-%m-%dT%H:%M:%SZ}",
        "toolExecutionNotifications": list(_notifications(audit, dropped)),
    }


def _notifications(audit: Audit, dropped: int) -> Iterator[dict[str, Any]]:
    if audit.nothing_evaluated:
        level = "warning" if audit.scope.change else "error"
        yield _notification(level, "nothing-evaluated", verdict(audit)[1])
    for index, run in enumerate(audit.rules):
        if run.error:
            said = _notification("error", "rule-error", f"{run.rule.id} could not run: {run.error}")
            yield {**said, "associatedRule": {"id": run.rule.id, "index": index}}
    for notice in audit.notices:
        yield _notification("warning", notice.kind, notice_text(notice))
    for gap in audit.gaps[:_MOST_GAPS]:
        yield _notification("warning", f"gap/{gap.kind}", f"{gap.what} could not be read: {gap.reason}")
    if len(audit.gaps) > _MOST_GAPS:
        more = plural(len(audit.gaps) - _MOST_GAPS, "more gap")
        yield _notification("warning", "gaps-left-out", f"The JSON report holds {more}.")
    if dropped:
        more = plural(dropped, "more result")
        yield _notification("note", "results-left-out", f"These results are the worst; the JSON report holds {more}.")


def _notification(level: str, name: str, text: str) -> dict[str, Any]:
    return {"level": level, "descriptor": {"id": name}, "message": {"text": _message(text)}}


def _result(finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    address, line = location_of(finding)
    kind = _KINDS[finding.outcome]
    resource = finding.resource
    name = f"{resource.name}, {finding.element}" if finding.element else resource.name
    result: dict[str, Any] = {
        "ruleId": finding.rule_id,
        "ruleIndex": index[finding.rule_id],
        "kind": kind,
        "level": LEVELS[finding.severity] if kind == "fail" else "none",
        "message": {"text": _message(f"{name}: {finding.message}")},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": address}, "region": {"startLine": line}},
                "logicalLocations": [
                    {"name": resource.name, "fullyQualifiedName": resource.id, "kind": "resource"},
                ],
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": finding.fingerprint},
        "properties": {"outcome": finding.outcome, "severity": finding.severity, "element": finding.element},
    }
    if finding.outcome is Outcome.EXEMPT:
        result["suppressions"] = [_suppression(finding.exemption)]
    return result


def _suppression(exemption: Exemption | None) -> dict[str, Any]:
    if exemption is None:
        return {"kind": "external", "status": "accepted"}
    details = {"category": exemption.category, "owner": exemption.owner, "expiryDateUtc": exemption.expires_on}
    accepted = {"kind": exemption.kind, "status": "accepted"}
    return {**accepted, "justification": exemption.reason, "properties": details}


def _message(text: str) -> str:
    """The text as a SARIF message: a sentence, in which `[name](address)` is no link."""
    text = text.replace("](", "\\](") if "](" in text else text
    return text if text.endswith((".", "!", "?")) else f"{text}."
