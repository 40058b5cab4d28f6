"""One of two audits that are compared: how its answers stand, and where it looked. Pure.

That it holds no answer says something only where it looked: it asked the rule, read the resource (or its type,
subscription and cluster, with no gap that could hide it) and could answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Final

import msgspec

from auditor.lenses.registry import LENSES
from auditor.model.audit import Audit, Scope
from auditor.model.finding import Finding, Outcome, ResourceRef, Severity
from auditor.model.finding_store import Findings
from auditor.model.rule import CHANGES
from auditor.render.changes import Standing
from auditor.render.groups import ORDER
from auditor.render.phrasing import count_of

BLIND: Final = frozenset({Outcome.UNKNOWN, Outcome.ERROR})
"""Outcomes that tell nothing."""
_WEIGHT: Final = {outcome: weight for weight, outcome in enumerate(ORDER)}
_STANDINGS: Final = {(o, s): Standing(outcome=o, severity=s) for o in Outcome for s in Severity}
_DERIVED: Final = {lens.type.casefold(): lens.reads for lens in LENSES}
"""Types that are no part of an estate themselves → what they are derived from."""
_IN: Final = " in "
_IDS: Final = ("/subscriptions/", "/clusters/")


class _From(msgspec.Struct):
    """Where a resource was read; as `Origin` has it where a saved audit does not say."""

    source: str = "file"


class Key(msgspec.Struct, rename="camel"):
    """What must be known of every finding."""

    fingerprint: str
    rule_id: str
    outcome: Outcome
    severity: Severity
    resource: ResourceRef
    origin: _From


_KEY = msgspec.json.Decoder(Key)


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
            if key.outcome in BLIND:
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

    def each(self) -> Iterator[tuple[bytes, Key]]:
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

    def did_not_look(self, key: Key | Finding, elsewhere: Set[str]) -> str | None:
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
