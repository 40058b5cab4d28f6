"""Findings gathered by rule for the formats that people read: counted all, kept a few, in one pass and flat memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from auditor.model.audit import Audit, RuleRun
from auditor.model.finding import Finding, Outcome, Severity
from auditor.model.finding_store import Findings
from auditor.render.reasons import Reason, Reasons

ORDER: Final = (Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN, Outcome.EXEMPT, Outcome.PASS)
"""Outcomes, most pressing first."""


class Group(msgspec.Struct, kw_only=True):
    """The findings of one rule: how many of each outcome passed by, and the first few of each."""

    run: RuleRun
    met: dict[Outcome, int]
    kept: dict[Outcome, list[Finding]]

    @property
    def total(self) -> int:
        return sum(self.met.values())

    def first(self, limit: int) -> list[Finding]:
        """The first findings, most pressing outcome first."""
        return [finding for outcome in ORDER for finding in self.kept.get(outcome, ())][:limit]


class Gathered(msgspec.Struct, kw_only=True):
    """The groups that have findings, worst first; the reasons of what is unknown; failures by owner and severity."""

    groups: list[Group]
    reasons: list[Reason]
    owners: dict[str, Counter[Severity]]

    def with_outcome(self, outcome: Outcome) -> Iterator[Group]:
        return (group for group in self.groups if outcome in group.met)


class _Key(msgspec.Struct, rename="camel"):
    """What must be known of every finding; decoding the rest is left for those that are kept."""

    rule_id: str
    outcome: Outcome
    severity: Severity
    message: str = ""
    gap: str | None = None
    owner: str | None = None


_KEY = msgspec.json.Decoder(_Key)
_FINDING = msgspec.json.Decoder(Finding)


def gather(audit: Audit, findings: Findings, outcomes: frozenset[Outcome], limit: int) -> Gathered:
    """Group the findings with these outcomes by rule, keeping the first `limit` of each rule and outcome."""
    groups = {run.rule.id: Group(run=run, met={}, kept={}) for run in audit.rules}
    reasons = Reasons()
    owners: dict[str, Counter[Severity]] = {}
    for line in findings.lines():
        key = _KEY.decode(line)
        if key.outcome not in outcomes:
            continue
        group = groups[key.rule_id]
        met = group.met.get(key.outcome, 0)
        group.met[key.outcome] = met + 1
        finding = _FINDING.decode(line) if met < limit else None
        if finding:
            group.kept.setdefault(key.outcome, []).append(finding)
        if key.outcome is Outcome.UNKNOWN:
            reasons.note(key.gap or key.message, key.rule_id, finding)
        elif key.outcome is Outcome.FAIL:
            owners.setdefault(key.owner or "", Counter())[key.severity] += 1
    return Gathered(
        groups=sorted((group for group in groups.values() if group.met), key=_worst_first),
        reasons=reasons.listed(),
        owners=owners,
    )


def _worst_first(group: Group) -> tuple[int, int, int, str]:
    pressing = next(index for index, outcome in enumerate(ORDER) if outcome in group.met)
    # Failures come by severity; then what could not be judged, by severity; then what is accepted or well.
    rule = group.run.rule
    return pressing, rule.severity.rank, -group.met[ORDER[pressing]], rule.id
