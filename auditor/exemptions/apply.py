"""Exemptions × an audit → what is accepted is exempt, and what is wrong with the exemptions is said."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from auditor.evaluate.conditions.scalars import parse_duration
from auditor.exemptions.entry import EVERYTHING, Entry, Selection, Tagged
from auditor.model.audit import Audit, Counts, RuleRun
from auditor.model.finding import Finding, Notice, Outcome, Severity
from auditor.model.finding_store import Findings
from auditor.model.resource import Origin

DAY: Final = dt.timedelta(days=1)


class Limits(NamedTuple):
    """What exemptions may be: how far ahead they may end, when their end is announced, how much one may accept."""

    max_age: dt.timedelta = 365 * DAY
    warn: dt.timedelta = 14 * DAY
    max_findings: int = 50
    max_rules: int = 20


def limits_of(settings: Mapping[str, Any]) -> Limits:
    """The limits of `auditor.yaml`, checked already; what it does not say is as it is."""
    usual = Limits()
    return Limits(
        max_age=parse_duration(settings.get("maxAge", "")) or usual.max_age,
        warn=parse_duration(settings.get("warn", "")) or usual.warn,
        max_findings=settings.get("maxFindings", usual.max_findings),
        max_rules=settings.get("maxRules", usual.max_rules),
    )


class _Ref(msgspec.Struct):
    id: str


class _Key(msgspec.Struct, rename="camel"):
    """What must be known of every finding."""

    rule_id: str
    outcome: Outcome
    severity: Severity
    resource: _Ref
    element: str | None
    origin: Origin


_KEY = msgspec.json.Decoder(_Key)
_FINDING = msgspec.json.Decoder(Finding)
_ENCODER = msgspec.json.Encoder()


class Use:
    """How often each exemption, by its number, came into play."""

    def __init__(self) -> None:
        self.met: Counter[int] = Counter()  # answers about what it selects, passes included when they were kept
        self.needed: Counter[int] = Counter()  # of these, failures and unknowns
        self.accepted: Counter[int] = Counter()
        self.void: Counter[int] = Counter()  # what it would have accepted, were it in force


def apply(
    audit: Audit, findings: Findings, entries: Sequence[Entry], limits: Limits, tagged: Tagged, *, whole: bool
) -> None:
    """Mark what is accepted as `exempt`, among the findings and in the counts; add the notices about exemptions.

    Errors and passes are never exempt, unknowns only where the exemption says so. `whole`: the audit saw all that the
    exemptions are about, so that one without effect is reported. Of a change only those are, whose resources it
    touches; this needs the passes among the findings.
    """
    use = Use()
    runs = {run.rule.id: run for run in audit.rules}
    by_rule = {id: Selection(id, entries, tagged) for id in runs}
    void = [why_void(entry, limits, audit.as_of) for entry in entries]

    def accepted(line: bytes) -> bytes:
        key = _KEY.decode(line)
        numbers = by_rule[key.rule_id].of(key.resource.id, key.origin, key.element)
        number = _accepting(key, numbers, entries, void, use)
        if number is None:
            return line
        use.accepted[number] += 1
        _recount(audit, runs[key.rule_id].counts, key)
        exempt = {"outcome": Outcome.EXEMPT, "exemption": entries[number].exemption}
        return _ENCODER.encode(msgspec.structs.replace(_FINDING.decode(line), **exempt))

    findings.rewrite(accepted)
    rules = Counter(number for selection in by_rule.values() for number in selection.numbers)
    exercised = {number for id, selection in by_rule.items() if runs[id].exercised for number in selection.numbers}
    types = _types(by_rule, runs)
    for number, entry in enumerate(entries):
        looked = whole and number in exercised and _in_scope(entry, audit) and not _hidden(types[number], audit)
        if use.met[number] or looked:
            audit.notices += _notices(entry, number, use, rules[number], limits, audit.as_of, void[number])


def why_void(entry: Entry, limits: Limits, now: dt.datetime) -> str | None:
    """Why an exemption is not in force: `expired`, `too-long`, or None when it is."""
    if entry.ends <= now:
        return "expired"
    return "too-long" if entry.ends - now > limits.max_age else None


def _accepting(key: _Key, numbers: list[int], entries: Sequence[Entry], void: list[str | None], use: Use) -> int | None:
    """The first exemption in force that accepts a finding."""
    accepting: int | None = None
    would: list[int] = []
    for number in numbers:
        use.met[number] += 1
        if key.outcome not in (Outcome.FAIL, Outcome.UNKNOWN):
            continue
        use.needed[number] += 1
        if key.outcome not in entries[number].outcomes:
            continue
        if void[number]:
            would.append(number)
        elif accepting is None:
            accepting = number
    if accepting is None:
        use.void.update(would)
    return accepting


def _recount(audit: Audit, counts: Counts, key: _Key) -> None:
    for tally in (audit.counts, counts):
        setattr(tally, key.outcome.value, getattr(tally, key.outcome.value) - 1)
        tally.exempt += 1
    by_severity = audit.fail_counts if key.outcome is Outcome.FAIL else audit.unknown_counts
    by_severity[key.severity.value] -= 1


def _in_scope(entry: Entry, audit: Audit) -> bool:
    """Whether the audit looked where an exemption points: one for another subscription is not without use."""
    read = {name.casefold() for name in audit.scope.subscriptions}
    named = [
        parts[2].casefold()
        for glob in entry.resources
        if len(parts := glob.split("/")) > 2 and parts[1].casefold() == "subscriptions"
    ]
    return not named or len(named) < len(entry.resources) or any("*" in name or name in read for name in named)


def _types(by_rule: Mapping[str, Selection], runs: Mapping[str, RuleRun]) -> dict[int, set[str]]:
    """Number of an exemption → the casefolded types that its rules judge."""
    found: dict[int, set[str]] = defaultdict(set)
    for id, selection in by_rule.items():
        for number in selection.numbers:
            found[number] |= {kind.casefold() for kind in runs[id].rule.resource}
    return found


def _hidden(types: set[str], audit: Audit) -> bool:
    """Whether a gap may hide resources of these types: then nobody can say that an exemption has no effect."""
    in_azure = all(kind.startswith("microsoft.") for kind in types)
    return any(
        gap.type.casefold() in types if gap.type else not (in_azure and gap.what.startswith("/clusters/"))
        for gap in audit.gaps
    )


def _notices(
    entry: Entry, number: int, use: Use, rules: int, limits: Limits, now: dt.datetime, void: str | None
) -> Iterator[Notice]:
    def notice(kind: str, told: str) -> Notice:
        said = f"The exemption of {entry.rule} ({entry.exemption.owner}) {told}"
        return Notice(kind=f"exemption-{kind}", message=said, file=entry.exemption.file, line=entry.exemption.line)

    ends = entry.exemption.expires_on
    if void == "expired":
        counted = f"{_findings(use.void[number], 'counts', 'count')} again"
        yield notice("expired", f"ended on {ends}: {counted if use.void[number] else 'take it out'}.")
    elif void == "too-long":
        told = f"ends on {ends}, more than {limits.max_age // DAY} days ahead, so it is not in force"
        yield notice("too-long", f"{told}: {_findings(use.void[number], 'counts', 'count')}.")
    elif not use.needed[number]:
        yield notice("unused", "has no effect: nothing that it is about fails. Take it out.")
    elif entry.ends - now <= limits.warn:
        days = (entry.ends - now) // DAY
        left = f"in {days} day{'' if days == 1 else 's'}" if days else "within a day"
        again = _findings(use.accepted[number], "counts", "count")
        yield notice("expires-soon", f"ends on {ends}, {left}: then {again} again.")
    if use.accepted[number] > limits.max_findings:
        told = f"accepts {use.accepted[number]:,} findings, more than {limits.max_findings:,}: narrow it."
        yield notice("too-broad", told)
    elif rules > limits.max_rules:
        yield notice("too-broad", f"stands for {rules:,} rules, more than {limits.max_rules:,}: narrow it.")
    elif not entry.tags and EVERYTHING in entry.resources:
        yield notice("too-broad", "accepts this of every resource, also of those to come: narrow it.")


def _findings(number: int, one: str, many: str) -> str:
    return f"{number:,} finding{'' if number == 1 else 's'} {one if number == 1 else many}"
