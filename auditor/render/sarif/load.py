"""Reads a SARIF report back, as far as a later audit is compared with it: which answers there were, and what was read.

Only reports of this program are read: those of others do not tell what was looked at, and what is not in them would
seem to be resolved.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, Literal

import msgspec

from auditor.model.audit import Audit, Counts, RuleRun, Scope
from auditor.model.errors import InputError
from auditor.model.finding import Finding, Outcome, ResourceRef, Severity
from auditor.model.finding_store import Findings
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Record, arm_scope
from auditor.model.rule import Remediation, Rule
from auditor.render.document import Summary
from auditor.render.sarif.rules import SCORES

_HINT: Final = "Give a file that this auditor wrote with --format sarif or --format json."
_SEVERITY: Final = {score: severity for severity, score in SCORES.items()}
_Bag = dict[str, Any]


class _Text(Record, frozen=True, kw_only=True):
    text: str


class _Rule(Record, frozen=True, kw_only=True):
    id: str
    short_description: _Text
    properties: _Bag


class _Driver(Record, frozen=True, kw_only=True):
    name: Literal["auditor"]
    version: str
    rules: list[_Rule]


class _Tool(Record, frozen=True, kw_only=True):
    driver: _Driver


class _Descriptor(Record, frozen=True, kw_only=True):
    id: str


class _Notification(Record, frozen=True, kw_only=True):
    descriptor: _Descriptor
    message: _Text
    associated_rule: _Descriptor | None = None
    properties: Gap | None = None


class _Invocation(Record, frozen=True, kw_only=True):
    start_time_utc: dt.datetime
    tool_execution_notifications: list[_Notification] = []


class _Logical(Record, frozen=True, kw_only=True):
    name: str
    fully_qualified_name: str
    properties: dict[str, str]


class _Location(Record, frozen=True, kw_only=True):
    logical_locations: list[_Logical]


class _Answer(Record, frozen=True, kw_only=True):
    outcome: Outcome
    severity: Severity
    element: str | None = None


class _Result(Record, frozen=True, kw_only=True):
    rule_id: str
    message: _Text
    locations: list[_Location]
    partial_fingerprints: dict[str, str]
    properties: _Answer
    baseline_state: str | None = None


class _Properties(Record, frozen=True, kw_only=True):
    summary: Summary
    scope: Scope


class _Run(Record, frozen=True, kw_only=True):
    tool: _Tool
    invocations: list[_Invocation]
    properties: _Properties
    results: list[_Result]


class _Log(Record, frozen=True, kw_only=True):
    runs: list[_Run]


_LOG = msgspec.json.Decoder(_Log)


def is_sarif(start: bytes) -> bool:
    """Whether a document that begins like this may be a SARIF report."""
    return b'"schemaVersion"' not in start and (b'"$schema"' in start or b'"runs"' in start)


def load_sarif(source: BinaryIO, path: str) -> tuple[Audit, Findings]:
    """The audit of a report, whose rules have no condition and whose findings no evidence. `path` is what errors call
    it. The findings belong to the caller. Raises InputError."""
    try:
        (run,) = _LOG.decode(source.read()).runs
        audit, found = _read(run)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise InputError(f"{path} is no SARIF report that can be compared with: {error}.", _HINT) from error
    except LookupError as error:
        raise InputError(f"{path} is not as this auditor writes a SARIF report: {error} lacks.", _HINT) from error
    findings = Findings()
    findings.extend(found)
    return audit, findings


def _read(run: _Run) -> tuple[Audit, list[Finding]]:
    driver, summary, invocation = run.tool.driver, run.properties.summary, run.invocations[0]
    told = invocation.tool_execution_notifications
    broken = {one.associated_rule.id: one.message.text for one in told if one.associated_rule}
    titles = {rule.id: rule.short_description.text.removesuffix(".") for rule in driver.rules}
    audit = Audit(
        tool_version=driver.version,
        as_of=invocation.start_time_utc,
        scope=run.properties.scope,
        rules=[RuleRun(rule=_rule(rule), counts=Counts(), error=broken.get(rule.id)) for rule in driver.rules],
        gaps=list(_gaps(told)),
        counts=summary.counts,
        fail_counts=msgspec.structs.asdict(summary.failures),
        unknown_counts=msgspec.structs.asdict(summary.unknowns),
    )
    return audit, [_finding(one, titles) for one in run.results if one.baseline_state != "absent"]


def _finding(result: _Result, titles: dict[str, str]) -> Finding:
    place, answer = result.locations[0].logical_locations[0], result.properties
    subscription, group = arm_scope({"id": place.fully_qualified_name})
    return Finding(
        fingerprint=result.partial_fingerprints["primaryLocationLineHash"],
        rule_id=result.rule_id,
        outcome=answer.outcome,
        severity=answer.severity,
        resource=ResourceRef(
            id=place.fully_qualified_name,
            type=place.properties["type"],
            name=place.name,
            subscription_id=subscription,
            resource_group=group,
        ),
        element=answer.element,
        title=titles[result.rule_id],
        message=result.message.text,
        origin=Origin(),
    )


def _rule(rule: _Rule) -> Rule:
    return Rule(
        id=rule.id,
        title=rule.short_description.text.removesuffix("."),
        severity=_SEVERITY[rule.properties["security-severity"]],
        resource=(),
        condition=None,
        rationale="",
        remediation=Remediation(text=""),
    )


def _gaps(told: list[_Notification]) -> Iterator[Gap]:
    for notification in told:
        if notification.properties is not None:
            yield notification.properties
        elif notification.descriptor.id == "gaps-left-out":
            yield Gap(what="the report", reason="it does not hold every gap")
