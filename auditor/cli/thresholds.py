"""Which exit code an audit ends with, and why: `--fail-on` and what else may be asked of its completeness."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import exists
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from auditor.model.errors import CLEAN, FINDINGS, INCOMPLETE

if TYPE_CHECKING:
    from auditor.model.audit import Audit
    from auditor.model.gap import Gap

LEVELS = ("critical", "high", "medium", "low", "info", "never")
SAME = "same"
"""`--fail-on-unknown` without a severity: that of `--fail-on`."""

OPTIONS = (
    click.option("--fail-on", type=click.Choice(LEVELS), help="Lowest severity that ends with code 1."),
    click.option(
        "--fail-on-unknown", type=click.Choice([*LEVELS, SAME]), metavar="[SEVERITY]",
        help="Unknown answers of this severity end with code 3; that of --fail-on when none is named.",
    ),
    click.option("--max-unknown", type=click.IntRange(0), metavar="N", help="Code 3 only for more unknown answers."),
    click.option(
        "--min-coverage", type=click.FloatRange(0, 100), metavar="PERCENT",
        help="Code 3 when fewer of the answers are decided.",
    ),
    click.option("--require-resources", is_flag=True, help="Code 3 when nothing was evaluated."),
)  # fmt: skip


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


def separated(args: Sequence[str]) -> list[str]:
    """The arguments with a value for each `--fail-on-unknown` that has none: what follows may be a file. Raises
    click.UsageError."""
    following = [*args, ""][1:]
    for arg, after in zip(args, following, strict=True):
        if arg != "--fail-on-unknown" or after in (*LEVELS, "") or after.startswith("-"):
            continue
        if not exists(after):  # noqa: PTH110  (it takes any text)
            raise click.UsageError(
                f"{after!r} behind --fail-on-unknown is no severity ({', '.join(LEVELS)}), and no file has this name."
            )
    return [
        f"{arg}={SAME}" if arg == "--fail-on-unknown" and after not in LEVELS else arg
        for arg, after in zip(args, following, strict=True)
    ]


def of_options(given: dict[str, Any], config: dict[str, Any]) -> Thresholds:
    """Options and `auditor.yaml` together; an option wins."""
    wanted = {
        "fail_on": "failOn", "fail_on_unknown": "failOnUnknown", "max_unknown": "maxUnknown",
        "min_coverage": "minCoverage",
    }  # fmt: skip
    found = {name: config.get(key) if given.get(name) is None else given[name] for name, key in wanted.items()}
    return Thresholds(
        **found, require_resources=given.get("require_resources") or config.get("requireResources", False)
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
