"""The audit as Markdown, for a comment on a pull request or the summary of a job: under 65,000 characters, always.

With a baseline it begins with what changed. What does not fit is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from auditor.model.audit import Audit
from auditor.model.finding import Finding, Outcome
from auditor.model.finding_store import Findings
from auditor.render.change_review import change_verdict, failures
from auditor.render.changes import LABELS, SHOWN, Change, Changes, Difference, headline, transition
from auditor.render.groups import Gathered, Group, gather
from auditor.render.markdown_text import code, filled, prose
from auditor.render.names import name_of, spot_of
from auditor.render.options import NOTEWORTHY, Options
from auditor.render.phrasing import (
    by_severity,
    first_sentence,
    not_evaluated_phrases,
    notice_text,
    plural,
    scope_phrases,
    time_text,
    unjudged_phrase,
)

LIMIT: Final = 65_000
_CHANGES, _OTHERS, _TAIL = 20_000, 6_000, 9_000
_PER_RULE: Final = 5


def render_markdown(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write the report. Names are shown as code, so that none becomes a link, an image, HTML or a mention."""
    gathered = gather(audit, findings, NOTEWORTHY if options.outcomes is None else options.outcomes, _PER_RULE)
    head = _head(audit, options)
    if options.changes:
        head += changes_section(options.changes, _CHANGES)
    tail = "".join(
        _section(heading, gathered, outcome, _OTHERS)
        for outcome, heading in ((Outcome.ERROR, "Errors"), (Outcome.EXEMPT, "Exempt"), (Outcome.PASS, "Passed"))
    )
    tail += _notices(audit) + _unknown(gathered) + _not_looked_at(audit)
    failed = _section("Failures", gathered, Outcome.FAIL, LIMIT - len(head) - len(tail) - 100)
    out.write(f"{head}{failed}{tail}".encode("utf-8", "backslashreplace"))


def changes_section(changes: Changes, room: int) -> str:
    """What changed since an earlier audit, most pressing first."""
    text = f"\n### Changes\n\n{prose(headline(changes))}\n"
    for change in SHOWN:
        blocks = [(_change(difference), 1) for difference in changes.of(change)]
        if blocks:
            text += f"\n**{LABELS[change].capitalize()}: {len(blocks):,}**\n\n" + filled(blocks, room // 5, "change")
    missing = [
        (f"- {plural(each.answers, 'answer')} ({each.failures:,} failing on one side): {prose(each.reason)}\n", 1)
        for each in changes.unseen
    ]
    if missing:
        number = changes.counts[Change.NOT_COMPARED]
        text += f"\n**Not compared: {number:,}**\n\n" + filled(missing, room // 10, "reason")
    return text + "".join(f"\n{prose(note)}\n" for note in changes.notes)


def _change(difference: Difference) -> str:
    finding = difference.finding
    head = f"- **{finding.severity.upper()}** {code(name_of(finding))}: {prose(finding.title)}"
    return f"{head} ({transition(difference)}, {code(finding.rule_id)})\n"


def _head(audit: Audit, options: Options) -> str:
    counts = audit.counts
    severities = by_severity(failures(audit, options))
    numbers = [*severities, ("unknown", counts.unknown), ("error", counts.error), ("exempt", counts.exempt)]
    numbers.append(("passed", counts.passed))
    rows = (
        "| " + " | ".join(str(name) for name, _ in numbers) + " |",
        "|" + " ---: |" * len(numbers),
        "| " + " | ".join(f"{number:,}" for _, number in numbers) + " |",
    )
    said = f"{prose(change_verdict(audit, options)[1], 1000)}\n\n" + "\n".join(rows)
    scope = " · ".join([f"auditor {audit.tool_version}", time_text(audit.as_of), *scope_phrases(audit.scope)])
    return f"## Audit\n\n{said}\n\n{prose(scope, 600)}\n"


def _section(heading: str, gathered: Gathered, outcome: Outcome, room: int) -> str:
    groups = list(gathered.with_outcome(outcome))
    if not groups:
        return ""
    number = sum(group.met[outcome] for group in groups)
    head = f"\n### {heading}: {number:,}\n\n"
    return head + filled(((_group(g, outcome), g.met[outcome]) for g in groups), room - len(head), "finding")


def _group(group: Group, outcome: Outcome) -> str:
    rule = group.run.rule
    head = f"- **{rule.severity.upper()}** {prose(rule.title)} ({code(rule.id)}): "
    lines = [head + f"{group.met[outcome]:,} of {group.run.counts.total:,}"]
    lines += [f"  - {text}" for finding in group.kept[outcome] for text in [_finding(finding)]]
    more = group.met[outcome] - len(group.kept[outcome])
    lines += [f"  - … and {more:,} more"] if more else []
    lines += [f"  - Mend: {prose(first_sentence(rule.remediation.text))}"] if outcome is Outcome.FAIL else []
    return "\n".join(lines) + "\n"


def _finding(finding: Finding) -> str:
    spot = spot_of(finding)
    text = code(name_of(finding)) + (f" in {code(spot)}" if spot else "")
    if finding.exemption:
        exempt = finding.exemption
        return f"{text}: {code(f'{exempt.category} until {exempt.expires_on}, {exempt.owner}: {exempt.reason}')}"
    return f"{text}: {code(finding.message)}"


def _notices(audit: Audit) -> str:
    blocks = [(f"- {prose(notice_text(notice), 400)}\n", 1) for notice in audit.notices]
    return "\n### To look after\n\n" + filled(blocks, _OTHERS, "notice") if blocks else ""


def _unknown(gathered: Gathered) -> str:
    if not gathered.reasons:
        return ""
    number = sum(reason.count for reason in gathered.reasons)
    blocks = ((f"- {reason.count:,} × {code(reason.text)}\n", 1) for reason in gathered.reasons)
    return f"\n### Unknown: {number:,}\n\n" + filled(blocks, _OTHERS, "reason")


def _not_looked_at(audit: Audit) -> str:
    blocks = list(_blind_spots(audit))
    if not blocks:
        return ""
    return "\n### Not looked at\n\n" + filled(blocks, _TAIL, "blind spot")


def _blind_spots(audit: Audit) -> Iterator[tuple[str, int]]:
    for run in audit.rules:
        if run.error and not run.exercised:
            yield f"- Rule {code(run.rule.id)} could not run: {code(run.error)}\n", 1
    idle = sum(not run.exercised and not run.error for run in audit.rules)
    if idle:
        yield f"- {plural(idle, 'rule')} met nothing to judge\n", 1
    unjudged = unjudged_phrase(audit.scope)
    if unjudged:
        yield f"- {prose(unjudged, 1_000)}\n", 1
    for phrase in not_evaluated_phrases(audit):
        yield f"- {prose(phrase, 1_000)}\n", 1
    for gap in audit.gaps:
        yield f"- {code(gap.what)}: {code(gap.reason)}\n", 1
