"""The resources that a change leaves: those that it makes, alone or laid over the estate before."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from auditor.ingest.inventory import Inventory
    from auditor.model.accounting import Accounting
    from auditor.model.gap import Gap
    from auditor.model.resource import Resource
    from auditor.plans.change import Addition, Change, Changes


def touched(changes: Sequence[Changes]) -> frozenset[str] | None:
    """The casefolded ids of what a change makes or alters; None where that is all that it shows."""
    is_whole = any(change.after and change.action == "no-op" for one in changes for change in one.changes)
    return written_by(changes) if is_whole else None


def written_by(changes: Sequence[Changes]) -> frozenset[str]:
    """The casefolded ids of what a change makes or alters."""
    made = (one for each in changes for one in each.changes if one.after and one.action != "no-op")
    return frozenset(one.after.id.casefold() for one in made if one.after)


def after_change(files: Sequence[str], changes: Sequence[Changes]) -> Inventory:
    """The resources as they will be after the change."""
    from auditor.ingest.inventory import CollectedSource, Inventory

    resources: Sequence[Resource] = [change.after for one in changes for change in one.changes if change.after]
    if len(changes) > 1:  # each file has told its own services
        from auditor.plans.overlay.endpoint_overlay import with_endpoints

        resources = with_endpoints(resources, resources, {})
    nowhere = _not_judged(changes, resources, "not in the change: --against judges it there")
    gaps = [*(gap for one in changes for gap in one.gaps), *nowhere]
    covers = _covers(changes, resources)
    unique = len({resource.id.casefold() for resource in resources}) == len(resources)
    sources, unread = [CollectedSource(resources, counted=True)], unread_of(changes)
    accounting = accounting_of(changes)
    return Inventory(files, sources, gaps=gaps, covers=covers, unread=unread, accounting=accounting, unique=unique)


def accounting_of(changes: Iterable[Changes]) -> Accounting:
    """The elements of several changes, and what became of them."""
    from auditor.model.accounting import sum_of

    return sum_of([one.accounting for one in changes])


def unread_of(changes: Iterable[Changes]) -> dict[str, int]:
    """What the changes hold of types that are not read."""
    from collections import Counter

    found: Counter[str] = Counter()
    for one in changes:
        found.update(one.unread)
    return found


def _covers(changes: Sequence[Changes], resources: Iterable[Resource]) -> frozenset[str]:
    from auditor.model.kubernetes_types import shown_with

    return shown_with({kind for one in changes for kind in one.covers} | {one.type.casefold() for one in resources})


def _not_judged(changes: Sequence[Changes], resources: Iterable[Resource], why: str) -> Iterator[Gap]:
    """What a change adds to resources that are not among these, and that cannot be judged without them."""
    from auditor.model.gap import Gap

    parts = [part for one in changes for part in one.additions]
    ids = {resource.id.casefold() for resource in resources} if parts else set()
    for part in parts:
        if ids.isdisjoint((part.stand_in.casefold(), part.target.casefold())):
            whose = f"{part.target}, which is {why}" if part.target else "something that is known after apply"
            reason = f"it is a part of {whose}"
            yield Gap(what=part.origin.address or part.target, reason=reason, kind="unknown-until-apply")


def laid_over_estate(
    before: Inventory, files: Sequence[str], changes: Sequence[Changes], more: Iterable[Gap] = ()
) -> Inventory:
    """The estate as it will be: what the change replaces or deletes is gone, what it makes is there, and what it
    updates has what the change sets over what it had.

    Which types are known to the last one is the estate's to say: a change shows only its own.
    """
    from auditor.ingest.inventory import CollectedSource, Inventory
    from auditor.plans.overlay.endpoint_overlay import with_endpoints

    real = [c for one in changes for c in one.changes if c.action != "no-op"]
    replaced = {end.id.casefold() for c in real for end in (c.before, c.after) if end}
    there = {one.id.casefold(): one for one in before.resources() if one.id.casefold() in replaced}
    parts: dict[str, list[Addition]] = {}
    for part in (part for one in changes for part in one.additions):
        parts.setdefault(part.target.casefold(), []).append(part)
    kept, standing_in = [], set()
    for resource in before.resources():
        own = resource.id.casefold()
        if own not in replaced:
            standing_in |= {part.stand_in.casefold() for part in parts.get(own, ())}
            kept.append(_added(resource, parts.get(own, ())))
    made = [_updated(there.get(c.after.id.casefold()), c) for c in real if c.after]
    made = [resource for resource in made if resource.id.casefold() not in standing_in]
    taken_away = [c.before for c in real if c.before and c.action in ("delete", "replace")]
    left = with_endpoints([*kept, *made], made, {one.id.casefold(): one.origin for one in taken_away})
    nowhere = _not_judged(changes, left, "neither in the change nor in the estate")
    gaps = [*before.gaps, *(gap for one in changes for gap in one.gaps), *nowhere, *more]
    sources = [CollectedSource(left, counted=True)]
    covers, groups = before.covers or frozenset(), before.groups
    inputs, unread = [*before.inputs, *files], unread_of(changes)
    accounting = accounting_of(changes)
    accounting.add(before.accounting)
    return Inventory(inputs, sources, gaps=gaps, covers=covers, groups=groups, unread=unread, accounting=accounting)


def _added(resource: Resource, parts: Sequence[Addition]) -> Resource:
    """A resource with what a change adds to it."""
    from msgspec.structs import replace

    from auditor.model.resource import Resource, holds_unknown
    from auditor.plans.overlay.bodies import added_to

    for part in parts:
        body = added_to(resource.body, part.before, part.after)
        origin = replace(part.origin, source="change")
        resource = Resource(resource.type, body, origin, resource.cluster, partial=holds_unknown(body))
    return resource


def _updated(there: Resource | None, change: Change) -> Resource:
    """What a change makes of the resource that is there. One that is replaced, or of a cluster, is as the change says;
    of others all is known that was, so that every rule can be asked."""
    from msgspec.structs import replace

    from auditor.model.resource import Resource, holds_unknown
    from auditor.plans.overlay.bodies import keep_read_only, laid_over

    made = cast("Resource", change.after)
    if (
        there is None
        or change.action == "replace"
        or made.is_kubernetes
        or there.type.casefold() != made.type.casefold()
    ):
        return made
    if made.origin.source == "template":
        keep_read_only(there.body, made.body)
        return Resource(made.type, made.body, made.origin, partial=holds_unknown(made.body))
    body = laid_over(there.body, change.before.body if change.before else None, made.body)
    origin = replace(made.origin, source="change")
    return Resource(made.type, body, origin, made.cluster, partial=holds_unknown(body))
