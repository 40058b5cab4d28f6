"""Rows of the table → OCSF Compliance Findings (class 2003 of schema 1.4.0), for security data lakes. Pure.

`render.ocsf` writes an audit; here is what an audit changed: a finding is created, updated and closed.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from auditor.history.moves import Change, Status
from auditor.model import Severity

SCHEMA: Final = "1.4.0"
_CLASS: Final = 2003
_ACTIVITY: Final = {
    Change.OPENED.value: (1, "Create"),
    Change.CHANGED.value: (2, "Update"),
    Change.UNCHANGED.value: (2, "Update"),
    Change.RESOLVED.value: (3, "Close"),
}
_CHECK: Final = {
    Status.OPEN.value: (3, "Fail"),
    Status.EXEMPT.value: (3, "Fail"),
    Status.NOT_EVALUATED.value: (2, "Warning"),
    Status.RESOLVED.value: (1, "Pass"),
}
_TRIAGE: Final = {
    Status.OPEN.value: (1, "New"),
    Status.EXEMPT.value: (3, "Suppressed"),
    Status.NOT_EVALUATED.value: (0, "Unknown"),
    Status.RESOLVED.value: (4, "Resolved"),
}
_SEVERITY: Final = {
    Severity.INFO.value: (1, "Informational"),
    Severity.LOW.value: (2, "Low"),
    Severity.MEDIUM.value: (3, "Medium"),
    Severity.HIGH.value: (4, "High"),
    Severity.CRITICAL.value: (5, "Critical"),
}


def event_of(row: dict[str, Any]) -> dict[str, Any] | None:
    """A row as an event; None for the summary of an audit, for which OCSF has no class."""
    if row["RecordType"] != "Finding":
        return None
    activity, severity, triage = _ACTIVITY[row["Change"]], _SEVERITY[row["Severity"]], _TRIAGE[row["Status"]]
    subscription = row.get("SubscriptionId")
    title, message = row.get("RuleTitle", row["RuleId"]), row.get("Message", "")
    event: dict[str, Any] = {
        "activity_id": activity[0],
        "activity_name": activity[1],
        "category_name": "Findings",
        "category_uid": 2,
        "class_name": "Compliance Finding",
        "class_uid": _CLASS,
        "compliance": _compliance(row),
        "finding_info": {
            "analytic": {"name": title, "type": "Rule", "type_id": 1, "uid": row["RuleId"]},
            "created_time": _time(row.get("FirstSeen") or row["ScanTime"]),
            "desc": message,
            "title": title,
            "uid": row["FindingId"],
        },
        "message": message,
        "metadata": {
            "product": {"name": "auditor", "vendor_name": "auditor", "version": row["ToolVersion"]},
            "profiles": ["cloud"] if subscription else [],
            "tenant_uid": row["Estate"],
            "uid": row["RecordId"],
            "version": SCHEMA,
        },
        "resources": [_resource(row)],
        "severity": severity[1],
        "severity_id": severity[0],
        "status": triage[1],
        "status_id": triage[0],
        "time": _time(row["ScanTime"]),
        "type_name": f"Compliance Finding: {activity[1]}",
        "type_uid": _CLASS * 100 + activity[0],
        "unmapped": {name: row[name] for name in ("Element", "Evidence", "EvidenceDigest", "ScanId") if name in row},
    }
    if row.get("FailingSince"):
        event["finding_info"]["first_seen_time"] = _time(row["FailingSince"])
    if row.get("Remediation"):
        event["remediation"] = {"desc": row["Remediation"].strip()}
    if subscription:
        event["cloud"] = {"account": {"uid": subscription}, "provider": "Azure"}
    return event


def _compliance(row: dict[str, Any]) -> dict[str, Any]:
    frameworks = sorted(row.get("Controls", {}).items())
    check = _CHECK[row["Status"]]
    return {
        "control": row["RuleId"],
        "requirements": [f"{name} {control}" for name, controls in frameworks for control in controls],
        "standards": [name for name, _ in frameworks] or ["auditor"],  # required, and our own rule is one too
        "status": check[1],
        "status_details": [row.get("Reason") or row.get("ExemptionReason") or row.get("Message", "")],
        "status_id": check[0],
    }


def _resource(row: dict[str, Any]) -> dict[str, Any]:
    names = {"ResourceName": "name", "ResourceType": "type", "ResourceId": "uid", "Namespace": "namespace"}
    said: dict[str, Any] = {ours: row[name] for name, ours in names.items() if row.get(name)}
    if row.get("ResourceGroup"):
        said["group"] = {"name": row["ResourceGroup"]}
    return said


def _time(text: str) -> int:
    """Milliseconds since 1970."""
    return int(dt.datetime.fromisoformat(text).timestamp() * 1000)
