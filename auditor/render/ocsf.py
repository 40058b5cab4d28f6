"""Findings as OCSF Compliance Findings (class 2003 of schema 1.4.0), one JSON object a line, for security data lakes.

What could not be decided has status Warning ("did not yield a result due to missing information"), never Pass. What
OCSF has no attribute for (element, evidence, origin) is `unmapped`.
"""

from __future__ import annotations

from typing import Any, BinaryIO, Final

import msgspec

from auditor.findings import Findings
from auditor.model import Audit, Finding, Outcome, ResourceRef, Rule, Severity
from auditor.render.options import EVERYTHING, Options
from auditor.render.words import is_web_address, utc

SCHEMA: Final = "1.4.0"
_CLASS: Final = 2003
_CREATE, _UPDATE = (1, "Create"), (2, "Update")
_STATUS: Final = {  # of the compliance check
    Outcome.PASS: (1, "Pass"),
    Outcome.FAIL: (3, "Fail"),
    Outcome.EXEMPT: (3, "Fail"),
    Outcome.UNKNOWN: (2, "Warning"),
    Outcome.ERROR: (2, "Warning"),
}
_TRIAGE: Final = {  # of the finding
    Outcome.PASS: (4, "Resolved"),
    Outcome.FAIL: (1, "New"),
    Outcome.EXEMPT: (3, "Suppressed"),
    Outcome.UNKNOWN: (0, "Unknown"),
    Outcome.ERROR: (0, "Unknown"),
}
_SEVERITY: Final = {
    Severity.INFO: (1, "Informational"),
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}
_ENCODER = msgspec.json.Encoder()


def render_ocsf(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write the events. With a baseline, a finding that it knows is an update."""
    known = options.changes.earlier if options.changes else {}
    rules = {run.rule.id: run.rule for run in audit.rules}
    time = int(utc(audit.as_of).timestamp() * 1000)
    for finding in findings.of(*(EVERYTHING if options.outcomes is None else options.outcomes)):
        activity = _UPDATE if finding.fingerprint in known else _CREATE
        event = _event(finding, rules[finding.rule_id], time, audit.tool_version, activity)
        out.write(_ENCODER.encode(event) + b"\n")


def _event(finding: Finding, rule: Rule, time: int, version: str, activity: tuple[int, str]) -> dict[str, Any]:
    # A check that passed is no trouble, whatever its failure would be.
    severity = Severity.INFO if finding.outcome is Outcome.PASS else finding.severity
    subscription = finding.resource.subscription_id
    event: dict[str, Any] = {
        "activity_id": activity[0],
        "activity_name": activity[1],
        "category_name": "Findings",
        "category_uid": 2,
        "class_name": "Compliance Finding",
        "class_uid": _CLASS,
        "compliance": _compliance(finding, rule),
        "finding_info": {
            "analytic": {"name": rule.title, "type": "Rule", "type_id": 1, "uid": rule.id},
            "created_time": time,
            "desc": finding.message,
            "title": finding.title,
            "uid": finding.fingerprint,
        },
        "message": finding.message,
        "metadata": {
            "product": {"name": "auditor", "vendor_name": "auditor", "version": version},
            "profiles": ["cloud"] if subscription else [],
            "version": SCHEMA,
        },
        "remediation": {
            "desc": rule.remediation.text.strip(),
            "references": [address for address in rule.references if is_web_address(address)],
        },
        "resources": [_resource(finding.resource, finding.owner or "")],
        "severity": _SEVERITY[severity][1],
        "severity_id": _SEVERITY[severity][0],
        "status": _TRIAGE[finding.outcome][1],
        "status_id": _TRIAGE[finding.outcome][0],
        "time": time,
        "type_name": f"Compliance Finding: {activity[1]}",
        "type_uid": _CLASS * 100 + activity[0],
        "unmapped": {
            "element": finding.element,
            "evidence": finding.evidence,
            "exemption": finding.exemption,
            "origin": finding.origin,
        },
    }
    if finding.first_seen:
        event["finding_info"]["first_seen_time"] = int(utc(finding.first_seen).timestamp() * 1000)
    if subscription:
        event["cloud"] = {"account": {"uid": subscription}, "provider": "Azure"}
    return event


def _compliance(finding: Finding, rule: Rule) -> dict[str, Any]:
    frameworks = sorted(rule.controls.items())
    return {
        "control": rule.id,
        "requirements": [f"{name} {control}" for name, controls in frameworks for control in controls],
        "standards": [name for name, _ in frameworks] or ["auditor"],  # required, and our own rule is one too
        "status": _STATUS[finding.outcome][1],
        "status_code": finding.outcome.value,
        "status_details": [finding.gap or finding.message],
        "status_id": _STATUS[finding.outcome][0],
    }


def _resource(resource: ResourceRef, owner: str) -> dict[str, Any]:
    said: dict[str, Any] = {"name": resource.name, "type": resource.type, "uid": resource.id}
    if resource.namespace:
        said["namespace"] = resource.namespace
    if resource.resource_group:
        said["group"] = {"name": resource.resource_group}
    if owner:
        said["owner"] = {"name": owner}
    return said
