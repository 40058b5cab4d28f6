"""The audit for a terminal: the verdict, failures worst first, what is unknown, what was not looked at, what next."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from auditor.model.audit import Audit
from auditor.model.finding import Finding, Outcome, Severity
from auditor.model.finding_store import Findings
from auditor.render.change_review import change_verdict
from auditor.render.diff import change_lines
from auditor.render.groups import Gathered, Group, gather
from auditor.render.names import inert, name_of
from auditor.render.next_steps import ways_out
from auditor.render.options import NOTEWORTHY, Options
from auditor.render.phrasing import (
    count_of,
    cut,
    elements_phrases,
    first_sentence,
    not_evaluated_phrases,
    notice_text,
    plural,
    scope_phrases,
    time_text,
    unjudged_phrase,
    visible,
)

_DETAILED: Final = 8  # rules; a terminal is for the worst, the HTML for all
_DETAILED_OF_CHANGE: Final = 40  # whoever makes the change mends each, and may have nothing but this log
_BRIEF: Final = 40
_FINDINGS_PER_RULE: Final = 5
_REASONS: Final = 10
_GAPS: Final = 10
_NOTICES: Final = 20
_CHANGES: Final = 10  # of each kind
_COLORS: Final = {
    "bold": "1",
    "dim": "2",
    "nothing": "1;37;41",
    "fail": "1;31",
    "incomplete": "1;33",
    "clean": "1;32",
    Severity.CRITICAL: "1;31",
    Severity.HIGH: "31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "2",
}

Paint = Callable[[str, str], str]


def render_text(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write the report. Names from outside are made visible first, so that none can steer the terminal, or CI."""
    outcomes = NOTEWORTHY if options.outcomes is None else options.outcomes
    gathered = gather(audit, findings, outcomes, _FINDINGS_PER_RULE)
    paint: Paint = _colored if options.color else lambda _style, text: text
    for line in _lines(audit, gathered, paint, max(options.width, 40), options):
        out.write(inert(line.rstrip()).encode("utf-8", "backslashreplace") + b"\n")


def _colored(style: str, text: str) -> str:
    return f"\x1b[{_COLORS[style]}m{text}\x1b[0m"


def _lines(audit: Audit, gathered: Gathered, paint: Paint, width: int, options: Options) -> Iterator[str]:
    yield from _summary(audit, paint, width, options)
    changes = options.changes
    if changes:
        yield ""
        yield from change_lines(changes, _CHANGES, paint)
    failing = list(gathered.with_outcome(Outcome.FAIL))
    detailed = _DETAILED_OF_CHANGE if audit.scope.change else _DETAILED
    for group in failing[:detailed]:
        yield from _group(group, Outcome.FAIL, paint, width)
    yield from _brief(failing[detailed:], paint, width)
    for outcome, heading in ((Outcome.ERROR, "ERRORS"), (Outcome.EXEMPT, "EXEMPT"), (Outcome.PASS, "PASSED")):
        groups = list(gathered.with_outcome(outcome))
        if groups:
            yield ""
            yield paint("bold", heading)
            for group in groups:
                yield from _group(group, outcome, paint, width)
    yield from _notices(audit, paint, width)
    yield from _unknown(audit, gathered, paint, width)
    yield from _not_looked_at(audit, paint, width)
    yield from _next(audit, gathered, compared=changes is not None)


def _summary(audit: Audit, paint: Paint, width: int, options: Options) -> Iterator[str]:
    yield paint("bold", f"auditor {visible(audit.tool_version)}") + f"  {time_text(audit.as_of)}"
    yield from _wrap(visible(" · ".join(scope_phrases(audit.scope))), width, "")
    yield ""
    state, sentence = change_verdict(audit, options)
    yield from (paint(state, line) for line in _wrap(sentence.upper() if state == "nothing" else sentence, width, ""))
    counts = audit.counts
    errors = plural(counts.error, "error")
    gaps = f" · {plural(len(audit.gaps), 'gap')}" if audit.gaps else ""
    yield f"{counts.unknown:,} unknown · {errors} · {counts.exempt:,} exempt · {counts.passed:,} passed{gaps}"
    yield from _wrap(" · ".join(elements_phrases(audit)), width, "")


def _group(group: Group, outcome: Outcome, paint: Paint, width: int) -> Iterator[str]:
    rule, counts = group.run.rule, group.run.counts
    yield ""
    label = rule.severity.upper()
    title, *rest = _wrap(visible(rule.title), width - 10, "") or [""]
    yield f"{paint(rule.severity, label)}{' ' * (10 - len(label))}{paint('bold', title)}"
    yield from (" " * 10 + paint("bold", line) for line in rest)
    said = {Outcome.FAIL: "failed", Outcome.PASS: "passed", Outcome.ERROR: "ended in errors"}.get(
        outcome, outcome.value
    )
    number = f"{count_of(counts, outcome):,} of {counts.total:,} {said}"
    yield " " * 10 + paint("dim", f"{visible(rule.id)} · {number}")
    for finding in group.kept[outcome]:
        yield from _finding(finding, paint, width)
    more = group.met[outcome] - len(group.kept[outcome])
    if more:
        yield " " * 10 + paint("dim", f"… and {more:,} more")
    if outcome is Outcome.FAIL:
        yield from _wrap(f"Mend: {visible(first_sentence(rule.remediation.text))}", width, " " * 10)


def _brief(groups: list[Group], paint: Paint, width: int) -> Iterator[str]:
    """The rules behind the worst ones, a line each."""
    if not groups:
        return
    yield ""
    yield paint("bold", f"{plural(len(groups), 'more rule')} failed")
    for group in groups[:_BRIEF]:
        rule, counts = group.run.rule, group.run.counts
        label = rule.severity.upper()
        number = f"{counts.fail:,} of {counts.total:,}"
        title = cut(visible(rule.title), max(width - 23, 20))
        yield f"{paint(rule.severity, label)}{' ' * (10 - len(label))}{number:<12} {title}"
    if len(groups) > _BRIEF:
        yield " " * 10 + paint("dim", f"… and {len(groups) - _BRIEF:,} more rules")


def _finding(finding: Finding, paint: Paint, width: int) -> Iterator[str]:
    yield from _wrap(visible(_name(finding)), width, " " * 10)
    yield from _wrap(visible(cut(finding.message)), width, " " * 14)
    if finding.exemption:
        exemption = finding.exemption
        said = f"{exemption.category} until {exemption.expires_on}, {exemption.owner}: {exemption.reason}"
        yield from (paint("dim", line) for line in _wrap(visible(cut(said)), width, " " * 14))


def _name(finding: Finding) -> str:
    name, origin = name_of(finding), finding.origin
    if origin.file and origin.line:
        return f"{name}  {origin.file}:{origin.line}"
    return f"{name}  {origin.address}" if _has_address(finding) else name


def _has_address(finding: Finding) -> bool:
    """Whether it has an address of its own: that of a what-if is the id, which the name ends."""
    address = finding.origin.address or ""
    return address != "" and address.casefold() != finding.resource.id.casefold()


def _notices(audit: Audit, paint: Paint, width: int) -> Iterator[str]:
    if not audit.notices:
        return
    yield ""
    yield paint("bold", "TO LOOK AFTER")
    for notice in audit.notices[:_NOTICES]:
        yield from _wrap(visible(notice_text(notice)), width, " " * 10)
    if len(audit.notices) > _NOTICES:
        yield " " * 10 + paint("dim", f"… and {plural(len(audit.notices) - _NOTICES, 'more notice')}")


def _unknown(audit: Audit, gathered: Gathered, paint: Paint, width: int) -> Iterator[str]:
    if not gathered.reasons:
        return
    yield ""
    yield paint("bold", f"UNKNOWN   {plural(audit.counts.unknown, 'answer')} could not be given")
    for reason in gathered.reasons[:_REASONS]:
        yield from _wrap(f"{reason.count:,} × {visible(cut(reason.text))}", width, " " * 10)
        example = f", such as {visible(_name(reason.example))}" if reason.example else ""
        yield from (
            paint("dim", line) for line in _wrap(f"{plural(len(reason.rules), 'rule')}{example}", width, " " * 14)
        )
    if len(gathered.reasons) > _REASONS:
        yield " " * 10 + paint("dim", f"… and {plural(len(gathered.reasons) - _REASONS, 'more reason')}")


def _not_looked_at(audit: Audit, paint: Paint, width: int) -> Iterator[str]:
    broken = [run for run in audit.rules if run.error]
    idle = sum(not run.exercised and not run.error for run in audit.rules)
    unjudged = unjudged_phrase(audit.scope)
    left_out = not_evaluated_phrases(audit)
    if not (audit.gaps or broken or idle or unjudged or left_out):
        return
    yield ""
    yield paint("bold", "NOT LOOKED AT")
    if audit.gaps:
        yield from _wrap(f"{plural(len(audit.gaps), 'gap')}: what could not be read", width, " " * 10)
        for gap in audit.gaps[:_GAPS]:
            yield from _wrap(visible(f"{cut(gap.what)}: {cut(gap.reason)}"), width, " " * 14)
        if len(audit.gaps) > _GAPS:
            yield " " * 14 + paint("dim", f"… and {len(audit.gaps) - _GAPS:,} more")
    for run in broken:
        yield from _wrap(visible(f"{run.rule.id} could not run: {cut(run.error or '')}"), width, " " * 10)
    for phrase in left_out:
        yield from _wrap(visible(phrase), width, " " * 10)
    if unjudged:
        yield from _wrap(unjudged, width, " " * 10)
    if idle:
        said = f"{plural(idle, 'rule')} met nothing to judge (listed by --format html and --format json)"
        yield from _wrap(said, width, " " * 10)


def _next(audit: Audit, gathered: Gathered, *, compared: bool) -> Iterator[str]:
    """What to do now."""
    yield ""
    if audit.nothing_evaluated:
        yield "Next: check that the input holds resources, and that its scope can be read."
        return
    steps = []
    worst = next(gathered.with_outcome(Outcome.FAIL), None)
    if worst:
        steps.append(f"auditor rules show {visible(worst.run.rule.id)}")
    steps.append("--format html --output report.html for all of it")
    if worst and _is_without_its_block(worst.kept[Outcome.FAIL][0]):
        steps.append("--source DIR for the file and line of each Terraform block")
    steps += [f"{way} {purpose}" for way, purpose in ways_out(audit, gathered.reasons, compared=compared)]
    yield from (f"{'      ' if number else 'Next: '}{step}" for number, step in enumerate(steps))


def _is_without_its_block(finding: Finding) -> bool:
    """Whether it is of a Terraform plan, whose source was not given."""
    return finding.origin.source == "plan" and not finding.origin.line and _has_address(finding)


def _wrap(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,  # an id stays whole, so that it can be copied
    )
