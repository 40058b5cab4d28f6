"""Audits a change: evaluate what it makes, alone or over the estate, and return the exit code of a gate."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from msgspec.structs import replace

from auditor.model.errors import CLEAN, FINDINGS, INCOMPLETE
from auditor.model.finding import Outcome
from auditor.pipeline import apply_exemptions
from auditor.pipeline.audit_estate import evaluate, explain_exit, finish
from auditor.pipeline.baselines import compared_with, load_baselines
from auditor.pipeline.exit_status import verdict
from auditor.pipeline.publish_run import publishing
from auditor.pipeline.reports import changes_since, outcomes_shown, write_reports
from auditor.pipeline.settings import bound_rules

if TYPE_CHECKING:
    from auditor.ingest.inventory import Inventory
    from auditor.pipeline.settings import Settings
    from auditor.plans.change import Changes
    from auditor.render.changes import Changes as Since
    from auditor.render.options import Earlier


def audit_change(
    settings: Settings,
    inventory: Inventory,
    changes: Sequence[Changes],
    *,
    touched: frozenset[str] | None = None,
    against: Inventory | None = None,
    new_only: bool = False,
) -> int:
    """Audit what a change makes, render every report, return the exit code. Raises AuditorError.

    `inventory` is the estate after the change, `changes` what was read; `touched` are the ids of the resources to
    evaluate (None: all). `against` is the estate before: reports then show what is new, and with `new_only` only new
    failures decide the exit code.
    """
    from auditor.evaluate.bound_rule import of_change
    from auditor.pipeline.absent_parents import gaps_of_absent_parents
    from auditor.pipeline.audit import Authored
    from auditor.pipeline.change_overlay import written_by

    rules = bound_rules(settings)
    if against is None:
        rules = of_change(rules)
    where = "not in the change (--against knows it)" if against is None else "neither in the change nor in the estate"
    inventory.gaps += gaps_of_absent_parents(rules, inventory, touched, where)
    exemptions = apply_exemptions.of_change(settings, inventory, changes)
    with ExitStack() as stack:
        publish = stack.enter_context(publishing(settings))
        baselines = stack.enter_context(
            load_baselines(
                settings.baseline, settings.history, settings.estate, settings.clock, settings.config, publish.store
            )
        )
        if against is not None:
            before, findings_before = evaluate(stack, settings, rules, against, None)
            apply_exemptions.accept(settings, exemptions, against, before, findings_before, whole=False)
            baselines = compared_with(baselines, before, findings_before)
        outcomes = outcomes_shown(settings)
        if baselines.earlier or exemptions.entries or settings.sinks:
            outcomes |= {Outcome.PASS}
        authored = None if against is None else Authored(of_change(rules), written_by(changes))
        audit, findings = evaluate(stack, settings, rules, inventory, outcomes, touched, authored)
        audit.scope = replace(audit.scope, change=True)
        audit.notices += settings.notices
        apply_exemptions.accept(settings, exemptions, inventory, audit, findings, whole=False)
        earlier = baselines.earlier
        made = {resource.id.casefold(): resource.origin.source for resource in inventory.resources()} if earlier else {}
        since = changes_since(baselines, audit, findings, made, whole=against is not None)
        only = _new_failures(earlier, since) if new_only and earlier and since else None
        whole = () if against else ("sarif",)  # which may be the baseline of the next change
        write_reports(
            settings.reports, audit, findings, settings.outcomes, baselines, since, settings.console, only, whole
        )
        delivered = publish.done(audit, findings)
        known = set(against.gaps) if against and new_only else ()
        gaps = [gap for gap in audit.gaps if gap not in known]
        code, unmet = verdict(audit, settings.thresholds, gaps)
        if new_only and earlier and since and code == FINDINGS:
            code = FINDINGS if _newly_fails(earlier, since, settings.thresholds.findings) else CLEAN
        if not settings.quiet:
            explain_exit(settings.reports, settings.console, audit, code, unmet)
        return finish(settings, audit, code if delivered else INCOMPLETE)


def _newly_fails(earlier: Earlier, changes: Since, fail_on: str) -> bool:
    """Whether a failure reaches the severity that did not before.

    A failure that the earlier audit could not evaluate counts, unless that audit did not have the rule: such a failure
    comes with the rule, not with the change.
    """
    from auditor.history.compare import may_newly_reach, newly_reaches
    from auditor.model.finding import Severity

    rules_before = {run.rule.id for run in earlier.audit.rules}
    severity = Severity(fail_on)
    return any(
        newly_reaches(each, severity) or (may_newly_reach(each, severity) and each.finding.rule_id in rules_before)
        for each in changes.differences
    )


def _new_failures(earlier: Earlier, changes: Since) -> frozenset[str]:
    """The fingerprints of the failures that are new or worse, or that the earlier audit could not evaluate."""
    from auditor.render.changes import Change

    rules_before = {run.rule.id for run in earlier.audit.rules}
    return frozenset(
        each.finding.fingerprint
        for each in changes.differences
        if each.change in (Change.NEW, Change.WORSE)
        or (each.change is Change.NOT_COMPARED and each.finding.rule_id in rules_before)
    )
