"""The audit as one HTML page: no network, a strict content security policy, usable without its script.

Everything is computed here; the templates in `reports/html` only format. They escape every text, and nothing but our
own style sheet and script, whose digests the policy names, gets through unescaped.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any, BinaryIO, Final

from auditor.findings import Findings
from auditor.model import Audit, Finding, Outcome, Rule, RuleRun
from auditor.places import reports_folder
from auditor.render.groups import ORDER, Gathered, Group, gather
from auditor.render.options import NOTEWORTHY, Options
from auditor.render.words import (
    by_severity,
    code_blocks,
    count_of,
    cut,
    first_sentence,
    is_web_address,
    place_of,
    plural,
    scope_phrases,
    time_text,
    value_text,
    verdict,
    visible,
)

_ROWS: Final = 10_000  # of the whole page: what a browser shows at once without a pause
_ROWS_PER_RULE: Final = range(20, 201)
_GAPS: Final = 500
_WORST: Final = 5
_REASONS: Final = 10
_BUFFER: Final = 200


def render_html(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write the page. Of many findings it shows the first ones of each rule, and says how many more there are."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    folder = reports_folder() / "html"
    style, script = ((folder / name).read_text("utf-8") for name in ("report.css", "report.js"))
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    page = _page(audit, findings, NOTEWORTHY if options.outcomes is None else options.outcomes)
    page["style"], page["script"] = Markup(style), Markup(script)  # noqa: S704  (our own files)
    page["policy"] = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    stream = environment.get_template("report.html.j2").stream(page)
    stream.enable_buffering(_BUFFER)
    for text in stream:
        out.write(text.encode("utf-8", "backslashreplace"))


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _page(audit: Audit, findings: Findings, outcomes: frozenset[Outcome]) -> dict[str, Any]:
    filled = sum(any(count_of(run.counts, outcome) for outcome in outcomes) for run in audit.rules)
    limit = min(max(_ROWS // max(filled, 1), _ROWS_PER_RULE[0]), _ROWS_PER_RULE[-1])
    gathered = gather(audit, findings, outcomes, limit)
    groups = [_group(number, group, limit) for number, group in enumerate(gathered.groups)]
    state, headline = verdict(audit)
    counts = audit.counts
    return {
        "state": state,
        "headline": headline,
        "scope": visible(" · ".join(scope_phrases(audit.scope))),
        "time": time_text(audit.as_of),
        "version": visible(audit.tool_version),
        "severities": [
            {"name": severity.value, "count": number} for severity, number in by_severity(audit.fail_counts)
        ],
        "outcomes": [
            {"name": "unknown", "count": counts.unknown, "meaning": "could not be decided"},
            {"name": "error", "count": counts.error, "meaning": "the rule or the data broke"},
            {"name": "exempt", "count": counts.exempt, "meaning": "accepted, for a time"},
            {"name": "passed", "count": counts.passed, "meaning": f"of {plural(counts.total, 'answer')}"},
        ],
        "worst": [group for group in groups if group["failures"]][:_WORST],
        "groups": groups,
        "shown": sum(len(group["rows"]) for group in groups),
        "total": sum(group["total"] for group in groups),
        "shown_outcomes": [outcome.value for outcome in ORDER if any(outcome in g.met for g in gathered.groups)],
        "shown_severities": [s.value for s, _ in by_severity({}) if any(g["severity"] == s for g in groups)],
        **_blind_spots(audit, gathered),
        "rules": [_rule_line(run) for run in audit.rules],
    }


def _blind_spots(audit: Audit, gathered: Gathered) -> dict[str, Any]:
    """What was not looked at, and why some answers are unknown."""
    gaps = [{"what": visible(cut(gap.what)), "reason": visible(cut(gap.reason))} for gap in audit.gaps[:_GAPS]]
    reasons = [
        {"count": reason.count, "text": visible(cut(reason.text)), "rules": plural(len(reason.rules), "rule")}
        for reason in gathered.reasons[:_REASONS]
    ]
    return {
        "gaps": gaps,
        "gap_count": len(audit.gaps),
        "reasons": reasons,
        "more_reasons": max(len(gathered.reasons) - _REASONS, 0),
        "idle": [_rule_line(run) for run in audit.rules if not run.exercised and not run.error],
        "broken": [_rule_line(run) for run in audit.rules if run.error],
    }


def _rule_line(run: RuleRun) -> dict[str, Any]:
    rule, counts = run.rule, run.counts
    numbers = {"fail": counts.fail, "unknown": counts.unknown, "error": counts.error, "exempt": counts.exempt}
    return {
        "id": visible(rule.id),
        "title": visible(rule.title),
        "severity": rule.severity.value,
        "error": visible(cut(run.error)) if run.error else "",
        "numbers": [*numbers.values(), counts.passed],
    }


def _group(number: int, group: Group, limit: int) -> dict[str, Any]:
    run, rule = group.run, group.run.rule
    rows = [_row(finding) for finding in group.first(limit)]
    tally = [{"outcome": outcome.value, "count": group.met[outcome]} for outcome in ORDER if outcome in group.met]
    return {
        **_rule_line(run),
        "anchor": f"rule-{number + 1}",
        "failures": group.met.get(Outcome.FAIL, 0),
        "tally": tally,
        "total": group.total,
        "more": group.total - len(rows),
        "rows": rows,
        **_advice(rule),
    }


def _advice(rule: Rule) -> dict[str, Any]:
    return {
        "rationale": rule.rationale.strip(),
        "step": first_sentence(rule.remediation.text),
        "remedy": rule.remediation.text.strip(),
        "code": [{"name": name, "text": code} for name, _language, code in code_blocks(rule)],
        "controls": [{"name": name, "ids": ", ".join(ids)} for name, ids in sorted(rule.controls.items())],
        "equivalents": [{"name": name, "ids": ", ".join(ids)} for name, ids in sorted(rule.equivalents.items()) if ids],
        "references": [{"text": address, "link": is_web_address(address)} for address in rule.references],
    }


def _row(finding: Finding) -> dict[str, Any]:
    resource, origin, exemption = finding.resource, finding.origin, finding.exemption
    evidence = [
        {"path": visible(cut(e.path)), "actual": visible(value_text(e.actual)), "expected": visible(cut(e.expected))}
        for e in finding.evidence
    ]
    accepted = f"{exemption.category} until {exemption.expires_on}, {exemption.owner}: " if exemption else ""
    return {
        "outcome": finding.outcome.value,
        "severity": finding.severity.value,
        "name": visible(cut(resource.name)),
        "place": visible(cut(place_of(resource))),
        "type": visible(cut(resource.type)),
        "id": visible(cut(resource.id, 1000)),
        "element": visible(cut(finding.element or "")),
        "message": visible(cut(finding.message)),
        "evidence": evidence,
        "gap": visible(cut(finding.gap or "")),
        "exemption": visible(cut(accepted + exemption.reason)) if exemption else "",
        "origin": visible(cut(f"{origin.file}:{origin.line}" if origin.line else origin.file)) if origin.file else "",
    }
