"""Findings gathered by rule for the formats that people read: counted all, kept a few, in one pass and flat memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from auditor.findings import Findings
from auditor.model import Audit, Finding, Outcome, RuleRun

_MOST_REASONS: Final = 1000
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


class Reason(msgspec.Struct, kw_only=True):
    """One reason why answers are unknown."""

    text: str
    count: int
    rules: set[str]
    example: Finding | None


class Gathered(msgspec.Struct, kw_only=True):
    """The groups that have findings, worst first, and the reasons of what is unknown, most frequent first."""

    groups: list[Group]
    reasons: list[Reason]

    def with_outcome(self, outcome: Outcome) -> Iterator[Group]:
        return (group for group in self.groups if outcome in group.met)


class _Key(msgspec.Struct, rename="camel"):
    """What must be known of every finding; decoding the rest is left for those that are kept."""

    rule_id: str
    outcome: Outcome
    message: str = ""
    gap: str | None = None


_KEY = msgspec.json.Decoder(_Key)
_FINDING = msgspec.json.Decoder(Finding)


def gather(audit: Audit, findings: Findings, outcomes: frozenset[Outcome], limit: int) -> Gathered:
    """Group the findings with these outcomes by rule, keeping the first `limit` of each rule and outcome."""
    groups = {run.rule.id: Group(run=run, met={}, kept={}) for run in audit.rules}
    reasons: dict[str, Reason] = {}
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
            _note_reason(reasons, key, finding)
    return Gathered(
        groups=sorted((group for group in groups.values() if group.met), key=_worst_first),
        reasons=sorted(reasons.values(), key=lambda reason: (-reason.count, reason.text)),
    )


def _note_reason(reasons: dict[str, Reason], key: _Key, finding: Finding | None) -> None:
    text = key.gap or key.message
    if text not in reasons and len(reasons) >= _MOST_REASONS:
        text = "other reasons"
    reason = reasons.setdefault(text, Reason(text=text, count=0, rules=set(), example=finding))
    reason.count += 1
    reason.rules.add(key.rule_id)


def _worst_first(group: Group) -> tuple[int, int, int, str]:
    pressing = next(index for index, outcome in enumerate(ORDER) if outcome in group.met)
    # Failures come by severity; then what could not be judged, by severity; then what is accepted or well.
    rule = group.run.rule
    return pressing, rule.severity.rank, -group.met[ORDER[pressing]], rule.id
