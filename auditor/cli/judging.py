"""Judge an inventory, write the reports, say the exit code: what `scan`, `gate` and `demo` share."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import click
from msgspec.structs import replace

from auditor.cli import accepting, options, settings, telemetry
from auditor.cli.past import DEFAULT, compared_with, the_past
from auditor.cli.publishing import Publishing, publishing
from auditor.cli.thresholds import verdict
from auditor.model.errors import CLEAN, FINDINGS, INCOMPLETE
from auditor.model.finding import Outcome

if TYPE_CHECKING:
    from auditor.cli.past import ThePast
    from auditor.evaluate.bound_rule import Bound
    from auditor.ingest.inventory import Inventory
    from auditor.model.audit import Audit
    from auditor.model.finding_store import Findings
    from auditor.pipeline.run import Authored, Progress
    from auditor.plans.change import Changes
    from auditor.render.changes import Changes as Since
    from auditor.render.options import Earlier, Options


def judge_and_report(chosen: settings.Settings, inventory: Inventory, publish: Publishing) -> int:
    """Audit an estate, render every report, publish, return the exit code. Raises AuditorError."""
    rules = settings.bound_rules(chosen)
    exemptions = accepting.of_estate(chosen, inventory)
    with ExitStack() as stack:
        past = stack.enter_context(
            the_past(chosen.baseline, chosen.history, chosen.estate, chosen.clock, chosen.config, publish.store)
        )
        shown = _shown(chosen) | ({Outcome.PASS} if past.earlier or chosen.sinks else set())
        audit, findings = _judged(stack, chosen, rules, inventory, shown)
        audit.notices += chosen.notices
        accepting.accept(chosen, exemptions, inventory, audit, findings, whole=True)
        changes = changes_since(past, audit, findings)
        write_reports(chosen.reports, audit, findings, chosen.outcomes, past, changes)
        delivered = publish.done(audit, findings)
        code, unmet = verdict(audit, chosen.thresholds)
        if code == INCOMPLETE and not chosen.quiet:
            say_why(audit, chosen.reports, code, unmet, scanned=True)
        return _ended(chosen, audit, code if delivered else INCOMPLETE)


def judge_change(
    chosen: settings.Settings,
    inventory: Inventory,
    changes: Sequence[Changes],
    *,
    touched: frozenset[str] | None = None,
    against: Inventory | None = None,
    new_only: bool = False,
) -> int:
    """Audit what a change makes, render every report, return the exit code. Raises AuditorError.

    `inventory` is what it makes of the estate, `changes` what was read; `touched` are the resources to judge (None:
    all). `against` is the estate before: what is new since is told, and with `new_only` nothing else makes the exit
    code.
    """
    from auditor.cli.after_change import written_by
    from auditor.evaluate.bound_rule import of_change
    from auditor.pipeline.absent_parents import gaps_of_absent_parents
    from auditor.pipeline.run import Authored

    rules = settings.bound_rules(chosen)
    if against is None:
        rules = of_change(rules)
    where = "not in the change (--against knows it)" if against is None else "neither in the change nor in the estate"
    inventory.gaps += gaps_of_absent_parents(rules, inventory, touched, where)
    exemptions = accepting.of_change(chosen, inventory, changes)
    with ExitStack() as stack:
        publish = stack.enter_context(publishing(chosen))
        past = stack.enter_context(
            the_past(chosen.baseline, chosen.history, chosen.estate, chosen.clock, chosen.config, publish.store)
        )
        if against is not None:
            before, found = _judged(stack, chosen, rules, against, None)
            accepting.accept(chosen, exemptions, against, before, found, whole=False)
            past = compared_with(past, before, found)
        shown = _shown(chosen) | ({Outcome.PASS} if past.earlier or exemptions.entries or chosen.sinks else set())
        authored = None if against is None else Authored(of_change(rules), written_by(changes))
        audit, findings = _judged(stack, chosen, rules, inventory, shown, touched, authored)
        audit.scope = replace(audit.scope, change=True)
        audit.notices += chosen.notices
        accepting.accept(chosen, exemptions, inventory, audit, findings, whole=False)
        made = {one.id.casefold(): one.origin.source for one in inventory.resources()} if past.earlier else {}
        since = changes_since(past, audit, findings, made, whole=against is not None)
        counted = _of_change(past.earlier, since) if new_only and past.earlier and since else None
        whole = () if against else ("sarif",)  # which may be the baseline of the next change
        write_reports(chosen.reports, audit, findings, chosen.outcomes, past, since, counted, whole)
        delivered = publish.done(audit, findings)
        known = set(against.gaps) if against and new_only else ()
        gaps = [gap for gap in audit.gaps if gap not in known]
        code, unmet = verdict(audit, chosen.thresholds, gaps)
        if new_only and past.earlier and since and code == FINDINGS:
            code = FINDINGS if _newly_fails(past.earlier, since, chosen.thresholds.findings) else CLEAN
        if not chosen.quiet:
            say_why(audit, chosen.reports, code, unmet)
        return _ended(chosen, audit, code if delivered else INCOMPLETE)


def _ended(chosen: settings.Settings, audit: Audit, code: int) -> int:
    """The exit code, once it is told to who listens."""
    telemetry.export(audit, chosen.estate or DEFAULT, chosen.begun, time.time_ns(), code, quiet=chosen.quiet)
    return code


def _shown(chosen: settings.Settings) -> frozenset[Outcome]:
    from auditor.render.formats import FORMATS

    if chosen.outcomes is not None:
        return chosen.outcomes
    return frozenset().union(*(FORMATS[report.format].outcomes for report in chosen.reports))


def changes_since(
    past: ThePast,
    audit: Audit,
    findings: Findings,
    made: Mapping[str, str] | None = None,
    *,
    whole: bool = False,
) -> Since | None:
    """What changed since an earlier audit, None when there is none; the failures are told when they were first seen.
    `made` and `whole` say of a change what `compare` wants to know."""
    if past.seen is not None:
        from auditor.history.first_seen import tell

        tell(findings, past.seen, audit.as_of)
    if past.earlier is None:
        return None
    from auditor.history.compare import compare

    return compare(past.earlier, (audit, findings), made, whole=whole)


def _newly_fails(earlier: Earlier, changes: Since, fail_on: str) -> bool:
    """Whether a failure reaches the severity that did not before. One of which the earlier audit could not tell counts,
    unless it did not ask the rule: such a failure comes with the rule, not with the change."""
    from auditor.history.compare import may_newly_reach, newly_reaches
    from auditor.model.finding import Severity

    asked = {run.rule.id for run in earlier.audit.rules}
    severity = Severity(fail_on)
    return any(
        newly_reaches(each, severity) or (may_newly_reach(each, severity) and each.finding.rule_id in asked)
        for each in changes.differences
    )


def _of_change(earlier: Earlier, changes: Since) -> frozenset[str]:
    """The fingerprints of the failures that are new or worse, or of which the earlier audit could not tell."""
    from auditor.render.changes import Change

    asked = {run.rule.id for run in earlier.audit.rules}
    return frozenset(
        each.finding.fingerprint
        for each in changes.differences
        if each.change in (Change.NEW, Change.WORSE)
        or (each.change is Change.NOT_COMPARED and each.finding.rule_id in asked)
    )


def say_why(
    audit: Audit, reports: Sequence[options.Report], code: int, unmet: Sequence[str], *, scanned: bool = False
) -> None:
    """Why an audit ends with 3, and what one that ends well leaves open, on standard error. What the text report on
    standard output says is not said again; the exit code, and what was asked for by an option and not met, always are.
    `scanned`: unknown answers alone make the code, unless an option says otherwise."""
    from auditor.render.phrasing import cut, plural, verdict, visible

    told = []
    answers, gaps = audit.counts.unknown + audit.counts.error, len(audit.gaps)
    unknown = plural(answers, "answer") + " not known"
    shown = any(report.format == "text" and report.path in (None, "-") for report in reports)
    if audit.nothing_evaluated:
        told += [verdict(audit)[1]] if not shown else ["Exit code 3, for nothing was evaluated."] * (code == INCOMPLETE)
    elif code == INCOMPLETE and not (shown and unmet):
        missing = [*([plural(gaps, "gap")] if gaps else ()), *([unknown] if answers else ())]
        told.append(f"Exit code 3, for the audit is incomplete: {', '.join(missing)}.")
        if scanned and not (gaps or audit.counts.error or unmet):
            told.append("With --fail-on-unknown never, failures alone decide.")
    elif code != INCOMPLETE and audit.counts.unknown and not shown:
        told.append(f"{unknown} before the change is applied; --fail-on-unknown makes them count.")
    if told and code == INCOMPLETE and gaps and not shown:
        told.append(f"First gap: {cut(audit.gaps[0].what)}: {cut(audit.gaps[0].reason)}")
    if told or unmet:
        click.echo(visible(" ".join([*told, *unmet])), err=True)


def _judged(
    stack: ExitStack,
    chosen: settings.Settings,
    rules: Sequence[Bound],
    inventory: Inventory,
    outcomes: frozenset[Outcome] | None,
    touched: frozenset[str] | None = None,
    authored: Authored | None = None,
) -> tuple[Audit, Findings]:
    from auditor.pipeline.run import audit
    from auditor.render.formats import FORMATS

    with _progress(chosen.quiet) as progress:
        judged, findings = audit(
            rules,
            inventory,
            clock=chosen.clock,
            outcomes=outcomes,
            jobs=chosen.jobs,
            progress=progress,
            touched=touched,
            authored=authored,
            owner_tags=chosen.owner_tags,
            excerpts=chosen.excerpts and any(FORMATS[report.format].excerpts for report in chosen.reports),
        )
    stack.enter_context(findings)
    return judged, findings


def write_reports(
    reports: Sequence[options.Report],
    audit: Audit,
    findings: Findings,
    outcomes: frozenset[Outcome] | None,
    past: ThePast,
    changes: Since | None,
    only: frozenset[str] | None = None,
    whole: Sequence[str] = (),
) -> None:
    """Render an audit into every report; of its failures `only` these where a change is reviewed, but for the formats
    that are to stay `whole`. Raises OutputError."""
    from auditor.render.formats import Options
    from auditor.render.write import write_report

    for report in reports:
        color, width = (options.use_color(), options.width()) if report.path is None else (False, options.WIDTH)
        look = Options(
            outcomes=outcomes,
            color=color,
            width=width,
            baseline=past.earlier,
            changes=changes,
            history=past.runs,
            only=None if report.format in whole else only,
        )
        write_report(report.path, partial(_produce, audit, findings, report.format, look))


def _produce(audit: Audit, findings: Findings, format: str, look: Options, out: BinaryIO) -> None:
    from auditor.render.formats import render

    render(audit, findings, format, out, look)


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress | None]:
    """A counter on standard error, for a person and for work over a second."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    begun = time.monotonic()
    bars: list[Any] = []

    def show(done: int) -> None:
        if not bars and time.monotonic() - begun > 1:
            bars.append(_bar())
        for bar in bars:
            bar.update(bar.task_ids[0], completed=done)

    try:
        yield show
    finally:
        for bar in bars:
            bar.stop()


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.completed:,.0f} resources judged"), TimeElapsedColumn()
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    bar.add_task("", total=None)
    bar.start()
    return bar
