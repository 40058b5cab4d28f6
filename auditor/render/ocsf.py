"""Findings as OCSF Compliance Findings, one JSON object a line, for security data lakes.

What OCSF has no attribute for (element, evidence, origin) is `unmapped`.
"""

from __future__ import annotations

from typing import Any, BinaryIO, Final

import msgspec

from auditor.model.audit import Audit
from auditor.model.finding import Finding, Outcome, ResourceRef, Severity
from auditor.model.finding_store import Findings
from auditor.model.rule import Rule
from auditor.render import ocsf_events
from auditor.render.options import EVERYTHING, Options
from auditor.render.phrasing import is_web_address, utc

_CHECK: Final = {
    Outcome.PASS: ocsf_events.PASS,
    Outcome.FAIL: ocsf_events.FAIL,
    Outcome.EXEMPT: ocsf_events.FAIL,
    Outcome.UNKNOWN: ocsf_events.WARNING,
    Outcome.ERROR: ocsf_events.WARNING,
}
_STATUS: Final = {
    Outcome.PASS: ocsf_events.RESOLVED,
    Outcome.FAIL: ocsf_events.NEW,
    Outcome.EXEMPT: ocsf_events.SUPPRESSED,
    Outcome.UNKNOWN: ocsf_events.UNKNOWN,
    Outcome.ERROR: ocsf_events.UNKNOWN,
}
_ENCODER = msgspec.json.Encoder()


def render_ocsf(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write the events. With a baseline, a finding that it knows is an update."""
    known = options.changes.earlier if options.changes else {}
    rules = {run.rule.id: run.rule for run in audit.rules}
    time = int(utc(audit.as_of).timestamp() * 1000)
    for finding in findings.of(*(EVERYTHING if options.outcomes is None else options.outcomes)):
        activity = ocsf_events.UPDATE if finding.fingerprint in known else ocsf_events.CREATE
        event = _event(finding, rules[finding.rule_id], time, audit.tool_version, activity)
        out.write(_ENCODER.encode(event) + b"\n")


def _event(finding: Finding, rule: Rule, time: int, version: str, activity: ocsf_events.Word) -> dict[str, Any]:
    outcome, message = finding.outcome, finding.message
    info = {"created_time": time, "desc": message, "title": finding.title, "uid": finding.fingerprint}
    if finding.first_seen:
        info["first_seen_time"] = int(utc(finding.first_seen).timestamp() * 1000)
    return ocsf_events.event(
        activity,
        # A check that passed is no trouble, whatever its failure would be.
        Severity.INFO if outcome is Outcome.PASS else finding.severity,
        _STATUS[outcome],
        time=time,
        version=version,
        subscription=finding.resource.subscription_id,
        rule_id=rule.id,
        rule_title=rule.title,
        compliance=ocsf_events.compliance(
            rule.id, rule.controls, _CHECK[outcome], finding.gap or message, code=outcome.value
        ),
        info=info,
        metadata={},
        remediation={
            "desc": rule.remediation.text.strip(),
            "references": [address for address in rule.references if is_web_address(address)],
        },
        resource=_resource(finding.resource, finding.owner or ""),
        unmapped={
            "element": finding.element,
            "evidence": finding.evidence,
            "exemption": finding.exemption,
            "origin": finding.origin,
        },
    )


def _resource(resource: ResourceRef, owner: str) -> dict[str, Any]:
    said: dict[str, Any] = {"name": resource.name, "type": resource.type, "uid": resource.id}
    if resource.namespace:
        said["namespace"] = resource.namespace
    if resource.resource_group:
        said["group"] = {"name": resource.resource_group}
    if owner:
        said["owner"] = {"name": owner}
    return said
