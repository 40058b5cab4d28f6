"""What commands that inform look at: collections, and what templates and plans among the files would make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from auditor.ingest.inventory import Inventory
    from auditor.ingest.sources import FileSource
    from auditor.model.accounting import Accounting
    from auditor.model.resource import Resource
    from auditor.plans.change import Changes

_SIGNS: Final = re.compile(
    rb'"(?:terraform_version|resource_changes|change_?type)"|deploymentTemplate\.json', re.IGNORECASE
)
_HEAD: Final = 1 << 20
"""How far into a file its kind is looked for: plans and templates say it in their first lines."""


def open_estate(paths: Sequence[str], parameters: str | None = None) -> Inventory:
    """The inventory of files, folders, snapshots and standard input; a template or plan stands for what it would make.

    `parameters`: the parameter file of the templates. Raises `InputError` as `open_inventory` does.
    """
    from auditor.ingest.discovery import Spool, files_of
    from auditor.ingest.inventory import CollectedSource, Inventory, open_inventory
    from auditor.ingest.snapshot import is_snapshot
    from auditor.model.accounting import sum_of
    from auditor.model.errors import InputError
    from auditor.model.gap import Gap
    from auditor.model.kubernetes_types import shown_with
    from auditor.pipeline.change_overlay import accounting_of, unread_of

    if any(path == "-" or is_snapshot(path) for path in paths):
        return open_inventory(paths)
    sources: list[FileSource] = []
    changes: list[Changes] = []
    gaps: list[Gap] = []
    skipped: list[Accounting] = []
    spool = Spool()
    for path in paths:
        found, holes, counted = files_of(path, spool, is_snapshot)
        gaps += holes
        skipped.append(counted)
        for source in found:
            try:
                change = _change(source, parameters)
            except InputError as error:
                if len(found) == 1:
                    raise
                gaps.append(Gap(what=source.file, reason=str(error)))
                continue
            if change is None:
                sources.append(source)
            else:
                changes.append(change)
    if not changes:
        return open_inventory(paths)
    made: list[Resource] = [one.after for change in changes for one in change.changes if one.after]
    gaps += (gap for change in changes for gap in change.gaps)
    covers = shown_with({kind for change in changes for kind in change.covers} | {one.type.casefold() for one in made})
    known = None if sources else covers
    accounting = sum_of([accounting_of(changes), *skipped])
    return Inventory(
        paths,
        [*sources, CollectedSource(made, counted=True)],
        gaps=gaps,
        covers=known,
        unread=unread_of(changes),
        accounting=accounting,
    )


def _change(source: FileSource, parameters: str | None) -> Changes | None:
    """What a file would change; None when it is no template or plan."""
    from auditor.ingest.diagnostics import Broken
    from auditor.ingest.document import whole_json
    from auditor.ingest.open_bytes import open_bytes
    from auditor.model.errors import InputError
    from auditor.plans.detect import Beside, kind_of, read_change

    try:
        with open_bytes(source.path) as stream:
            if not _SIGNS.search(stream.read(_HEAD)):
                return None
        document = whole_json(source.path, source.file)
    except (Broken, InputError):
        return None  # the reader of collections says what is wrong with it
    kind = kind_of(document.value)
    if kind == "other":
        return None
    document.refuse_doubled_keys()
    given = whole_json(parameters).sound_value() if parameters else None
    return read_change(kind, document.value, document.text, source.file, Beside(given))
