"""Reads what a gate evaluates: the files of a change, and the estate before it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from auditor.ingest.inventory import Inventory
    from auditor.model.gap import Gap
    from auditor.model.resource import Resource
    from auditor.plans.change import Changes
    from auditor.plans.detect import Beside


def context_of(
    parameters: str | None, source: str | None, scope: str | None, config: Mapping[str, Any]
) -> Beside | None:
    """What options and settings add to the change (an option wins); None when `scope` is not an ARM scope."""
    from auditor.ingest.document import whole_json
    from auditor.plans.detect import Beside, deployed_to

    parameters, source = parameters or config.get("templateParameters"), source or config.get("source")
    given = whole_json(parameters).sound_value() if parameters else None
    scope = scope or config.get("deployedTo")
    if not scope:
        return Beside(given, source)
    place = deployed_to(scope)
    if place is None:
        return None
    return Beside(given, source, *place)


def only_cluster(estate: Inventory | None) -> str | None:
    """The name of the cluster in an estate that has one."""
    names = {resource.cluster for resource in estate.resources() if resource.is_kubernetes} if estate else set()
    return names.pop() if len(names) == 1 else None


def on_cluster(changes: Sequence[Changes], cluster: str | None) -> list[Changes]:
    """The changes, their Kubernetes objects being those of the cluster, so that they meet what is there already."""
    from msgspec.structs import replace

    from auditor.model.resource import Resource

    def moved(one: Resource | None) -> Resource | None:
        if one is None or not one.is_kubernetes or one.cluster:
            return one
        return Resource(one.type, one.body, one.origin, str(cluster), partial=one.partial)

    if not cluster:
        return list(changes)
    return [
        replace(one, changes=tuple(replace(c, after=moved(c.after), before=moved(c.before)) for c in one.changes))
        for one in changes
    ]


def open_estate_before(path: str) -> Inventory:
    from auditor.ingest.inventory import CollectedSource, Inventory, open_inventory
    from auditor.model.kubernetes_types import shown_with

    inventory = open_inventory([path])
    resources = list(inventory.resources())
    types = {resource.type.casefold() for resource in resources}
    covers = shown_with(types) if inventory.covers is None else inventory.covers | types
    sources, groups = [CollectedSource(resources, counted=True)], inventory.groups
    return Inventory(
        [path],
        sources,
        gaps=inventory.gaps,
        covers=covers,
        groups=groups,
        accounting=inventory.accounting,
        unique=True,
    )


def gaps_without_scope(changes: Sequence[Changes]) -> Iterator[Gap]:
    """Templates, of which nobody said where they are deployed to."""
    from auditor.model.gap import Gap

    made = (change.after for one in changes for change in one.changes if change.after)
    for file in sorted({one.origin.file or "" for one in made if one.origin.source == "template"}):
        reason = "where it is deployed to is not told (--deployed-to): what is there already is taken for another thing"
        yield Gap(what=file, reason=reason, kind="unknown-until-apply")


def read_change_file(file: str, beside: Beside) -> Changes:
    """One file as a change; a folder or an archive of several as the manifests in it."""
    from auditor.ingest.diagnostics import label
    from auditor.ingest.discovery import Spool, archive_in, file_of, files_in
    from auditor.ingest.document import whole_json
    from auditor.ingest.inventory import Inventory, without_data
    from auditor.model.errors import InputError
    from auditor.plans.detect import kind_of, mistaken, read_change

    spool = Spool()  # its copies are needed until the file is read
    source = file_of(file, spool)
    if source is None:
        return _manifests(_folder(file))
    archive = archive_in(source)
    if archive:
        sources, gaps, accounting = files_in(source, archive, spool)
        if len(sources) > 1 or (sources and gaps):
            return _manifests(Inventory([file], sources, gaps=gaps, accounting=accounting))
        source = sources[0] if sources else source
    wrong = mistaken(source.file, _start(source.path))
    if wrong:
        raise InputError(f"{label(source.file)}: {wrong[0]}.", wrong[1])
    if archive and not sources:
        raise without_data(file, gaps)
    try:
        found = None if file.endswith((".yaml", ".yml")) else whole_json(source.path, source.file)
    except InputError:
        if file.endswith(".json"):
            raise
        found = None  # YAML from a pipe, or broken, which the reader of manifests says as well
    kind = kind_of(found.value if found else None)
    if found and kind != "other":
        found.refuse_doubled_keys()
        try:
            return read_change(kind, found.value, found.text, source.file, beside)
        except RecursionError as error:
            raise InputError(f"{label(source.file)}: it is nested too deep.", "No real change is.") from error
    return _manifests(Inventory([file], [source], alone=True))


def _folder(folder: str) -> Inventory:
    """The data in a folder. Raises InputError, which says what else is there when it holds none."""
    from auditor.ingest.inventory import open_inventory
    from auditor.model.errors import InputError
    from auditor.plans.detect import mistaken

    try:
        return open_inventory([folder])
    except InputError as error:
        for file in sorted(Path(folder).iterdir()) if Path(folder).is_dir() else ():
            if wrong := mistaken(file.name, b""):
                raise InputError(f"{folder} holds no data; {file.name}: {wrong[0]}.", wrong[1]) from error
        raise


def _start(path: str) -> bytes:
    try:
        with Path(path).open("rb") as stream:
            return stream.read(400)
    except OSError:
        return b""  # which the reader says as well


def _manifests(inventory: Inventory) -> Changes:
    from msgspec.structs import replace

    from auditor.model.resource import Resource
    from auditor.plans.change import Change, Changes

    found = []
    for one in inventory.resources():
        origin = replace(one.origin, source="manifest" if one.is_kubernetes else one.origin.source)
        found.append(Change("create", Resource(one.type, one.body, origin, one.cluster, partial=one.partial)))
    return Changes(tuple(found), inventory.accounting, tuple(inventory.gaps))
