"""The JSON document of an audit, as types: what is written, what is read back, what the JSON Schema is made from."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from auditor.model.accounting import Accounting
from auditor.model.audit import Audit, Counts, RuleRun, Scope
from auditor.model.finding import Excerpt, Finding, Notice, Severity
from auditor.model.gap import Gap
from auditor.model.resource import Record
from auditor.model.rule import Remediation, Rule, RulePack
from auditor.model.views import Certificates, TrafficPaths

SCHEMA_VERSION: Final = "1.2"


class Tool(Record, frozen=True, kw_only=True):
    """The program that wrote the document."""

    name: str
    version: str


class BySeverity(Record, frozen=True, kw_only=True):
    """A count for each severity."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    info: int = 0


class Summary(Record, frozen=True, kw_only=True):
    """The whole audit in numbers."""

    nothing_evaluated: bool
    counts: Counts
    failures: BySeverity
    unknowns: BySeverity
    resources: int
    rules: int
    rules_exercised: int
    gaps: int
    notices: int = 0
    elements: Accounting | None = None


class RuleEntry(Record, frozen=True, kw_only=True):
    """A rule of the audit: what it asks, why, how to mend it, and how often it was exercised."""

    id: str
    title: str
    severity: Severity
    resource: tuple[str, ...]
    component: str
    sources: tuple[str, ...] = ()
    rationale: str
    remediation: Remediation
    controls: dict[str, tuple[str, ...]] = {}
    equivalents: dict[str, tuple[str, ...]] = {}
    references: tuple[str, ...] = ()
    counts: Counts
    exercised: bool
    error: str | None = None


class Head(Record, frozen=True, kw_only=True):
    """The document without its findings, which are streamed."""

    schema_version: str
    tool: Tool
    as_of: dt.datetime
    scope: Scope
    summary: Summary
    rules: list[RuleEntry]
    gaps: list[Gap]
    rule_pack: RulePack | None = None
    certificates: Certificates | None = None
    paths: TrafficPaths | None = None
    excerpts: list[Excerpt] = []
    notices: list[Notice] = []
    listed: Counts


class Document(Head, frozen=True, kw_only=True):
    """One audit: what was looked at, by which rules, what they answered, and what could not be read."""

    findings: list[Finding]


class RawDocument(Head, frozen=True, kw_only=True):
    """A document whose findings are not decoded yet."""

    findings: list[msgspec.Raw]


def summary_of(audit: Audit) -> Summary:
    """The numbers of an audit. Every format takes its counts from here."""
    return Summary(
        nothing_evaluated=audit.nothing_evaluated,
        counts=audit.counts,
        failures=_by_severity(audit.fail_counts),
        unknowns=_by_severity(audit.unknown_counts),
        resources=audit.scope.resources,
        rules=len(audit.rules),
        rules_exercised=sum(run.exercised for run in audit.rules),
        gaps=len(audit.gaps),
        notices=len(audit.notices),
        elements=audit.accounting,
    )


def entry_of(run: RuleRun) -> RuleEntry:
    """A rule as the document shows it: without its condition, which `auditor rules show` explains."""
    rule = run.rule
    return RuleEntry(
        id=rule.id,
        title=rule.title,
        severity=rule.severity,
        resource=rule.resource,
        component=rule.component,
        sources=rule.sources,
        rationale=rule.rationale,
        remediation=rule.remediation,
        controls=rule.controls,
        equivalents=rule.equivalents,
        references=rule.references,
        counts=run.counts,
        exercised=run.exercised,
        error=run.error,
    )


def audit_of(head: Head) -> Audit:
    """The audit that a document was written from; its rules have no condition any more."""
    return Audit(
        tool_version=head.tool.version,
        as_of=head.as_of,
        scope=head.scope,
        rules=[RuleRun(rule=_rule_of(entry), counts=entry.counts, error=entry.error) for entry in head.rules],
        gaps=head.gaps,
        rule_pack=head.rule_pack,
        certificates=head.certificates,
        paths=head.paths,
        excerpts=head.excerpts,
        counts=head.summary.counts,
        fail_counts=msgspec.structs.asdict(head.summary.failures),
        unknown_counts=msgspec.structs.asdict(head.summary.unknowns),
        notices=head.notices,
        accounting=head.summary.elements,
    )


def _rule_of(entry: RuleEntry) -> Rule:
    return Rule(
        id=entry.id,
        title=entry.title,
        severity=entry.severity,
        resource=entry.resource,
        condition=None,
        sources=entry.sources,
        rationale=entry.rationale,
        remediation=entry.remediation,
        controls=entry.controls,
        equivalents=entry.equivalents,
        references=entry.references,
    )


def _by_severity(counts: dict[str, int]) -> BySeverity:
    return BySeverity(**{severity.value: counts.get(severity.value, 0) for severity in Severity})
