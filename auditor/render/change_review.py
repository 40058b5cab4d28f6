"""A change over an estate, for those who review the change: what stood before is counted and not listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from auditor.model.audit import Audit
from auditor.model.finding import Outcome, Severity
from auditor.model.finding_store import Findings
from auditor.render.options import Options
from auditor.render.phrasing import failures_text, plural, verdict


class _Key(msgspec.Struct):
    fingerprint: str
    outcome: Outcome


_KEY = msgspec.json.Decoder(_Key)


def without_old(findings: Findings, only: frozenset[str]) -> Findings:
    """The findings without the failures that are not among these fingerprints. To be closed."""
    kept = Findings()
    for line in findings.lines():
        key = _KEY.decode(line)
        if key.outcome is not Outcome.FAIL or key.fingerprint in only:
            kept.extend_lines([line])
    return kept


def failures(audit: Audit, options: Options) -> Mapping[str, int]:
    """Severity → failures that are listed."""
    if options.only is None or options.changes is None:
        return audit.fail_counts
    listed = Counter[str](dict.fromkeys(Severity, 0))
    for each in options.changes.differences:
        if each.after and each.after.outcome is Outcome.FAIL and each.finding.fingerprint in options.only:
            listed[each.after.severity] += 1
    return listed


def change_verdict(audit: Audit, options: Options) -> tuple[str, str]:
    """The audit in a word and in a sentence, as `words.verdict` has it; of the failures that are listed, where these
    are not all."""
    if options.only is None or audit.nothing_evaluated:
        return verdict(audit)
    listed = failures(audit, options)
    number = sum(listed.values())
    old = audit.counts.fail - number
    left_out = f" {plural(old, 'failure')} that stood before {'is' if old == 1 else 'are'} not listed." if old else ""
    if number:
        return "fail", f"{plural(number, 'failure')} of the change: {failures_text(listed)}.{left_out}"
    missing = audit.counts.unknown or audit.counts.error or audit.gaps
    return "incomplete" if missing else "clean", f"No failure of the change.{left_out}"
