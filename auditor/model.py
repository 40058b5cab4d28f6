"""The nouns of the auditor. Pure: touches no file, network or clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Literal

import msgspec

from auditor.accounting import Accounting
from auditor.resource import (
    CERTIFICATES_REDACTED,
    CLUSTER_SCOPED,
    MISSING,
    NO_CREDENTIAL,
    SYSTEM_NAMESPACES,
    WORKLOADS,
    Missing,
    Origin,
    Record,
    Resource,
    Tally,
    Unknown,
    arm_scope,
    holds_unknown,
    is_cluster_type,
    kind_of,
    kubernetes_type,
    parent_of,
    shown_with,
)

__all__ = [
    "CERTIFICATES_REDACTED",
    "CLUSTER_SCOPED",
    "MISSING",
    "NO_CREDENTIAL",
    "SYSTEM_NAMESPACES",
    "WORKLOADS",
    "Audit",
    "Certificate",
    "Certificates",
    "Counts",
    "Evidence",
    "Excerpt",
    "Exemption",
    "Finding",
    "Gap",
    "Hop",
    "HopEnd",
    "Missing",
    "Notice",
    "Origin",
    "Outcome",
    "Parameter",
    "Protection",
    "Record",
    "Remediation",
    "Resource",
    "ResourceRef",
    "Rule",
    "RulePack",
    "RuleRun",
    "Scope",
    "Severity",
    "Tally",
    "TrafficPath",
    "TrafficPaths",
    "Unknown",
    "Use",
    "arm_scope",
    "holds_unknown",
    "is_cluster_type",
    "kind_of",
    "kubernetes_type",
    "parent_of",
    "shown_with",
]


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


class Gap(Record, frozen=True, kw_only=True):
    """Something that could not be read.

    `what` names it (a file and place, a resource id, a call), `reason` says why in a sentence. `type` is the resource
    type that is incomplete because of it, when one is: rules that relate to this type then answer *unknown*.
    """

    what: str
    reason: str
    kind: str = "unreadable"  # unreadable forbidden not-found throttled unreachable unknown-until-apply
    type: str | None = None


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


class Use(Record, frozen=True, kw_only=True):
    """A place where a certificate is kept or used."""

    kind: str
    name: str
    resource: str | None = None


class Certificate(Record, frozen=True, kw_only=True):
    """A certificate of the estate: when it ends, where it is kept or used."""

    id: str
    name: str
    issuer: str
    not_after: dt.datetime | None
    warn_from: dt.datetime | None = None
    fail_from: dt.datetime | None = None
    renews_at: dt.datetime | None = None
    unread: str | None = None
    uses: tuple[Use, ...] = ()
    more_uses: int = 0


class Certificates(Record, frozen=True, kw_only=True):
    """The certificates of the estate, soonest end first; of very many the first ones."""

    total: int
    listed: tuple[Certificate, ...]


class HopEnd(Record, frozen=True, kw_only=True):
    """Where a hop begins or ends."""

    kind: str
    name: str
    resource: str | None = None


Protection = Literal["plaintext", "unknown", "encryptedUnverified", "passthrough", "encryptedVerified", "mutual"]
"""Of a hop, the least first."""


class Hop(Record, frozen=True, kw_only=True):
    """One hop of a traffic path. `protection` is `unknown` when `unknown` says why."""

    source: HopEnd
    target: HopEnd
    protection: Protection
    unknown: str | None = None
    says: str = ""
    via: tuple[str, ...] = ()
    tls: str | None = None
    certificate: str | None = None
    not_after: dt.datetime | None = None


class TrafficPath(Record, frozen=True, kw_only=True):
    """A way that requests take from a client to what answers them."""

    id: str
    name: str
    host: str
    route: str
    weakest: Protection
    hops: tuple[Hop, ...]
    missing: tuple[str, ...] = ()
    bypasses: tuple[str, ...] = ()


class TrafficPaths(Record, frozen=True, kw_only=True):
    """The traffic paths of the estate, the least protected first; of very many the first ones."""

    total: int
    listed: tuple[TrafficPath, ...]


class RulePack(Record, frozen=True, kw_only=True):
    """Which rules judged: a digest of all that they say, and their number. Equal digests: equal rules and settings."""

    digest: str
    rules: int


class Counts(Tally, kw_only=True):
    """How many findings have each outcome."""

    passed: int = msgspec.field(name="pass", default=0)
    fail: int = 0
    unknown: int = 0
    error: int = 0
    exempt: int = 0

    @property
    def total(self) -> int:
        return self.passed + self.fail + self.unknown + self.error + self.exempt

    @classmethod
    def of(cls, tally: Mapping[Outcome, int]) -> Counts:
        """Counts from a number for each outcome."""
        return cls(
            passed=tally[Outcome.PASS],
            fail=tally[Outcome.FAIL],
            unknown=tally[Outcome.UNKNOWN],
            error=tally[Outcome.ERROR],
            exempt=tally[Outcome.EXEMPT],
        )

    def add(self, other: Counts) -> None:
        """Add the counts of another part."""
        self.passed += other.passed
        self.fail += other.fail
        self.unknown += other.unknown
        self.error += other.error
        self.exempt += other.exempt


class Parameter(Record, frozen=True, kw_only=True):
    """A value of a rule that an estate may set for itself."""

    default: Any
    description: str = ""


class Remediation(Record, frozen=True, kw_only=True):
    """How to mend it: in words, and as code where code exists."""

    text: str
    azcli: str | None = None
    bicep: str | None = None
    terraform: str | None = None
    kubernetes: str | None = None


class Rule(Record, frozen=True, kw_only=True):
    """One question about one kind of resource. Conditions are kept as written; `conditions.grammar` reads them."""

    id: str
    title: str
    severity: Severity
    resource: tuple[str, ...]
    each: str | None = None
    when: Any = None
    condition: Any = msgspec.field(name="assert")
    related: tuple[str, ...] | None = None
    """The casefolded types that its relations name; None where nobody has looked yet."""
    parameters: dict[str, Parameter] = {}
    rationale: str
    remediation: Remediation
    sources: tuple[str, ...] = ()
    controls: dict[str, tuple[str, ...]] = {}
    equivalents: dict[str, tuple[str, ...]] = {}
    references: tuple[str, ...] = ()

    @property
    def component(self) -> str:
        """The folder of the rule: `azure/application-gateway`, `kubernetes`."""
        return self.id.rpartition(".")[0].replace(".", "/")

    def asks_of(self, kind: str, source: str) -> bool:
        """Whether the rule is asked of a resource of this type that was read there (`Origin.source`): of what a change
        makes, where it says that it can be decided. An object of a cluster is the same in a plan and in a manifest."""
        if source not in CHANGES:
            return True
        return ("manifest" if is_cluster_type(kind) else source) in self.sources


CHANGES: Final = frozenset({"plan", "template", "manifest"})
"""What a change is read from, as `Origin.source` has it."""
CHANGED: Final = CHANGES | {"change"}
"""The same, and what a change is laid over an estate as."""


class RuleRun(Tally, kw_only=True):
    """A rule of an audit, with how often it was exercised. `error` is set when the rule itself could not run."""

    rule: Rule
    counts: Counts
    error: str | None = None

    @property
    def exercised(self) -> bool:
        return self.counts.total > 0


class Scope(Record, frozen=True, kw_only=True):
    """What was audited."""

    inputs: tuple[str, ...] = ()
    change: bool = False
    subscriptions: tuple[str, ...] = ()
    resource_groups: tuple[str, ...] = ()  # casefolded names: of Azure nothing outside of them was read; empty: all was
    clusters: tuple[str, ...] = ()
    resources: int = 0
    resource_types: dict[str, int] = {}
    looked_for: tuple[str, ...] = ()  # casefolded types that were looked for, found or not; empty: it is not known
    unjudged: dict[str, int] = {}
    """Types of which resources were met and that no rule asks about, with their numbers; of Terraform by its names."""


class Audit(Tally, kw_only=True):
    """What an evaluation returns, without its findings: these are streamed (`findings.Findings`)."""

    tool_version: str
    as_of: dt.datetime
    scope: Scope
    rules: list[RuleRun]
    gaps: list[Gap]
    counts: Counts
    fail_counts: dict[str, int]  # severity → failures
    unknown_counts: dict[str, int]  # severity → unknowns and errors
    rule_pack: RulePack | None = None
    excerpts: list[Excerpt] = []
    certificates: Certificates | None = None  # None: no rule asked for them
    paths: TrafficPaths | None = None
    notices: list[Notice] = []
    accounting: Accounting | None = None  # None: of an older report, or of another program

    @property
    def nothing_evaluated(self) -> bool:
        return self.counts.total == 0

    @property
    def framework_failures(self) -> dict[str, int]:
        """Framework → failures of the rules that it asks for."""
        found: dict[str, int] = {}
        for run in self.rules:
            for framework in run.rule.controls:
                found[framework] = found.get(framework, 0) + run.counts.fail
        return dict(sorted(found.items()))
