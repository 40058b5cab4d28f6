"""The table in Log Analytics: the one definition, from which records, table and data collection rule are made. Pure.

Names and types follow the rules of custom tables (Azure Monitor, "Create a custom table"): `TimeGenerated` is
required, `Title`, `Type`, `id` and `TenantId` are taken.
"""

from __future__ import annotations

from typing import Final, NamedTuple

TABLE: Final = "AuditorFindings_CL"
STREAM: Final = f"Custom-{TABLE}"
PARSER: Final = "AuditorFindings"


class Column(NamedTuple):
    """One column: its name, its type in Log Analytics, and what it holds."""

    name: str
    type: str
    meaning: str


COLUMNS: Final = (
    Column("TimeGenerated", "dateTime", "Time of arrival; the data collection rule sets it."),
    Column("RecordId", "string", "Identity of the record: a record that was sent twice has it twice."),
    Column("RecordType", "string", "Finding, or ScanSummary: one for each audit, sent last."),
    Column("ScanId", "string", "Identity of the audit."),
    Column("ScanTime", "dateTime", "Time of the audit."),
    Column("Estate", "string", "What was audited, by the name that the team gave it."),
    Column("Planned", "boolean", "True: of a change that is not made yet, under an estate of its own."),
    Column("FindingId", "string", "Identity of the finding over all audits: rule, resource and element."),
    Column("Status", "string", "Open, Exempt, NotEvaluated or Resolved."),
    Column("Was", "string", "How it stood before the audit; empty when it did not."),
    Column("Change", "string", "What the audit did to it: Opened, Changed, Resolved or Unchanged."),
    Column("FirstSeen", "dateTime", "Time of the audit that opened it."),
    Column("FailingSince", "dateTime", "Time of the audit in which it first failed."),
    Column("RuleId", "string", "The rule."),
    Column("RuleTitle", "string", "The state that the rule asks for."),
    Column("Severity", "string", "critical, high, medium, low or info."),
    Column("Component", "string", "Part of the reference design that the rule is about."),
    Column("Controls", "dynamic", "Framework to its controls that ask for the same."),
    Column("ResourceId", "string", "ARM id; of a Kubernetes object /clusters/C/namespaces/N/KIND/NAME."),
    Column("ResourceType", "string", "ARM type, or group/Kind."),
    Column("ResourceName", "string", "Last part of the name."),
    Column("SubscriptionId", "string", "Subscription of an ARM resource."),
    Column("ResourceGroup", "string", "Resource group of an ARM resource."),
    Column("Namespace", "string", "Namespace of a Kubernetes object."),
    Column("Element", "string", "The element of the resource that it is about."),
    Column("Message", "string", "What was found, in a sentence."),
    Column("Evidence", "dynamic", "Path, actual and expected value; cut when it is too large."),
    Column("EvidenceDigest", "string", "SHA-256 of all the evidence, when it had to be cut."),
    Column("Reason", "string", "Why it could not be evaluated."),
    Column("ExemptionOwner", "string", "Who accepted it."),
    Column("ExemptionReason", "string", "Why it is accepted."),
    Column("ExemptionExpiresOn", "dateTime", "Until when it is accepted."),
    Column("Remediation", "string", "How to mend it."),
    Column("Origin", "string", "Where the resource was read."),
    Column("Records", "long", "Of a ScanSummary: how many Finding records its audit has."),
    Column("Summary", "dynamic", "Of a ScanSummary: counts by outcome and severity, gaps, scope."),
    Column("ToolVersion", "string", "Version of auditor."),
)
"""Every column, in order."""
