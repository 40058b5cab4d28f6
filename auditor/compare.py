"""Two audits → what changed between them. Pure. Answers are matched by fingerprint.

An answer that one side does not hold says something only where that side looked: it asked the rule, read the resource
(or its type, subscription and cluster, with no gap that could hide it) and could answer. Whatever is unknown resolves
nothing, and nothing is new only because the earlier audit did not look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from typing import Final

import msgspec

from auditor.findings import Findings
from auditor.lenses import LENSES
from auditor.model import CHANGES, Audit, Finding, Outcome, ResourceRef, Scope, Severity
from auditor.render.changes import Change, Changes, Difference, Standing, Unseen
from auditor.render.words import count_of

_BLIND: Final = frozenset({Outcome.UNKNOWN, Outcome.ERROR})
_WORST_FIRST: Final = (Outcome.FAIL, Outcome.ERROR, Outcome.UNKNOWN, Outcome.EXEMPT, Outcome.PASS)
_WEIGHT: Final = {outcome: weight for weight, outcome in enumerate(_WORST_FIRST)}
_ORDER: Final = {change: number for number, change in enumerate(Change)}


class _From(msgspec.Struct):
    """Where a resource was read; as `Origin` has it where a saved audit does not say."""

    source: str = "file"


class _Key(msgspec.Struct, rename="camel"):
    """What must be known of every finding."""

    fingerprint: str
    rule_id: str
    outcome: Outcome
    severity: Severity
    resource: ResourceRef
    origin: _From


_KEY = msgspec.json.Decoder(_Key)
_FINDING = msgspec.json.Decoder(Finding)
_STANDINGS: Final = {(o, s): Standing(outcome=o, severity=s) for o in Outcome for s in Severity}


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


class Side:
    """One audit: how its answers stand, and where it looked. `name` is what reasons call it."""

    alone = False  # a change without the estate that the other side is of

    def __init__(self, name: str, audit: Audit, findings: Findings, made: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.change = audit.scope.change
        self._made = dict(made or {})
        self.answers: dict[str, Standing] = {}
        self._findings = findings
        self._blind: set[tuple[str, str]] = set()
        self._seen: set[str] = set()
        listed = dict.fromkeys(Outcome, 0)
        for line in findings.lines():
            key = _KEY.decode(line)
            listed[key.outcome] += 1
            standing = _STANDINGS[key.outcome, key.severity]
            known = self.answers.setdefault(key.fingerprint, standing)
            if _WEIGHT[standing.outcome] < _WEIGHT[known.outcome]:
                self.answers[key.fingerprint] = standing
            resource = key.resource.id.casefold()
            self._seen.add(resource)
            if key.origin.source in CHANGES:
                self._made.setdefault(resource, key.origin.source)
            if key.outcome in _BLIND:
                self._blind.add((key.rule_id, resource))
        self._left_out = [outcome for outcome in Outcome if listed[outcome] < count_of(audit.counts, outcome)]
        self._rules = {run.rule.id: run for run in audit.rules}
        self.types = looked_at(audit.scope)
        self._groups = {name.casefold() for name in audit.scope.resource_groups}
        self._subscriptions = {name.casefold() for name in audit.scope.subscriptions}
        unnamed = {"-"} if any(name.startswith("/clusters/-/") for name in self._seen) else set[str]()
        self._clusters = {name.casefold() for name in audit.scope.clusters} | unnamed
        gaps = [(gap.what.casefold(), gap.type) for gap in audit.gaps]
        self._gap_ids = tuple(what for what, _ in gaps if what.startswith(_IDS))
        self._gap_types = {kind.casefold() for _, kind in gaps if kind}
        self._gap_anywhere = any(kind is None and not what.startswith(_IDS) for what, kind in gaps)

    def each(self) -> Iterator[tuple[bytes, _Key]]:
        """Each answer once, with its line: of several with one fingerprint the worst."""
        done: set[str] = set()
        for line in self._findings.lines():
            key = _KEY.decode(line)
            if key.fingerprint not in done and self.answers[key.fingerprint].outcome is key.outcome:
                done.add(key.fingerprint)
                yield line, key

    def notes(self) -> Iterator[str]:
        """What limits the comparison."""
        for outcome in self._left_out:
            if outcome is Outcome.PASS:
                yield (
                    f"The {self.name} audit was saved without its passes: what it does not hold counts as looked at "
                    "only where its type was read and no gap could hide it."
                )
            else:
                yield f"The {self.name} audit was saved without all its answers with outcome {outcome}."

    def did_not_look(self, key: _Key | Finding, elsewhere: Set[str]) -> str | None:
        """Why it says nothing that this side holds no such answer; None when it means that nothing is wrong there.

        `elsewhere` are the types that the other side looked at (`looked_at`).
        """
        resource = key.resource
        identity = resource.id.casefold()
        run = self._rules.get(key.rule_id)
        if run is None:
            return f"the {self.name} audit did not ask the rule"
        if run.error and not run.exercised:
            return f"the rule could not run in the {self.name} audit"
        source = self._made.get(identity, "")
        if run.rule.sources and not run.rule.asks_of(resource.type, source):
            return f"the rule is not asked of what a {source} makes"
        if self.alone and identity not in self._seen:
            return f"the {self.name} audit is of a change alone"
        if any(outcome is not Outcome.PASS for outcome in self._left_out):
            return f"the {self.name} audit was saved without all its answers"
        if (key.rule_id, identity) in self._blind:
            return f"the {self.name} audit could not tell for this resource"
        group = (resource.resource_group or "").casefold()
        if self._groups and identity.startswith("/subscriptions/") and group not in self._groups:
            return f"the {self.name} audit was limited to other resource groups"
        reads = _DERIVED.get(resource.type.casefold())
        if reads and not self._read_all(reads, elsewhere):
            return f"the {self.name} audit did not read all that it is derived from"
        return None if identity in self._seen else self._out_of_scope(resource, identity, reads)

    def _out_of_scope(self, resource: ResourceRef, identity: str, reads: Set[str] | None) -> str | None:
        kind = resource.type.casefold()
        if reads is None and not self._looked_at(kind, (resource.resource_group or "").casefold()):
            return f"the {self.name} audit read no resource of this type"
        if resource.subscription_id and resource.subscription_id.casefold() not in self._subscriptions:
            return f"the {self.name} audit did not read the subscription"
        if identity.startswith("/clusters/") and identity.split("/")[2] not in (self._clusters or {"-"}):
            return f"the {self.name} audit did not read the cluster"
        gap = bool((reads or {kind}) & self._gap_types) or identity.startswith(self._gap_ids)
        if gap or self._gap_anywhere:
            return f"a gap of the {self.name} audit may hide the resource"
        return None

    def _read_all(self, types: Set[str], elsewhere: Set[str]) -> bool:
        """Whether it looked at these types wherever the other side did."""
        azure, clusters = any(map(_of_azure, types)), not all(map(_of_azure, types))
        for part in elsewhere:
            kind, group = _parts(part)
            place = (azure and kind.startswith("/subscriptions/")) or (clusters and kind.startswith("/clusters/"))
            if (place and kind not in self.types) or (kind in types and not self._looked_at(kind, group)):
                return False
        return True

    def _looked_at(self, kind: str, group: str) -> bool:
        return kind in self.types or f"{kind}{_IN}{group}" in self.types


def looked_at(scope: Scope) -> set[str]:
    """The casefolded types that an audit looked at: everywhere, or those of Azure `TYPE in GROUP` when it was limited
    to resource groups; and the subscriptions and clusters, `/subscriptions/ID` and `/clusters/NAME`."""
    types = {name.casefold() for name in (*scope.resource_types, *scope.looked_for)}
    places = {f"/subscriptions/{name.casefold()}" for name in scope.subscriptions}
    places |= {f"/clusters/{name.casefold()}" for name in scope.clusters}
    if not scope.resource_groups:
        return types | places
    groups = [name.casefold() for name in scope.resource_groups]
    azure = {name for name in types if _of_azure(name)}
    return (types - azure) | {f"{name}{_IN}{group}" for name in azure for group in groups} | places


def _of_azure(kind: str) -> bool:
    return kind.startswith("microsoft.")


def _parts(part: str) -> tuple[str, str]:
    """Type and resource group of what `looked_at` holds; no group: everywhere."""
    kind, _, group = part.partition(_IN)
    return kind, group


_DERIVED: Final = {lens.type.casefold(): lens.reads for lens in LENSES}
"""Types that are no part of an estate themselves → what they are derived from."""
_IN: Final = " in "
_IDS: Final = ("/subscriptions/", "/clusters/")


def _pairs(earlier: Side, later: Side) -> Iterator[tuple[bytes, _Key, Standing | None, Standing | None]]:
    for line, key in later.each():
        yield line, key, earlier.answers.get(key.fingerprint), later.answers[key.fingerprint]
    for line, key in earlier.each():
        if key.fingerprint not in later.answers:
            yield line, key, earlier.answers[key.fingerprint], None


def _change(
    earlier: Side, later: Side, key: _Key, before: Standing | None, after: Standing | None
) -> tuple[Change, str | None]:
    blind = [
        side.name for side, standing in ((earlier, before), (later, after)) if standing and standing.outcome in _BLIND
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
