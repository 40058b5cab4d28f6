"""The audit as SARIF 2.1.0, for code scanning. At most `sarif_limit` results are written, the worst.

Results are encoded one by one; memory holds the lines of the worst findings and no more. With a baseline each result
has a `baselineState`, and resolved failures are results that are `absent`. GitHub compares uploads by itself and would
show these as open: the report of a change has none, and of an estate one without a baseline is to be uploaded.
`load_sarif` reads a report back as a baseline: for that it tells what was looked at, and each gap as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final
from urllib.parse import quote

import msgspec

from auditor.model.audit import Audit
from auditor.model.finding import Finding, Outcome
from auditor.model.finding_store import Findings
from auditor.render.changes import Change, Changes
from auditor.render.document import summary_of
from auditor.render.options import NOTEWORTHY, Options
from auditor.render.phrasing import notice_text, plural, utc, verdict
from auditor.render.sarif.locations import category_of
from auditor.render.sarif.results import Results, State, message
from auditor.render.sarif.rules import describe
from auditor.render.top_findings import worst

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_MOST_GAPS: Final = 1000
_BATCH: Final = 500
_ENCODER = msgspec.json.Encoder()


def render_sarif(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write one run. What could not be looked at, and what was left out, is told in its notifications."""
    outcomes = NOTEWORTHY if options.outcomes is None else options.outcomes
    lines, dropped = worst(findings, outcomes, options.sarif_limit)
    gone = [] if audit.scope.change else _gone(options.changes, outcomes)
    dropped += max(len(lines) + len(gone) - options.sarif_limit, 0)
    gone = gone[: options.sarif_limit - len(lines)]
    run = {
        "tool": {"driver": _driver(audit)},
        "invocations": [_invocation(audit, dropped)],
        "automationDetails": {"id": category_of(audit.scope.subscriptions, audit.scope.clusters)},
        "columnKind": "utf16CodeUnits",
        "properties": {"summary": summary_of(audit), "scope": audit.scope},
    }
    out.write(b'{"$schema":%b,"version":"2.1.0","runs":[\n' % _ENCODER.encode(_SCHEMA))
    out.write(_ENCODER.encode(run)[:-1] + b',\n"results":[\n')  # the closing brace comes after the results
    results = Results({each.rule.id: number for number, each in enumerate(audit.rules)}, _state(options.changes))
    separator = b""
    for begin in range(0, len(lines), _BATCH):
        out.write(separator + b",\n".join(map(results.of, lines[begin : begin + _BATCH])))
        separator = b",\n"
    for each in gone:
        out.write(separator + results.gone(each))
        separator = b",\n"
    out.write(b"\n]}]}\n")


def _state(changes: Changes | None) -> State | None:
    """What SARIF says of a result that stands in a baseline too, or does not; None without a baseline."""
    if changes is None:
        return None
    became = {difference.finding.fingerprint: difference.change for difference in changes.differences}
    earlier = changes.earlier

    def state(fingerprint: str, outcome: Outcome) -> str:
        change = became.get(fingerprint)
        if change is Change.NEW or fingerprint not in earlier:
            return "new"
        return "unchanged" if earlier[fingerprint] is outcome and change is None else "updated"

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
        said = _notification("warning", f"gap/{gap.kind}", f"{gap.what} could not be read: {gap.reason}")
        yield {**said, "properties": gap}
    if len(audit.gaps) > _MOST_GAPS:
        more = plural(len(audit.gaps) - _MOST_GAPS, "more gap")
        yield _notification("warning", "gaps-left-out", f"The JSON report holds {more}.")
    if dropped:
        more = plural(dropped, "more result")
        yield _notification("note", "results-left-out", f"These results are the worst; the JSON report holds {more}.")


def _notification(level: str, name: str, text: str) -> dict[str, Any]:
    return {
        "level": level,
        "descriptor": {"id": name},
        "message": {"text": msgspec.Raw(message(_ENCODER.encode(text)))},
    }
