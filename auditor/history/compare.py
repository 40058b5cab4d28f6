"""Two audits → what changed between them. Pure. Answers are matched by fingerprint.

An answer that one side does not hold says something only where that side looked (`audit_view`). Whatever is unknown
resolves nothing, and nothing is new only because the earlier audit did not look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from auditor.history.audit_view import BLIND, Key, Side
from auditor.model.audit import Audit
from auditor.model.finding import Finding, Outcome, Severity
from auditor.model.finding_store import Findings
from auditor.render.changes import Change, Changes, Difference, Standing, Unseen

_ORDER: Final = {change: number for number, change in enumerate(Change)}


_FINDING = msgspec.json.Decoder(Finding)


def compare(
    old: tuple[Audit, Findings],
    new: tuple[Audit, Findings],
    made: Mapping[str, str] | None = None,
    *,
    whole: bool = False,
) -> Changes:
    """Compare an earlier audit with a later one. Memory holds the standing of every answer, and what differs.

    `made`: what the change that was audited makes, by casefolded id, and what it was read from. `whole`: not the change
    alone was audited, but the estate with it.
    """
    earlier, later = Side("earlier", *old), Side("later", *new, made=made)
    later.alone = later.change and not earlier.change and not whole
    counts = dict.fromkeys(Change, 0)
    unseen: Counter[str] = Counter()
    unseen_failures: Counter[str] = Counter()
    differences: dict[str, Difference] = {}
    for line, key, before, after in _pairs(earlier, later):
        change, reason = _change(earlier, later, key, before, after)
        counts[change] += 1
        fails = any(standing and standing.outcome is Outcome.FAIL for standing in (before, after))
        if reason:
            unseen[reason] += 1
            unseen_failures[reason] += fails
        if change is not Change.UNCHANGED and (fails or change is not Change.NOT_COMPARED):
            found = _FINDING.decode(line)
            differences[key.fingerprint] = Difference(
                change=change, finding=found, before=before, after=after, reason=reason
            )
    for line, key in earlier.each():
        difference = differences.get(key.fingerprint)
        if difference and difference.change is Change.RESOLVED:  # what was wrong is told by the earlier finding
            differences[key.fingerprint] = msgspec.structs.replace(difference, finding=_FINDING.decode(line))
    return Changes(
        before=old[0].as_of,
        after=new[0].as_of,
        counts=counts,
        differences=tuple(sorted(differences.values(), key=_worst_first)),
        unseen=tuple(
            Unseen(reason=reason, answers=number, failures=unseen_failures[reason])
            for reason, number in sorted(unseen.items(), key=lambda item: (-item[1], item[0]))
        ),
        notes=(*earlier.notes(), *later.notes()),
        earlier={fingerprint: standing.outcome for fingerprint, standing in earlier.answers.items()},
    )


def newly_reaches(difference: Difference, threshold: Severity) -> bool:
    """True for a failure that reaches the severity now and did not before."""
    before, after = difference.before, difference.after
    if difference.change not in (Change.NEW, Change.WORSE) or not after or after.outcome is not Outcome.FAIL:
        return False
    failed_as_badly = bool(before and before.outcome is Outcome.FAIL and before.severity.reaches(threshold))
    return after.severity.reaches(threshold) and not failed_as_badly


def may_newly_reach(difference: Difference, threshold: Severity) -> bool:
    """True for a failure that reaches the severity, when the earlier audit cannot tell whether it is new."""
    after = difference.after
    fails = bool(after and after.outcome is Outcome.FAIL and after.severity.reaches(threshold))
    return fails and difference.change is Change.NOT_COMPARED


def _pairs(earlier: Side, later: Side) -> Iterator[tuple[bytes, Key, Standing | None, Standing | None]]:
    for line, key in later.each():
        yield line, key, earlier.answers.get(key.fingerprint), later.answers[key.fingerprint]
    for line, key in earlier.each():
        if key.fingerprint not in later.answers:
            yield line, key, earlier.answers[key.fingerprint], None


def _change(
    earlier: Side, later: Side, key: Key, before: Standing | None, after: Standing | None
) -> tuple[Change, str | None]:
    blind = [
        side.name for side, standing in ((earlier, before), (later, after)) if standing and standing.outcome in BLIND
    ]
    reason = f"unknown in the {' and the '.join(blind)} audit" if blind else None
    if reason is None and before is None:
        reason = earlier.did_not_look(key, later.types)
    if reason is None and after is None:
        reason = later.did_not_look(key, earlier.types)
    return (Change.NOT_COMPARED, reason) if reason else (_became(before, after), None)


def _became(before: Standing | None, after: Standing | None) -> Change:
    """What became of an answer that both sides can tell; None: there was nothing that could fail."""
    was = before.outcome if before else Outcome.PASS
    now = after.outcome if after else Outcome.PASS
    if before and after and was is now is Outcome.FAIL and before.severity is not after.severity:
        return Change.WORSE if after.severity.rank < before.severity.rank else Change.BETTER
    if was is now:
        return Change.UNCHANGED
    if now is Outcome.FAIL:
        return Change.NEW if was is Outcome.PASS else Change.WORSE
    if was is Outcome.FAIL:
        return Change.RESOLVED if now is Outcome.PASS else Change.BETTER
    return Change.WORSE if now is Outcome.EXEMPT else Change.BETTER


def _worst_first(difference: Difference) -> tuple[int, int, str, str, str]:
    finding = difference.finding
    return (
        _ORDER[difference.change],
        finding.severity.rank,
        finding.rule_id,
        finding.resource.id,
        finding.element or "",
    )
