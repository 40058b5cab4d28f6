"""The Inventory: the resources and gaps of one collection, streamed from files, directories and snapshots."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from auditor.ingest.deduplication import Once
from auditor.ingest.diagnostics import Log, label, printable
from auditor.ingest.sources import CollectedSource, FileSource, Source, is_splittable, ranges_of
from auditor.ingest.type_counts import Census
from auditor.ingest.type_filter import Wanted
from auditor.model.accounting import Accounting, sum_of
from auditor.model.errors import InputError
from auditor.model.gap import Gap
from auditor.model.resource import Resource

if TYPE_CHECKING:
    from auditor.ingest.discovery import Spool
    from auditor.ingest.snapshot import Snapshot

__all__ = ["CollectedSource", "FileSource", "Inventory", "Source", "open_inventory"]


class ShardSource(msgspec.Struct, frozen=True):
    """One file of a snapshot."""

    path: str
    digest: str
    count: int

    def resources(self, log: Log, wanted: Wanted | None) -> Iterator[Resource]:
        from auditor.ingest.snapshot import read_shard

        log.read += self.count
        log.accounting.expect(self.count)
        log.accounting.resource(self.count)  # it raises when it holds fewer
        return read_shard(self.path, self.digest, self.count, wanted)


class Inventory:
    """Resources and gaps of one collection; can be iterated more than once.

    `inputs` are the names that the user gave, `covers` the casefolded types that the collection looked at (None when
    it does not say), `groups` the casefolded names of resource groups outside of which it read nothing of Azure (empty:
    it read all), `unread` types of a change that are not read, with how many resources there are of each, `as_of` the
    clock of a snapshot. `gaps` is complete after the first full pass and does not change
    after it. So is `accounting`, the elements of the input and what became of them, and `handed_over`, how many
    resources such a pass gives or counts among `others`. `repeats` counts resources that were left out because an equal
    one with the same id stands elsewhere.
    """

    def __init__(
        self,
        inputs: Sequence[str],
        sources: Sequence[Source],
        *,
        gaps: Iterable[Gap] = (),
        covers: frozenset[str] | None = None,
        groups: frozenset[str] = frozenset(),
        unread: Mapping[str, int] | None = None,
        as_of: dt.datetime | None = None,
        accounting: Accounting | None = None,
        alone: bool = False,
        unique: bool = False,
    ) -> None:
        """`accounting`: of what is not in the sources. When it is not given, each of the gaps is one element.
        `alone`: broken input is an error, there being no other. `unique`: no resource can occur twice."""
        self.inputs = tuple(map(printable, inputs))
        self.gaps: list[Gap] = list(gaps)
        self.covers = covers
        self.groups = groups
        self.unread = unread or {}
        self.as_of = as_of
        self.repeats = 0
        self._sources = tuple(sources)
        self._alone = alone
        self._unique = unique
        self._given = len(self.gaps)
        self._counted = accounting or Accounting(total=self._given, gaps=self._given)
        self.accounting = self._counted
        self.handed_over = 0
        self._found = 0  # gaps of the pass that is known
        self._complete = False
        self._spool: Spool | None = None

    def resources(self, types: frozenset[str] | None = None, others: Census | None = None) -> Iterator[Resource]:
        """The resources, of the given casefolded types alone when these are named.

        With `others` it is a full pass all the same: what is left out is counted there. What must be looked at to find
        ids that occur twice is given nevertheless.

        Raises `InputError` in the end when the only input was broken and nothing of it could be read.
        """
        log, once = Log(), None
        full = types is None or others is not None
        if self._unique:
            yield from self._read(log, types, others)
        else:
            once = Once(lambda log: self._read(log, None if full else types))
            yield from once.resources(log)
        if self._complete:
            return
        error = log.error() if self._alone else None
        if error is not None:
            raise error
        gaps = log.complete()
        # a pass over some types misses ids that occur twice among the others: the first full pass has the last word
        self.gaps[self._given : self._given + self._found] = gaps
        self._found, self._complete = len(gaps), full
        if once is not None:
            self.repeats = once.dropped
            self._unique = self._complete and not once.repeated
        if full:
            self.handed_over = log.accounting.resources + log.given - self.repeats
            log.accounting.duplicate(min(self.repeats, log.accounting.resources))
            self.accounting = sum_of([self._counted, log.accounting])

    @property
    def files(self) -> list[str]:
        """The names of the single files that it reads."""
        return [source.file for source in self._sources if isinstance(source, FileSource)]

    def parts(self, n: int) -> list[Inventory]:
        """Up to `n` inventories that hold all of this one between them, to be read by a process each.

        The order of the parts is the order of the resources. Gaps known beforehand are with the first part. `[self]`
        when there is nothing to gain: only a large plain NDJSON file and a snapshot of several files can be split.
        """
        sources = self._sources
        if n > 1 and len(sources) > 1 and all(isinstance(source, ShardSource) for source in sources):
            groups: list[Sequence[Source]] = [
                sources[i * len(sources) // n : (i + 1) * len(sources) // n] for i in range(n)
            ]
        elif n > 1 and len(sources) == 1 and isinstance(only := sources[0], FileSource) and is_splittable(only):
            groups = [[part] for part in ranges_of(only, n)]
        else:
            return [self]
        groups = [group for group in groups if group]
        return [
            Inventory(
                self.inputs,
                group,
                gaps=() if index else self.gaps[: self._given],
                covers=self.covers,
                groups=self.groups,
                as_of=self.as_of,
                accounting=Accounting() if index else self._counted,
                unique=self._unique,
            )
            for index, group in enumerate(groups)
        ]

    def _read(self, log: Log, types: frozenset[str] | None, others: Census | None = None) -> Iterator[Resource]:
        wanted = None if types is None else Wanted(types, others)
        for source in self._sources:
            yield from source.resources(log, wanted)


def open_inventory(paths: Sequence[str]) -> Inventory:
    """The inventory of files, directories, snapshots and standard input (`-`).

    Raises `InputError` when a path does not exist, holds no data, or is a snapshot that cannot be read. The content of
    files is looked at only when the inventory is iterated.
    """
    from auditor.ingest.discovery import Spool, files_of
    from auditor.ingest.snapshot import is_snapshot, open_snapshot

    if not paths:
        raise InputError("No input was named.", "Name a file, a directory, a snapshot, or `-` for standard input.")
    if not all(paths):
        raise InputError("One of the inputs has no name.", "A variable of the shell may be empty.")
    inputs: list[str] = []
    sources: list[Source] = []
    gaps: list[Gap] = []
    accounting = Accounting()
    snapshots: list[Snapshot] = []
    named = list(dict.fromkeys(paths))
    spool = Spool()
    for path in named:
        if path != "-" and is_snapshot(path):
            snapshot = open_snapshot(path)
            snapshots.append(snapshot)
            inputs.extend(snapshot.inputs)
            gaps.extend(snapshot.gaps)
            accounting.add(snapshot.accounting)
            sources.extend(_shards(snapshot))
        else:
            inputs.append(path)
            found, holes, counted = files_of(path, spool, is_snapshot)
            sources.extend(found)
            gaps.extend(holes)
            accounting.add(counted)
            if not found and len(named) == 1:
                raise without_data(path, holes)
            if not found:
                gaps.append(Gap(what=printable(path), reason="it holds no data: no JSON, NDJSON or YAML file"))
                accounting.add(Accounting(total=1, gaps=1))
    covers = [snapshot.covers for snapshot in snapshots if snapshot.covers is not None]
    only_snapshots = len(snapshots) == len(named)
    only = sources[0] if len(sources) == 1 else None
    inventory = Inventory(
        inputs,
        sources,
        gaps=gaps,
        covers=frozenset().union(*covers) if only_snapshots and len(covers) == len(named) else None,
        groups=frozenset().union(*(snapshot.groups for snapshot in snapshots)),
        as_of=snapshots[0].as_of if only_snapshots and len(snapshots) == 1 else None,
        accounting=accounting,
        alone=isinstance(only, FileSource),
        unique=(only_snapshots and len(named) == 1) or (isinstance(only, FileSource) and is_splittable(only)),
    )
    inventory._spool = spool  # the copies live as long as the inventory
    return inventory


def without_data(path: str, gaps: Sequence[Gap]) -> InputError:
    """The error for the only input, of which no file can be read."""
    if not gaps:
        return InputError(
            f"{path} holds no data", "JSON, NDJSON and YAML files are read, plain, gzip, in zip or tar.gz"
        )
    first, name = gaps[0], label(path)
    reason = first.reason if first.what == name else f"{first.what}: {first.reason}"
    more = f"; and {len(gaps) - 1:,} more" if len(gaps) > 1 else ""
    return InputError(f"{name} holds no data that can be read: {reason}{more}")


def _shards(snapshot: Snapshot) -> list[ShardSource]:
    return [ShardSource(shard.path, shard.digest, shard.resources) for shard in snapshot.shards]
