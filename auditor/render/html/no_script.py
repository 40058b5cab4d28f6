"""The top of the list as plain tables: what a reader without the script sees, and what is printed."""

from __future__ import annotations

from typing import Any, Final

from auditor.model.audit import Audit
from auditor.model.finding import Finding, Outcome, Severity
from auditor.render.groups import ORDER, Group
from auditor.render.phrasing import count_of, cut, place_of, plural, visible

ON_SCREEN: Final = 400
"""Rows of the whole page, shared by the rules that have findings; the script shows all."""
RULES_ON_SCREEN: Final = 100
ON_PAPER: Final = 3_000


def rows_per_rule(audit: Audit, outcomes: frozenset[Outcome], rows: int) -> int:
    """The most findings that every rule and outcome may show, so that all together stay within `rows`; at least one."""
    totals = sorted(count_of(run.counts, outcome) for run in audit.rules for outcome in outcomes)
    for number, total in enumerate(totals):
        share = rows // (len(totals) - number)
        if total > share:
            return max(share, 1)
        rows -= total
    return max(totals, default=1) or 1


def sections(groups: list[Group], limit: int) -> list[dict[str, Any]]:
    """The groups under headings: failures by severity, then what is undecided, accepted or well."""
    found: dict[tuple[Outcome, Severity | None], list[Group]] = {}
    for group in groups:
        first = next(outcome for outcome in ORDER if outcome in group.met)
        severity = group.run.rule.severity if first is Outcome.FAIL else None
        found.setdefault((first, severity), []).append(group)
    return [
        {
            "link": f"findings?outcome={outcome.value}" + (f"&severity={severity.value}" if severity else ""),
            "title": f"{severity.value.capitalize()}: {_failed(groups)}" if severity else _heading(outcome, groups),
            "groups": [_group(group, limit) for group in groups],
        }
        for (outcome, severity), groups in found.items()
    ]


def _failed(groups: list[Group]) -> str:
    return f"{sum(group.met[Outcome.FAIL] for group in groups):,} failed, {plural(len(groups), 'rule')}"


def _heading(outcome: Outcome, groups: list[Group]) -> str:
    words = {Outcome.PASS: "passed"}
    return f"{sum(group.met[outcome] for group in groups):,} {words.get(outcome, outcome.value)}"


def _group(group: Group, limit: int) -> dict[str, Any]:
    rule = group.run.rule
    rows = [_row(finding) for finding in group.first(limit * len(group.met))]
    return {
        "id": visible(rule.id),
        "title": visible(rule.title),
        "severity": rule.severity.value,
        "tally": [{"outcome": outcome.value, "count": group.met[outcome]} for outcome in ORDER if outcome in group.met],
        "rationale": " ".join(rule.rationale.split()),
        "remedy": " ".join(rule.remediation.text.split()),
        "rows": rows,
        "more": group.total - len(rows),
    }


def _row(finding: Finding) -> dict[str, Any]:
    """One finding in one line: which resource, what was found, why it is not known or is accepted."""
    resource, exemption = finding.resource, finding.exemption
    accepted = f"{exemption.category} until {exemption.expires_on}, {exemption.owner}: " if exemption else ""
    return {
        "outcome": finding.outcome.value,
        "name": visible(cut(resource.name)),
        "place": visible(cut(" · ".join(filter(None, (place_of(resource), finding.owner or ""))))),
        "element": visible(cut(finding.element or "")),
        "message": visible(cut(finding.message)),
        "gap": visible(cut(finding.gap or "")),
        "exemption": visible(cut(accepted + exemption.reason)) if exemption else "",
    }
