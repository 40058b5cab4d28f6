"""Exemptions of one run: reads them, and marks what they accept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from auditor.pipeline import inline_exemptions

if TYPE_CHECKING:
    from auditor.exemptions.entry import Entry
    from auditor.ingest.inventory import Inventory
    from auditor.model.audit import Audit
    from auditor.model.finding import Notice
    from auditor.model.finding_store import Findings
    from auditor.model.resource import Resource
    from auditor.pipeline.settings import Settings
    from auditor.plans.change import Changes


class Exemptions(Struct, frozen=True):
    """What files of exemptions and comments hold, and what is said of comments that belong to nothing."""

    entries: list[Entry]
    notices: list[Notice]


def of_files(chosen: Settings) -> list[Entry]:
    """Those of every file of exemptions. Raises ConfigError."""
    if not chosen.exemptions:
        return []
    from auditor.exemptions.schema import read_exemptions
    from auditor.ruleset.loader import load_rules

    rules = load_rules(chosen.own)
    return [entry for file in chosen.exemptions for entry in read_exemptions(Path(file), rules)]


def of_estate(chosen: Settings, inventory: Inventory) -> Exemptions:
    """The exemptions of an audit of an estate; comments are read in its manifests. Raises ConfigError."""
    files = frozenset(file for file in inventory.files if inline_exemptions.is_marked_yaml(file))
    return _read(chosen, (one for one in inventory.resources() if one.origin.file in files) if files else (), ())


def of_change(chosen: Settings, inventory: Inventory, changes: Sequence[Changes]) -> Exemptions:
    """The exemptions of a gate; comments are read in all that the change was read from. Raises ConfigError."""
    return _read(chosen, inventory.resources(), changes)


def _read(chosen: Settings, resources: Iterable[Resource], changes: Sequence[Changes]) -> Exemptions:
    found = Exemptions([], [])
    for file, text, places in inline_exemptions.marked_files(resources, changes):
        from auditor.exemptions.inline import exemptions_in
        from auditor.ruleset.loader import load_rules

        comments, spots = inline_exemptions.parsed(file, text, places)
        entries, notices = exemptions_in(file, text, comments, spots, load_rules(chosen.own))
        if chosen.comments:
            found.entries.extend(entries)
        else:
            found.notices.extend(_refused(entry) for entry in entries)
        found.notices.extend(notices)
    found.entries.extend(of_files(chosen))
    return found


def _refused(entry: Entry) -> Notice:
    from auditor.model.finding import Notice

    message = (
        f"The exemption of {entry.rule} in a comment does not apply: the trusted settings do not allow `comments`."
    )
    return Notice(kind="exemption-refused", message=message, file=entry.exemption.file, line=entry.exemption.line)


def accept(
    chosen: Settings, given: Exemptions, inventory: Inventory, audit: Audit, findings: Findings, *, whole: bool
) -> None:
    """Mark what is exempt among the findings, and note what is wrong. `whole`: not a change alone was audited."""
    audit.notices += given.notices
    if given.entries:
        from auditor.exemptions.apply import apply, limits_of
        from auditor.exemptions.entry import tagged

        tags = tagged(given.entries, inventory.resources())
        apply(audit, findings, given.entries, limits_of(chosen.limits), tags, whole=whole)
