"""Audits an estate: evaluate, compare with earlier audits, write the reports, publish, return the exit code."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from auditor.model.errors import INCOMPLETE
from auditor.model.finding import Outcome
from auditor.pipeline import apply_exemptions, telemetry
from auditor.pipeline.baselines import DEFAULT, load_baselines
from auditor.pipeline.exit_status import exit_reasons, verdict
from auditor.pipeline.reports import changes_since, outcomes_shown, write_reports
from auditor.pipeline.settings import bound_rules

if TYPE_CHECKING:
    from auditor.evaluate.bound_rule import Bound
    from auditor.ingest.inventory import Inventory
    from auditor.model.audit import Audit
    from auditor.model.finding_store import Findings
    from auditor.pipeline.audit import Authored
    from auditor.pipeline.console import Console
    from auditor.pipeline.publish_run import Publishing
    from auditor.pipeline.settings import Report, Settings


def audit_estate(settings: Settings, inventory: Inventory, publish: Publishing) -> int:
    """Audit an estate, render every report, publish, return the exit code. Raises AuditorError."""
    rules = bound_rules(settings)
    exemptions = apply_exemptions.of_estate(settings, inventory)
    with ExitStack() as stack:
        baselines = stack.enter_context(
            load_baselines(
                settings.baseline, settings.history, settings.estate, settings.clock, settings.config, publish.store
            )
        )
        outcomes = outcomes_shown(settings)
        if baselines.earlier or settings.sinks:
            outcomes |= {Outcome.PASS}
        audit, findings = evaluate(stack, settings, rules, inventory, outcomes)
        audit.notices += settings.notices
        apply_exemptions.accept(settings, exemptions, inventory, audit, findings, whole=True)
        changes = changes_since(baselines, audit, findings)
        write_reports(settings.reports, audit, findings, settings.outcomes, baselines, changes, settings.console)
        delivered = publish.done(audit, findings)
        code, unmet = verdict(audit, settings.thresholds)
        if code == INCOMPLETE and not settings.quiet:
            explain_exit(settings.reports, settings.console, audit, code, unmet, scanned=True)
        return finish(settings, audit, code if delivered else INCOMPLETE)


def evaluate(
    stack: ExitStack,
    settings: Settings,
    rules: Sequence[Bound],
    inventory: Inventory,
    outcomes: frozenset[Outcome] | None,
    touched: frozenset[str] | None = None,
    authored: Authored | None = None,
) -> tuple[Audit, Findings]:
    """Evaluate rules on an inventory, with progress. The findings stay open as long as the stack."""
    from auditor.pipeline.audit import audit
    from auditor.render.formats import FORMATS

    with settings.console.evaluation() as progress:
        evaluated, findings = audit(
            rules,
            inventory,
            clock=settings.clock,
            outcomes=outcomes,
            jobs=settings.jobs,
            progress=progress,
            touched=touched,
            authored=authored,
            owner_tags=settings.owner_tags,
            excerpts=settings.excerpts and any(FORMATS[report.format].excerpts for report in settings.reports),
        )
    stack.enter_context(findings)
    return evaluated, findings


def explain_exit(
    reports: Sequence[Report],
    console: Console,
    audit: Audit,
    code: int,
    unmet: Sequence[str],
    *,
    scanned: bool = False,
) -> None:
    """Report why an audit ends with its code. `scanned`: an estate was audited, not a change."""
    on_stdout = any(report.format == "text" and report.path in (None, "-") for report in reports)
    reasons = exit_reasons(audit, code, unmet, on_stdout=on_stdout, scanned=scanned)
    if reasons:
        console.message(reasons)


def finish(settings: Settings, audit: Audit, code: int) -> int:
    """The exit code, after the telemetry of the run was sent."""
    failure = telemetry.export(audit, settings.estate or DEFAULT, settings.begun, time.time_ns(), code)
    if failure and not settings.quiet:
        settings.console.message(failure)
    return code
