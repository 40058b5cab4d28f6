"""An audit: its scope, its rules with their counts, and what it could not read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from auditor.model.accounting import Accounting
from auditor.model.finding import Excerpt, Notice, Outcome
from auditor.model.gap import Gap
from auditor.model.resource import Record, Tally
from auditor.model.rule import Rule, RulePack
from auditor.model.views import Certificates, TrafficPaths


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
