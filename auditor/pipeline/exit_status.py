"""Which exit code an audit ends with, and why: `--fail-on` and what else may be asked of its completeness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from auditor.model.errors import CLEAN, FINDINGS, INCOMPLETE

if TYPE_CHECKING:
    from auditor.model.audit import Audit
    from auditor.model.gap import Gap

LEVELS = ("critical", "high", "medium", "low", "info", "never")
SAME = "same"
"""`--fail-on-unknown` without a severity: that of `--fail-on`."""


class Thresholds(Struct, frozen=True):
    """What was asked for. None: as the command has it."""

    fail_on: str | None = None
    fail_on_unknown: str | None = None
    max_unknown: int | None = None
    min_coverage: float | None = None
    require_resources: bool = False

    @property
    def findings(self) -> str:
        """The lowest severity that ends with 1, or `never`."""
        return self.fail_on or "low"

    def unknowns(self, change: bool) -> str:
        """The lowest severity of unknowns that ends with 3, or `never`. What a change leaves unknown until it is
        applied is ordinary, so that it counts only when asked for."""
        if self.fail_on_unknown not in (None, SAME):
            return str(self.fail_on_unknown)
        if self.fail_on_unknown == SAME or self.max_unknown is not None:
            return self.findings if self.findings != "never" else "info"
        return "never" if change else self.findings


def thresholds_of(options: Mapping[str, Any], config: Mapping[str, Any]) -> Thresholds:
    """Options and `auditor.yaml` together; an option wins."""
    wanted = {
        "fail_on": "failOn", "fail_on_unknown": "failOnUnknown", "max_unknown": "maxUnknown",
        "min_coverage": "minCoverage",
    }  # fmt: skip
    values = {name: config.get(key) if options.get(name) is None else options[name] for name, key in wanted.items()}
    return Thresholds(
        **values, require_resources=options.get("require_resources") or config.get("requireResources", False)
    )


def verdict(audit: Audit, thresholds: Thresholds, gaps: Sequence[Gap] | None = None) -> tuple[int, list[str]]:
    """The exit code, and in sentences which explicit demands were not met. `gaps`: those to mind (None: all). 3 wins
    over 1, because what is missing could hide a finding.
    """
    change = audit.scope.change
    findings, unknowns = thresholds.findings, thresholds.unknowns(change)
    unmet = _unmet(audit, thresholds, unknowns)
    nothing = audit.nothing_evaluated and (thresholds.require_resources or not (change or findings == "never"))
    unknown = _answers(audit, "unknown", unknowns) > (thresholds.max_unknown or 0)
    minded = audit.gaps if gaps is None else gaps
    holes = [gap for gap in minded if not (change and unknowns == "never" and gap.kind == "unknown-until-apply")]
    broken = findings != "never" and (holes or _answers(audit, "error", findings))
    if nothing or unknown or broken or unmet:
        return INCOMPLETE, unmet
    return (FINDINGS if _answers(audit, "fail", findings) else CLEAN), []


def _unmet(audit: Audit, thresholds: Thresholds, severity: str) -> list[str]:
    told = []
    allowed = thresholds.max_unknown or 0
    number = _answers(audit, "unknown", severity)
    if number > allowed and (thresholds.fail_on_unknown or thresholds.max_unknown is not None):
        from auditor.render.phrasing import plural

        told.append(f"{plural(number, 'answer')} of severity {severity} or worse not known, {allowed:,} allowed.")
    counts = audit.counts
    decided = counts.total - counts.unknown - counts.error
    if thresholds.min_coverage is not None and counts.total * thresholds.min_coverage > decided * 100:
        share = f"{decided * 1000 // counts.total / 10:g} %"  # rounded down, so that it is below what was asked for
        told.append(f"{share} of the answers are decided, {thresholds.min_coverage:g} % asked for.")
    return told


def _answers(audit: Audit, outcome: str, severity: str) -> int:
    """How many answers with this outcome are of a severity or worse; none for `never`."""
    reaching = LEVELS[: LEVELS.index(severity) + 1] if severity != "never" else ()
    return sum(getattr(run.counts, outcome) for run in audit.rules if run.rule.severity in reaching)


def exit_reasons(audit: Audit, code: int, unmet: Sequence[str], *, on_stdout: bool, scanned: bool) -> str:
    """Why an audit ends with exit code 3, and what a complete one leaves open; empty when there is nothing to add.

    `on_stdout`: the text report on standard output already shows gaps and unknowns. `scanned`: unknown answers alone
    decide the code, unless an option says otherwise.
    """
    from auditor.render.phrasing import cut, plural, visible
    from auditor.render.phrasing import verdict as headline

    sentences = []
    answers, gaps = audit.counts.unknown + audit.counts.error, len(audit.gaps)
    unknown = plural(answers, "answer") + " not known"
    if audit.nothing_evaluated:
        sentences += (
            [headline(audit)[1]]
            if not on_stdout
            else ["Exit code 3, for nothing was evaluated."] * (code == INCOMPLETE)
        )
    elif code == INCOMPLETE and not (on_stdout and unmet):
        missing = [*([plural(gaps, "gap")] if gaps else ()), *([unknown] if answers else ())]
        sentences.append(f"Exit code 3, for the audit is incomplete: {', '.join(missing)}.")
        if scanned and not (gaps or audit.counts.error or unmet):
            sentences.append("With --fail-on-unknown never, failures alone decide.")
    elif code != INCOMPLETE and audit.counts.unknown and not on_stdout:
        sentences.append(f"{unknown} before the change is applied; --fail-on-unknown makes them count.")
    if sentences and code == INCOMPLETE and gaps and not on_stdout:
        sentences.append(f"First gap: {cut(audit.gaps[0].what)}: {cut(audit.gaps[0].reason)}")
    return visible(" ".join([*sentences, *unmet]))
