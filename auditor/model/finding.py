"""Findings: the answers of rules for resources, and what is recorded with them."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, Final

import msgspec

from auditor.model.resource import Origin, Record, Resource, arm_scope


class Outcome(StrEnum):
    """The answer of a rule for a resource."""

    PASS = "pass"  # noqa: S105  (an outcome, not a password)
    FAIL = "fail"
    UNKNOWN = "unknown"
    ERROR = "error"
    EXEMPT = "exempt"


class Severity(StrEnum):
    """How much a failure matters. Members stand worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical … 4 for info."""
        return _SEVERITY_RANK[self]

    def reaches(self, threshold: Severity) -> bool:
        """True when this severity is as bad as `threshold`, or worse."""
        return self.rank <= threshold.rank


_SEVERITY_RANK: Final = {severity: rank for rank, severity in enumerate(Severity)}


class Evidence(Record, frozen=True, kw_only=True):
    """Why: the field that decided, what it holds and what was expected. `actual` is JSON-able."""

    path: str
    actual: Any
    expected: str


class ResourceRef(Record, frozen=True, kw_only=True):
    """What a finding says of its resource."""

    id: str
    type: str
    name: str
    namespace: str | None = None
    subscription_id: str | None = None
    resource_group: str | None = None

    @classmethod
    def of(cls, resource: Resource) -> ResourceRef:
        subscription, group = arm_scope(resource.body)
        return cls(
            id=resource.id,
            type=resource.type,
            name=resource.name,
            namespace=resource.namespace,
            subscription_id=subscription,
            resource_group=group,
        )


class Exemption(Record, frozen=True, kw_only=True):
    """A time-limited, owned, reasoned acceptance of a finding."""

    category: str  # waiver | mitigated
    owner: str
    reason: str
    expires_on: str
    kind: str = "external"  # external: a file of exemptions; inSource: a comment beside the code
    file: str | None = None
    line: int | None = None


class Notice(Record, frozen=True, kw_only=True):
    """Something about the audit itself that a person should act on, such as an exemption that ended."""

    kind: str  # exemption-expired exemption-expires-soon exemption-too-long exemption-unused exemption-too-broad …
    message: str
    file: str | None = None
    line: int | None = None


class Finding(Record, frozen=True, kw_only=True):
    """The answer of a rule for a resource, or for one element of it."""

    fingerprint: str
    rule_id: str
    outcome: Outcome
    severity: Severity
    resource: ResourceRef
    element: str | None = None
    title: str
    message: str
    evidence: tuple[Evidence, ...] = ()
    gap: str | None = None
    exemption: Exemption | None = None
    origin: Origin
    owner: str | msgspec.UnsetType = msgspec.UNSET
    first_seen: dt.datetime | msgspec.UnsetType = msgspec.UNSET


class Excerpt(Record, frozen=True, kw_only=True):
    """The part of a resource around the evidence of a finding: lines, and the numbers of those that decided."""

    fingerprint: str
    lines: tuple[str, ...]
    marked: tuple[int, ...]
