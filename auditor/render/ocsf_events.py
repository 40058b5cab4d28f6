"""What our OCSF events share: Compliance Findings (class 2003 of schema 1.4.0), for security data lakes. Pure.

`render.ocsf` writes an audit as it is, `publish.ocsf` what an audit changed. What could not be decided has status
Warning ("did not yield a result due to missing information"), never Pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from auditor.model.finding import Severity

SCHEMA: Final = "1.4.0"
_CLASS: Final = 2003


class Word(NamedTuple):
    """A value of an enumeration of OCSF: its number and its name."""

    id: int
    name: str


CREATE, UPDATE, CLOSE = Word(1, "Create"), Word(2, "Update"), Word(3, "Close")
"""What happened to a finding."""
PASS, WARNING, FAIL = Word(1, "Pass"), Word(2, "Warning"), Word(3, "Fail")
"""How the compliance check ended."""
UNKNOWN, NEW, SUPPRESSED, RESOLVED = Word(0, "Unknown"), Word(1, "New"), Word(3, "Suppressed"), Word(4, "Resolved")
"""How a finding stands."""
_SEVERITY: Final = {
    Severity.INFO: Word(1, "Informational"),
    Severity.LOW: Word(2, "Low"),
    Severity.MEDIUM: Word(3, "Medium"),
    Severity.HIGH: Word(4, "High"),
    Severity.CRITICAL: Word(5, "Critical"),
}


def event(
    activity: Word,
    severity: Severity,
    status: Word,
    *,
    time: int,
    version: str,
    subscription: str | None,
    rule_id: str,
    rule_title: str,
    compliance: dict[str, Any],
    info: dict[str, Any],
    metadata: dict[str, Any],
    remediation: dict[str, Any] | None,
    resource: dict[str, Any],
    unmapped: dict[str, Any],
) -> dict[str, Any]:
    """One event. `time` is in milliseconds since 1970, `version` the auditor's; `info` holds what a finding has beside
    its rule, `metadata` what an event has beside its product."""
    made: dict[str, Any] = {
        "activity_id": activity.id,
        "activity_name": activity.name,
        "category_name": "Findings",
        "category_uid": 2,
        "class_name": "Compliance Finding",
        "class_uid": _CLASS,
        "compliance": compliance,
        "finding_info": {"analytic": {"name": rule_title, "type": "Rule", "type_id": 1, "uid": rule_id}, **info},
        "message": info["desc"],
        "metadata": {
            "product": {"name": "auditor", "vendor_name": "auditor", "version": version},
            "profiles": ["cloud"] if subscription else [],
            **metadata,
            "version": SCHEMA,
        },
        **({"remediation": remediation} if remediation else {}),
        "resources": [resource],
        "severity": _SEVERITY[severity].name,
        "severity_id": _SEVERITY[severity].id,
        "status": status.name,
        "status_id": status.id,
        "time": time,
        "type_name": f"Compliance Finding: {activity.name}",
        "type_uid": _CLASS * 100 + activity.id,
        "unmapped": unmapped,
    }
    if subscription:
        made["cloud"] = {"account": {"uid": subscription}, "provider": "Azure"}
    return made


def compliance(
    rule_id: str, controls: Mapping[str, Sequence[str]], check: Word, detail: str, code: str | None = None
) -> dict[str, Any]:
    """What was checked, and how it ended. `code` is the word of ours for it."""
    frameworks = sorted(controls.items())
    return {
        "control": rule_id,
        "requirements": [f"{name} {control}" for name, those in frameworks for control in those],
        "standards": [name for name, _ in frameworks] or ["auditor"],  # required, and our own rule is one too
        "status": check.name,
        **({"status_code": code} if code else {}),
        "status_details": [detail],
        "status_id": check.id,
    }
