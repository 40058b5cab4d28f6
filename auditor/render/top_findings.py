"""The worst findings of an audit, for formats whose readers take only so many."""

from __future__ import annotations

from auditor.model.finding import Outcome, Severity
from auditor.model.finding_store import Findings, verdict_of


def worst(findings: Findings, outcomes: frozenset[Outcome], limit: int) -> tuple[list[bytes], int]:
    """The worst findings in order of their weight, then as they came; and how many there were beyond the limit."""
    weights = {outcome: {severity: weight(outcome, severity) for severity in Severity} for outcome in outcomes}
    buckets: list[list[bytes]] = [[] for _ in range(4 * len(Severity))]
    room, dropped = limit, 0
    lightest = len(buckets) - 1  # no finding lies beyond this bucket, nor may one any more once something was dropped
    for line in findings.lines():
        key = verdict_of(line)
        heavy = weights[key.outcome][key.severity] if key.outcome in weights else lightest + 1
        if heavy > lightest:
            dropped += key.outcome in weights
            continue
        buckets[heavy].append(line)
        if room:
            room -= 1
            continue
        while not buckets[lightest]:
            lightest -= 1
        buckets[lightest].pop()
        dropped += 1
    return [line for bucket in buckets for line in bucket], dropped


def weight(outcome: Outcome, severity: Severity) -> int:
    """0 is heaviest: by severity, failures before what could not be judged; then what is accepted, then passes."""
    if outcome in (Outcome.FAIL, Outcome.UNKNOWN, Outcome.ERROR):
        return 2 * severity.rank + (outcome is not Outcome.FAIL)
    return (2 if outcome is Outcome.EXEMPT else 3) * len(Severity) + severity.rank
