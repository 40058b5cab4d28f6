"""The first screen: what failed, what is unknown, what was not looked at and why, what to mend first."""

from __future__ import annotations

from typing import Any, Final

from auditor.model.audit import Audit, RuleRun
from auditor.model.finding import Finding, Outcome, Severity
from auditor.render.groups import Gathered, Group
from auditor.render.html.charts import worst_first
from auditor.render.html.coverage_gaps import blind_spots
from auditor.render.html.design import node_of
from auditor.render.phrasing import (
    by_severity,
    cut,
    first_sentence,
    place_of,
    plural,
    scope_phrases,
    time_text,
    verdict,
    visible,
)

_WORST: Final = 5
_OWNERS: Final = 5


def summary(audit: Audit, gathered: Gathered, *, compared: bool) -> dict[str, Any]:
    """What the first screen prints, and what the audit does not know. `compared`: with an earlier one."""
    state, headline = verdict(audit)
    counts = audit.counts
    return {
        "state": state,
        "headline": headline,
        "scope": [visible(cut(phrase)) for phrase in scope_phrases(audit.scope)],
        "time": time_text(audit.as_of),
        "version": visible(audit.tool_version),
        "rule_pack": visible(audit.rule_pack.digest) if audit.rule_pack else "",
        "severities": [{"name": name.value, "count": number} for name, number in by_severity(audit.fail_counts)],
        "outcomes": [
            {"name": "unknown", "count": counts.unknown, "meaning": "could not be decided"},
            {"name": "error", "count": counts.error, "meaning": "the rule or the data broke"},
            {"name": "exempt", "count": counts.exempt, "meaning": "accepted, for a time"},
            {"name": "passed", "count": counts.passed, "meaning": f"of {plural(counts.total, 'answer')}"},
        ],
        "failed": counts.fail,
        "worst": [_worst(group) for group in _mend_first(gathered)],
        "worst_more": max(sum(Outcome.FAIL in group.met for group in gathered.groups) - _WORST, 0),
        "rules": [rule_line(run) for run in sorted(audit.rules, key=_pressing)],
        "owners": _owners(gathered),
        **blind_spots(audit, gathered, compared=compared),
    }


def _mend_first(gathered: Gathered) -> list[Group]:
    """The worst rules: by severity, and of one severity first the worst of each component, by number of failures."""
    met: dict[tuple[Severity, str], int] = {}
    turns: list[tuple[int, int, int, Group]] = []
    for group in gathered.with_outcome(Outcome.FAIL):
        rule = group.run.rule
        key = rule.severity, node_of(rule.component).key
        met[key] = met.get(key, 0) + 1
        turns.append((rule.severity.rank, met[key], len(turns), group))
    return [group for *_, group in sorted(turns, key=lambda turn: turn[:3])][:_WORST]


def _worst(group: Group) -> dict[str, Any]:
    rule, failed = group.run.rule, group.met[Outcome.FAIL]
    example: Finding = group.kept[Outcome.FAIL][0]
    resource = example.resource
    return {
        "id": visible(rule.id),
        "title": visible(rule.title),
        "severity": rule.severity.value,
        "name": visible(cut(resource.name)),
        "element": visible(cut(example.element or "")),
        "place": visible(cut(place_of(resource))),
        "owner": visible(cut(example.owner or "")),
        "more": failed - 1,
        "step": first_sentence(rule.remediation.text),
    }


def _owners(gathered: Gathered) -> dict[str, Any] | None:
    """Who has failures to mend, gravest first, and how many have no owner; nothing when no owner is known."""
    if not any(gathered.owners):
        return None
    ordered = sorted(gathered.owners.items(), key=lambda item: ([-item[1][severity] for severity in Severity], item[0]))
    rows = [
        {
            "name": visible(cut(name)),
            "count": counts.total(),
            "failures": worst_first({key.value: number for key, number in counts.items()})[:2],
        }
        for name, counts in ordered[:_OWNERS]
    ]
    return {"rows": rows, "more": len(ordered) - len(rows)}


def _pressing(run: RuleRun) -> tuple[int, int, str]:
    """What failed before what is not known, what passed, and what met nothing; by severity, then by id."""
    counts = run.counts
    states = (counts.fail, counts.error or run.error, counts.unknown, counts.exempt, counts.passed, True)
    return next(n for n, met in enumerate(states) if met), run.rule.severity.rank, run.rule.id


def rule_line(run: RuleRun) -> dict[str, Any]:
    """A rule and its counts, in one line."""
    rule, counts = run.rule, run.counts
    return {
        "id": visible(rule.id),
        "title": visible(rule.title),
        "severity": rule.severity.value,
        "error": visible(cut(run.error)) if run.error else "",
        "numbers": [counts.fail, counts.unknown, counts.error, counts.exempt, counts.passed],
    }
