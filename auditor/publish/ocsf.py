"""Rows of the table → OCSF Compliance Findings, for security data lakes. Pure.

`render.ocsf` writes an audit; here is what an audit changed: a finding is created, updated and closed.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from auditor.history.transitions import Change, Status
from auditor.model.finding import Severity
from auditor.render import ocsf_events

_ACTIVITY: Final = {
    Change.OPENED: ocsf_events.CREATE,
    Change.CHANGED: ocsf_events.UPDATE,
    Change.UNCHANGED: ocsf_events.UPDATE,
    Change.RESOLVED: ocsf_events.CLOSE,
}
_CHECK: Final = {
    Status.OPEN: ocsf_events.FAIL,
    Status.EXEMPT: ocsf_events.FAIL,
    Status.NOT_EVALUATED: ocsf_events.WARNING,
    Status.RESOLVED: ocsf_events.PASS,
}
_STATUS: Final = {
    Status.OPEN: ocsf_events.NEW,
    Status.EXEMPT: ocsf_events.SUPPRESSED,
    Status.NOT_EVALUATED: ocsf_events.UNKNOWN,
    Status.RESOLVED: ocsf_events.RESOLVED,
}


def event_of(row: dict[str, Any]) -> dict[str, Any] | None:
    """A row as an event; None for the summary of an audit, for which OCSF has no class."""
    if row["RecordType"] != "Finding":
        return None
    status, message = Status(row["Status"]), row.get("Message", "")
    title, created = row.get("RuleTitle", row["RuleId"]), _time(row.get("FirstSeen") or row["ScanTime"])
    info = {"created_time": created, "desc": message, "title": title, "uid": row["FindingId"]}
    if row.get("FailingSince"):
        info["first_seen_time"] = _time(row["FailingSince"])
    why = row.get("Reason") or row.get("ExemptionReason") or message
    return ocsf_events.event(
        _ACTIVITY[Change(row["Change"])],
        Severity(row["Severity"]),
        _STATUS[status],
        time=_time(row["ScanTime"]),
        version=row["ToolVersion"],
        subscription=row.get("SubscriptionId"),
        rule_id=row["RuleId"],
        rule_title=title,
        compliance=ocsf_events.compliance(row["RuleId"], row.get("Controls", {}), _CHECK[status], why),
        info=info,
        metadata={"tenant_uid": row["Estate"], "uid": row["RecordId"]},
        remediation={"desc": row["Remediation"].strip()} if row.get("Remediation") else None,
        resource=_resource(row),
        unmapped={name: row[name] for name in ("Element", "Evidence", "EvidenceDigest", "ScanId") if name in row},
    )


def _resource(row: dict[str, Any]) -> dict[str, Any]:
    names = {"ResourceName": "name", "ResourceType": "type", "ResourceId": "uid", "Namespace": "namespace"}
    said: dict[str, Any] = {ours: row[name] for name, ours in names.items() if row.get(name)}
    if row.get("ResourceGroup"):
        said["group"] = {"name": row["ResourceGroup"]}
    return said


def _time(text: str) -> int:
    """Milliseconds since 1970."""
    return int(dt.datetime.fromisoformat(text).timestamp() * 1000)
