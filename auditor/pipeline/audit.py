"""Inventory × rules → audit and findings: the one place that joins reading and judging.

Two passes: the first fills the relation index and feeds the lenses, with the types that they ask for alone (there is
none when no rule relates or needs a lens), the second judges resource by resource, so that memory does not grow with
the estate; what the lenses derived is judged after the inventory's own. Several jobs are several processes, each over
a part of the input; their findings are joined in the order of the input.
"""

from __future__ import annotations

import datetime as dt
import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from auditor import __version__
from auditor.evaluate.bound_rule import Bound, rule_pack
from auditor.evaluate.conditions.relations import Relations
from auditor.evaluate.engine import Judge
from auditor.evaluate.ownership import Holders, inherit
from auditor.ingest.inventory import Inventory
from auditor.ingest.type_counts import Census
from auditor.lenses.registry import needed
from auditor.model.accounting import Accounting, sum_of
from auditor.model.audit import Audit, Counts, RuleRun, Scope
from auditor.model.finding import Outcome, Severity
from auditor.model.finding_store import Findings
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.pipeline.gc_control import no_collection
from auditor.pipeline.lens_runner import Reading
from auditor.pipeline.lone_children import PARENTS, TYPES, Children, Lone
from auditor.pipeline.subprocess_worker import beside, can_fork

if TYPE_CHECKING:
    from auditor.evaluate.snippets import Excerpts

Progress = Callable[[int], None]
"""Called now and then with the number of resources judged so far."""
_CERTIFICATE: Final = "auditor/certificate"
_PATH: Final = "auditor/trafficpath"
_BATCH = 512
_PATIENCE = 4


class Authored(Struct, frozen=True):
    """What a change writes over an estate: its casefolded ids, and the rules as they are asked of it
    (`bound.of_change`), in the order of the others."""

    rules: Sequence[Bound]
    ids: frozenset[str]


class _Part(Struct):
    """What judging one part of the input brings, beside its findings."""

    runs: list[RuleRun] = []
    gaps: list[Gap] = []
    accounting: Accounting = field(default_factory=Accounting)
    lost: int = 0  # resources that were read and neither evaluated nor counted
    census: Census = field(default_factory=Census)
    owners: dict[str, str] = {}
    excerpts: Excerpts | None = None


class _Task(Struct, frozen=True):
    """How to judge."""

    rules: Sequence[Bound]
    relations: Relations
    keep_passes: bool
    owner_tags: tuple[str, ...]
    excerpts: bool
    elsewhere: frozenset[str] = frozenset()  # casefolded ids that `_judge` leaves to `_judge_authored`

    def judge(self, part: _Part, each: str | None = None) -> Judge:
        """A judge, whose excerpts go to a part; of all rules, or of those on each element of an array."""
        if self.excerpts:
            from auditor.evaluate.snippets import Excerpts

            part.excerpts = Excerpts()
        return Judge(
            self.rules,
            self.relations,
            keep_passes=self.keep_passes,
            patience=_PATIENCE,
            owner_tags=self.owner_tags,
            excerpts=part.excerpts,
            each=each,
        )


@no_collection()
def audit(
    rules: Sequence[Bound],
    inventory: Inventory,
    *,
    clock: dt.datetime,
    outcomes: frozenset[Outcome] | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    touched: frozenset[str] | None = None,
    owner_tags: Sequence[str] = (),
    excerpts: bool = False,
    authored: Authored | None = None,
) -> tuple[Audit, Findings]:
    """Judge an inventory. The caller closes the findings.

    `outcomes` are those that some report will show; passes are counted in any case, but only kept when asked for.
    `touched`: judge these casefolded ids alone (a change); the other resources are there for relations and lenses.
    `authored`: what a change writes over the estate, which is asked the rules of a change.
    `owner_tags` name the tags that say whose a resource is. With `excerpts` the audit has parts of resources that fail.
    """
    parts = inventory.parts(jobs) if jobs > 1 and touched is None and can_fork() else [inventory]
    known = {id(rule) for rule in rules}
    others = [rule for rule in authored.rules if id(rule) not in known] if authored else []
    relations, derived, broken, lone = _first_pass((*rules, *others), inventory, apart=len(parts) > 1)
    keep_passes = outcomes is None or Outcome.PASS in outcomes
    tags, elsewhere = tuple(tag.casefold() for tag in owner_tags), authored.ids if authored else frozenset()
    task = _Task(rules, relations, keep_passes, tags, excerpts, elsewhere)
    with ExitStack() as stack:
        findings = stack.enter_context(Findings())
        if len(parts) > 1:
            done = _side_by_side(task, parts, derived, findings, progress)
        else:
            done = [_judge(task, inventory, findings, progress, touched), _judge_derived(task, derived, findings)]
        done += _judge_lone(task, lone if touched is None else [], findings)
        if authored:
            done.append(_judge_authored(replace(task, rules=authored.rules), inventory, findings))
        inherit(findings, {held: owner for part in done for held, owner in part.owners.items()})
        stack.pop_all()  # all went well: the findings stay open
    done[0].gaps = [*done[0].gaps, *broken]
    made = _summary(inventory, done, clock, any(bound.leaves_out_controlled for bound in rules))
    made.rule_pack = rule_pack(rules)
    asked = {kind for rule in rules for kind in rule.types}
    held = [kind for kind in TYPES if kind.rpartition("/")[0] in asked]  # evaluated in their parent, or as one
    used = asked.union(held, relations.types, *(lens.reads for lens in needed(relations.types | asked)))
    left = {name: number for name, number in made.scope.resource_types.items() if name.casefold() not in used}
    made.scope = replace(made.scope, unjudged={**left, **inventory.unread})
    if _CERTIFICATE in asked or _PATH in asked:
        from auditor.lenses import report_views

        made.certificates = report_views.certificates(derived) if _CERTIFICATE in asked else None
        made.paths = report_views.paths(derived) if _PATH in asked else None
    return made, findings


def _first_pass(
    rules: Sequence[Bound], inventory: Inventory, *, apart: bool
) -> tuple[Relations, list[Resource], list[Gap], list[Lone]]:
    """The relation index, the resources that lenses derive, where a lens broke, and children that no parent lists.
    `apart`: the lens of paths, which has as much to do as all the rest, reads in a process of its own."""
    relations = Relations(rules, inventory.covers)
    related = relations.types
    lenses = needed(related.union(*(rule.types for rule in rules)))
    far = [lens for lens in lenses if apart and lens.type.casefold() == _PATH]
    reading = Reading([lens for lens in lenses if lens not in far], inventory)
    with beside(Reading(far, inventory).all) if far else nullcontext(_nothing) as answer:
        asked = frozenset[str]().union(*(rule.types for rule in rules))
        children, noted = Children(), TYPES if PARENTS.keys() & asked else frozenset[str]()
        wanted = related | reading.types | noted
        for resource in inventory.resources(wanted) if wanted else ():
            kind = resource.type.casefold()
            if kind in related:
                relations.add(resource)
            if kind in noted:
                children.note(kind, resource)
            reading.take(kind, resource)
        near = list(reading.derived())
        others, broken_there = answer()
    lone, apart_gaps = children.alone()
    inventory.gaps += [*broken_there, *apart_gaps]
    order = [lens.type for lens in lenses]
    derived = sorted([*near, *others], key=lambda one: order.index(one.type))
    for resource in derived:
        if resource.type.casefold() in related:
            relations.add(resource)
    relations.add_gaps(inventory.gaps)
    return relations, derived, [*reading.broken, *broken_there, *apart_gaps], lone


def _nothing() -> tuple[list[Resource], list[Gap]]:
    return [], []


def _judge(
    task: _Task,
    inventory: Inventory,
    findings: Findings,
    progress: Progress | None = None,
    touched: frozenset[str] | None = None,
) -> _Part:
    part = _Part()
    judge = task.judge(part)
    holders = Holders(task.owner_tags, judge.types)
    pending: list[bytes] = []
    untouched = 0
    for number, resource in enumerate(inventory.resources(judge.types | holders.types, part.census), 1):
        holders.add(resource)
        if touched is not None and resource.id.casefold() not in touched:
            untouched += 1
            continue
        part.census.add(resource)
        if task.elsewhere and resource.id.casefold() in task.elsewhere:
            continue
        pending += judge.findings(resource)
        if len(pending) >= _BATCH:
            findings.extend_lines(pending)
            pending = []
        if progress and not number % _BATCH:
            progress(number)
    if pending:
        findings.extend_lines(pending)
    part.runs, part.gaps, part.owners = judge.runs(), inventory.gaps, holders.owners
    part.accounting = inventory.accounting
    part.lost = inventory.handed_over - untouched - part.census.types.total()
    return part


def _judge_derived(task: _Task, derived: Sequence[Resource], findings: Findings) -> _Part:
    """What lenses derived is no resource of the estate: it is not counted as one."""
    part = _Part()
    judge = task.judge(part)
    for resource in derived:
        if found := judge.findings(resource):
            findings.extend_lines(found)
    part.runs = judge.runs()
    return part


def _judge_authored(task: _Task, inventory: Inventory, findings: Findings) -> _Part:
    """What a change writes over the estate. It is counted with the rest of the estate."""
    part = _Part()
    judge = task.judge(part)
    for resource in inventory.resources(judge.types):
        if resource.id.casefold() in task.elsewhere and (found := judge.findings(resource)):
            findings.extend_lines(found)
    part.runs = judge.runs()
    return part


def _judge_lone(task: _Task, lone: Sequence[Lone], findings: Findings) -> list[_Part]:
    """What stands for children that no parent lists is counted as the children are: not once more."""
    done: list[_Part] = []
    for each in dict.fromkeys(child.each for child in lone):
        part = _Part()
        judge = task.judge(part, each)
        for child in lone:
            if child.each == each and (found := judge.findings(child.resource)):
                findings.extend_lines(found)
        part.runs = judge.runs()
        done.append(part)
    return done


def _side_by_side(
    task: _Task,
    parts: Sequence[Inventory],
    derived: Sequence[Resource],
    findings: Findings,
    progress: Progress | None,
) -> list[_Part]:
    """Judge each part, and its share of what was derived, in a process of its own."""
    import tempfile  # here: small audits do without
    from multiprocessing import RawArray

    judged = RawArray("q", len(parts))
    tell = partial(_tell, progress, judged) if progress else None
    shares = [derived[i * len(derived) // len(parts) : (i + 1) * len(derived) // len(parts)] for i in range(len(parts))]
    with tempfile.TemporaryDirectory(prefix="auditor-") as folder, ExitStack() as stack:
        gc.freeze()
        stack.callback(gc.unfreeze)
        answers = []
        for number, (part, share) in enumerate(zip(parts, shares, strict=True)):
            count = partial(judged.__setitem__, number)
            work = partial(_judge_into, Path(folder, str(number)), task, part, share, count)
            answers.append(stack.enter_context(beside(work, tell)))
        done = [answer() for answer in answers]
        for kind in _FILES:
            for number in range(len(parts)):
                findings.absorb(Path(folder, f"{number}{kind}"))
    return [part for part, _ in done] + [share for _, share in done]


_FILES: Final = (".own", ".derived")


def _tell(progress: Progress, judged: Iterable[int]) -> None:
    progress(sum(judged))


def _judge_into(
    file: Path, task: _Task, inventory: Inventory, derived: Sequence[Resource], progress: Progress
) -> tuple[_Part, _Part]:
    own, other = (file.with_suffix(kind) for kind in _FILES)
    with Findings(own) as findings, Findings(other) as more:
        return _judge(task, inventory, findings, progress), _judge_derived(task, derived, more)


def _summary(inventory: Inventory, parts: Sequence[_Part], clock: dt.datetime, left_out: bool) -> Audit:
    runs = parts[0].runs
    for part in parts[1:]:
        for run, more in zip(runs, part.runs, strict=True):
            run.counts.add(more.counts)
            run.error = run.error or more.error
    counts = Counts()
    fails: Counter[str] = Counter()
    unknowns: Counter[str] = Counter()
    for run in runs:
        counts.add(run.counts)
        fails[run.rule.severity] += run.counts.fail
        unknowns[run.rule.severity] += run.counts.unknown + run.counts.error
    census = Census()
    for part in parts:
        census.update(part.census)
    gaps = list(dict.fromkeys(gap for part in parts for gap in part.gaps))
    accounting = sum_of([part.accounting for part in parts])
    gaps += _imbalance(accounting, sum(part.lost for part in parts), inventory.inputs)
    if left_out:
        told = {gap.type for gap in gaps}
        gaps += [gap for gap in census.without_controllers(inventory.covers or frozenset()) if gap.type not in told]
    excerpts = parts[0].excerpts
    for part in parts[1:]:
        if excerpts and part.excerpts:
            excerpts.join(part.excerpts)
    return Audit(
        tool_version=__version__,
        as_of=clock,
        scope=Scope(
            inputs=inventory.inputs,
            subscriptions=tuple(sorted({name.casefold() for name in census.subscriptions})),
            resource_groups=tuple(sorted(inventory.groups)),
            clusters=tuple(sorted(census.clusters)),
            resources=census.types.total(),
            resource_types=_folded(census.types),
            looked_for=tuple(sorted(inventory.covers or ())),
        ),
        rules=sorted(runs, key=lambda run: run.rule.id),
        gaps=gaps,
        counts=counts,
        fail_counts={severity.value: fails[severity] for severity in Severity},
        unknown_counts={severity.value: unknowns[severity] for severity in Severity},
        excerpts=excerpts.listed() if excerpts else [],
        accounting=accounting,
    )


def _imbalance(accounting: Accounting, lost: int, inputs: Sequence[str]) -> Iterator[Gap]:
    """A gap when an element of the input has no outcome, or a resource was read and not evaluated."""
    missing = accounting.difference or lost
    if missing:
        reason = (
            f"{abs(missing):,} of its {accounting.total:,} elements did not end as resources, gaps or not evaluated: "
            "this is a defect of the auditor"
        )
        yield Gap(what=", ".join(inputs[:3]), reason=reason)


def _folded(types: Counter[str]) -> dict[str, int]:
    """Counts by type, one spelling each (the first in sorted order: ARM's own casing before all small letters)."""
    spelled: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for name in sorted(types):
        counts[spelled.setdefault(name.casefold(), name)] += types[name]
    return dict(sorted(counts.items()))
