"""Findings and audits → rows of the table (`columns`). Pure.

Ids are made from what they name, so a record that is made again is the same record. Values keep below the 64 KB at
which Log Analytics cuts them silently: evidence that is larger is cut here, and says so by its digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from auditor.history.transitions import Change, Move, Status
from auditor.model.audit import Audit, RuleRun
from auditor.model.finding import Evidence, Finding, Outcome, Severity
from auditor.model.finding_store import Findings
from auditor.model.resource import Origin

Record = dict[str, Any]
_MOST: Final = 60_000  # bytes of UTF-8; the limit is 64 KB
_MOST_EVIDENCE: Final = 24_000
_MOST_TEXT: Final = 8_000
_MOST_OF_ALL: Final = 150_000
"""Of a record as JSON: a fifth of a request, so that requests are full, and far from the 1 MB of a request."""
_ENCODER: Final = msgspec.json.Encoder()
_FINDING: Final = msgspec.json.Decoder(Finding)


class _Key(msgspec.Struct, rename="camel"):
    """What an answer says, in short."""

    fingerprint: str
    outcome: Outcome
    severity: Severity


_KEY: Final = msgspec.json.Decoder(_Key)


def audit_id(estate: str, audit: Audit, findings: Findings) -> str:
    """The identity of an audit: its estate, time, numbers, and what it holds against each resource. 32 hexadecimal
    digits of SHA-256. What passes does not count: it makes no record, and saved audits may leave it out."""
    numbers = (audit.counts, audit.fail_counts, audit.unknown_counts, audit.scope)
    answers = 0  # a sum of digests: in whatever order they come, and none has to be kept
    for key in map(_KEY.decode, findings.lines()):
        if key.outcome is not Outcome.PASS:
            answers += int(_digest(key.fingerprint, key.outcome, key.severity), 16)
    told = _ENCODER.encode(numbers).decode()
    return _digest(estate, audit.tool_version, audit.as_of.isoformat(), told, str(answers))


def finding_record(head: Record, move: Move, finding: Finding, runs: Mapping[str, RuleRun]) -> Record:
    """A finding after an audit, as a row. `head` is what all rows of the audit share."""
    run = runs.get(finding.rule_id)
    resource, status = finding.resource, move.state.status
    evidence, digest = _evidence(finding)
    exemption = finding.exemption if status is Status.EXEMPT else None
    record = {
        **head,
        "RecordId": _digest(head["ScanId"], move.fingerprint),
        "RecordType": "Finding",
        "FindingId": move.fingerprint,
        "Status": status.value,
        "Was": move.was.value if move.was else None,
        "Change": move.change.value,
        "FirstSeen": move.state.opened,
        "FailingSince": move.state.failed,
        "RuleId": finding.rule_id,
        "RuleTitle": finding.title,
        "Severity": finding.severity.value,
        "Component": run.rule.component if run else finding.rule_id.rpartition(".")[0].replace(".", "/"),
        "Controls": run.rule.controls if run else {},
        "ResourceId": resource.id,
        "ResourceType": resource.type,
        "ResourceName": resource.name,
        "SubscriptionId": resource.subscription_id,
        "ResourceGroup": resource.resource_group,
        "Namespace": resource.namespace,
        "Element": finding.element,
        "Message": _message(finding, move),
        "Evidence": evidence,
        "EvidenceDigest": digest,
        "Reason": finding.gap if status is Status.NOT_EVALUATED else None,
        "ExemptionOwner": exemption and exemption.owner,
        "ExemptionReason": exemption and exemption.reason,
        "ExemptionExpiresOn": exemption and exemption.expires_on,
        "Remediation": run.rule.remediation.text if run else None,
        "Origin": _origin(finding.origin),
    }
    return _fitting(record)


def resolved_record(
    head: Record, finding: str, rule: str, severity: str, failed: str | None, resource: str | None
) -> Record:
    """A finding that was resolved by an earlier audit, as a row: what the history knows of it still."""
    record = {
        **head,
        "RecordId": _digest(head["ScanId"], finding),
        "RecordType": "Finding",
        "FindingId": finding,
        "Status": Status.RESOLVED.value,
        "Change": Change.RESOLVED.value,
        "FailingSince": failed,
        "RuleId": rule,
        "Severity": severity,
        "ResourceId": resource,
        "Message": "It was resolved by an earlier audit.",
    }
    return _fitting(record)


def summary_record(head: Record, audit: Audit, records: int, changes: Mapping[Change, int]) -> Record:
    """The last row of an audit: how many there must be, and the audit in numbers."""
    return {
        **head,
        "RecordId": _digest(head["ScanId"], "ScanSummary"),
        "RecordType": "ScanSummary",
        "Records": records,
        "Summary": {
            **figures(audit),
            "changes": {change.value: changes.get(change, 0) for change in Change},
            "subscriptions": len(audit.scope.subscriptions),
            "clusters": len(audit.scope.clusters),
        },
    }


def head_of(estate: str, audit: Audit, scan: str) -> Record:
    """What all rows of an audit share. `scan` is its identity (`audit_id`)."""
    return {
        "ScanId": scan,
        "ScanTime": audit.as_of.isoformat(),
        "Estate": estate,
        "Planned": audit.scope.change,
        "ToolVersion": audit.tool_version,
    }


def figures(audit: Audit) -> dict[str, Any]:
    """An audit in numbers."""
    return {
        "counts": msgspec.to_builtins(audit.counts),
        "failures": audit.fail_counts,
        "unknowns": audit.unknown_counts,
        "frameworks": audit.framework_failures,
        "gaps": len(audit.gaps),
        "resources": audit.scope.resources,
        "rules": sum(run.exercised for run in audit.rules),
    }


def encode(record: Record) -> bytes:
    """A row as JSON."""
    return _ENCODER.encode(record)


def decode_finding(line: bytes) -> Finding:
    """A finding from its JSON."""
    return _FINDING.decode(line)


def _message(finding: Finding, move: Move) -> str:
    if move.change is not Change.RESOLVED:
        return finding.message
    return finding.message if finding.outcome is Outcome.PASS else "It was looked at, and is there no more."


def _evidence(finding: Finding) -> tuple[list[Any], str | None]:
    """Evidence that fits; with the digest of all of it when some had to go."""
    whole = _ENCODER.encode(finding.evidence)
    if len(whole) <= _MOST_EVIDENCE:
        return msgspec.to_builtins(finding.evidence), None
    kept: list[Any] = []
    left = _MOST_EVIDENCE
    for one in finding.evidence:
        encoded = _ENCODER.encode(one)
        if len(encoded) > left:
            said = _cut(_ENCODER.encode(one.actual).decode(), min(left, _MOST_TEXT) // 2)
            small = Evidence(path=_cut(one.path, 1000), actual=said, expected=_cut(one.expected, 1000))
            encoded = _ENCODER.encode(small)
            if len(encoded) <= left:
                kept.append(msgspec.to_builtins(small))
            break
        left -= len(encoded)
        kept.append(msgspec.to_builtins(one))
    return kept, hashlib.sha256(whole).hexdigest()


def _fitting(record: Record) -> Record:
    """What a record says, each value and all of it small enough to be sent: names may be as long as they like."""
    said = {name: _short(value, _MOST) for name, value in record.items() if value is not None}
    if len(_ENCODER.encode(said)) > _MOST_OF_ALL:
        said = {name: _short(value, _MOST_TEXT // 4) for name, value in said.items()}
    return said


def _short(value: Any, most: int) -> Any:
    return _cut(value, most) if isinstance(value, str) else value


def _cut(text: str, most: int) -> str:
    """Text of at most so many bytes of UTF-8."""
    raw = text.encode("utf-8", "replace")
    return text if len(raw) <= most else raw[: most - 3].decode("utf-8", "ignore") + "…"


def _origin(origin: Origin) -> str | None:
    place = origin.address or origin.file
    return place if origin.line is None or not place else f"{place}:{origin.line}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
