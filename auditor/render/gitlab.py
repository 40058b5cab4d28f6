"""Open findings as GitLab's code quality report: what a merge request shows beside the changed lines.

Accepted failures are left out: the format has no word for them, and the widget would ask to mend them.
"""

from __future__ import annotations

import hashlib
from typing import Any, BinaryIO, Final

import msgspec

from auditor.model.audit import Audit
from auditor.model.finding import Finding, Outcome, Severity
from auditor.model.finding_store import Findings
from auditor.render.names import file_of, name_of
from auditor.render.options import OPEN, Options
from auditor.render.phrasing import cut, visible
from auditor.render.sarif.locations import made_address

_SEVERITIES: Final = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}
_ENCODER = msgspec.json.Encoder()


def render_gitlab(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:  # noqa: ARG001
    """Write one array; each entry on a line of its own."""
    out.write(b"[")
    separator = b"\n"
    told: set[str] = set()
    for finding in findings.of(*(OPEN if options.outcomes is None else options.outcomes)):
        entry = _entry(finding)
        while entry["fingerprint"] in told:  # the object stands in another file too: GitLab shows a fingerprint once
            place = f"{entry['fingerprint']} {entry['location']['path']}"
            entry["fingerprint"] = hashlib.sha256(place.encode()).hexdigest()[:32]
        told.add(entry["fingerprint"])
        out.write(separator + _ENCODER.encode(entry))
        separator = b",\n"
    out.write(b"\n]\n")


def _entry(finding: Finding) -> dict[str, Any]:
    path, line = file_of(finding) or (made_address(finding.resource), 1)
    decided = finding.outcome in (Outcome.FAIL, Outcome.EXEMPT)
    told = finding.title if decided else f"{finding.title} ({finding.outcome})"
    return {
        "description": visible(cut(f"{told}: {name_of(finding)}: {finding.message}", 1000)),
        "check_name": finding.rule_id,
        "fingerprint": finding.fingerprint,
        # What was not decided is no less grave: it may be a failure.
        "severity": "info" if finding.outcome is Outcome.PASS else _SEVERITIES[finding.severity],
        "location": {"path": visible(path), "lines": {"begin": line}},
    }
