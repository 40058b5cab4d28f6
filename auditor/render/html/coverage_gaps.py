"""What an audit does not know: unknown answers by reason, gaps, rules that met nothing and why, rules that broke."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final
from urllib.parse import quote

from auditor.model.audit import Audit, RuleRun
from auditor.render.groups import Gathered
from auditor.render.next_steps import ways_out
from auditor.render.phrasing import cut, elements_phrases, notice_text, plural, unjudged_count, unjudged_types, visible
from auditor.render.reasons import OTHER

_GAPS: Final = 500
_REASONS: Final = 50
_FIRST: Final = 3
_TYPES: Final = 200
_NAMES: Final = 20


def blind_spots(audit: Audit, gathered: Gathered, *, compared: bool) -> dict[str, Any]:
    """What was not looked at, and why some answers are unknown."""
    reasons = [
        {
            "count": reason.count,
            "text": visible(cut(reason.text)),
            "rules": plural(len(reason.rules), "rule"),
            "link": ""
            if reason.key == OTHER
            else f"#findings?outcome=unknown&reason={quote(visible(cut(reason.key)))}",
        }
        for reason in gathered.reasons[:_REASONS]
    ]
    frequent = sorted(Counter(gap.reason for gap in audit.gaps).items(), key=lambda item: (-item[1], item[0]))
    idle = idle_rules(audit)
    return {
        "elements": " · ".join(elements_phrases(audit)),
        "not_evaluated": _not_evaluated(audit),
        "unknown": audit.counts.unknown,
        "reasons": reasons,
        "first_reasons": reasons[:_FIRST],
        "other_reasons": max(len(gathered.reasons) - _FIRST, 0),
        "ways_out": ways_out(audit, gathered.reasons, compared=compared),
        "more_reasons": max(len(gathered.reasons) - _REASONS, 0),
        "gaps": [{"what": visible(cut(gap.what)), "reason": visible(cut(gap.reason))} for gap in audit.gaps[:_GAPS]],
        "gap_count": len(audit.gaps),
        "notices": [visible(cut(notice_text(notice), 500)) for notice in audit.notices[:_GAPS]],
        "notice_count": len(audit.notices),
        "gap_reasons": [{"count": number, "text": visible(cut(text, 120))} for text, number in frequent[:_FIRST]],
        "unjudged_count": unjudged_count(audit.scope),
        "unjudged": [(visible(name), number) for name, number in unjudged_types(audit.scope)[:_TYPES]],
        "more_unjudged": max(len(audit.scope.unjudged) - _TYPES, 0),
        "idle": idle,
        "idle_count": sum(len(group["rules"]) for group in idle),
        "broken": [{"id": visible(run.rule.id), "error": visible(cut(run.error))} for run in audit.rules if run.error],
    }


def _not_evaluated(audit: Audit) -> list[dict[str, Any]]:
    """The elements of the input that are not evaluated, by the reason, with the names of some."""
    entries = audit.accounting.not_evaluated.items() if audit.accounting else ()
    return [
        {
            "reason": visible(cut(reason)),
            "count": entry.count,
            "names": [visible(cut(name, 120)) for name in entry.examples[:_NAMES]],
        }
        for reason, entry in sorted(entries)
    ]


def idle_rules(audit: Audit) -> list[dict[str, Any]]:
    """The rules that met nothing, in groups by why: what nobody looked for comes first, for it may hide a failure."""
    found: dict[str, list[dict[str, str]]] = {why: [] for why in _WHY}
    met = Counter[str]()
    for name, count in audit.scope.resource_types.items():
        met[name.casefold()] += count
    for run in audit.rules:
        if not run.exercised and not run.error:
            why, detail = _why(run, met, set(audit.scope.looked_for))
            rule = run.rule
            found[why].append({"id": visible(rule.id), "title": visible(rule.title), "why": visible(cut(detail))})
    return [{"why": _WHY[why], "rules": rules} for why, rules in found.items() if rules]


_WHY: Final = {
    "unsought": "The type that they judge was not looked for",
    "absent": "No resource of the type was read",
    "other": "Resources of the type were read, but none to which they apply",
    "derived": "Nothing of the kind follows from what was read",
}
"""Why a rule met nothing, gravest first."""


def _why(run: RuleRun, met: Counter[str], sought: set[str]) -> tuple[str, str]:
    types = [name for name in run.rule.resource if not name.casefold().startswith("auditor/")]
    if not types:
        return "derived", ""
    if number := sum(met[name.casefold()] for name in types):
        return "other", f"{number:,} × {_short(types)}"
    if sought and not any(name.casefold() in sought for name in types):
        return "unsought", _short(types)
    return "absent", _short(types)


def _short(types: list[str]) -> str:
    return types[0] if len(types) == 1 else f"{types[0]} and {plural(len(types) - 1, 'other type')}"
