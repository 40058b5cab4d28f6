"""What an inventory reads from: files, ranges of a large file, and what a collector holds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec

from auditor.ingest.diagnostics import Log
from auditor.ingest.type_filter import Wanted
from auditor.model.resource import Resource

SPLIT_FROM: Final = 20 << 20
"""A plain NDJSON file at least this large, named alone, can be read in parts by several processes.

Such a file is not searched for ids that occur twice, read in parts or as one: no part sees what another holds, and the
audit must not depend on the number of processes. Every occurrence is judged.
"""


class Source(Protocol):
    """Something that resources are read from."""

    def resources(self, log: Log, wanted: Wanted | None) -> Iterator[Resource]: ...


class FileSource(msgspec.Struct, frozen=True):
    """One file. `file` is its name to the user, `path` where it lies (elsewhere for standard input)."""

    path: str
    file: str

    def resources(self, log: Log, wanted: Wanted | None) -> Iterator[Resource]:
        from auditor.ingest.files import read_file  # here, as below: a change is read whole, by other means

        return read_file(self.path, self.file, log, wanted)


class RangeSource(msgspec.Struct, frozen=True):
    """Whole lines of a plain NDJSON file."""

    path: str
    file: str
    start: int
    end: int
    line: int

    def resources(self, log: Log, wanted: Wanted | None) -> Iterator[Resource]:
        from auditor.ingest.files import read_lines

        return read_lines(self.path, self.file, log, wanted, start=self.start, end=self.end, line=self.line)


class CollectedSource:
    """Resources that a collector holds or spools; `resources` must allow more than one iteration.

    `counted`: a reader of changes has counted the elements that they were made of.
    """

    def __init__(self, resources: Iterable[Resource], *, counted: bool = False) -> None:
        self._resources = resources
        self._counted = counted

    def resources(self, log: Log, wanted: Wanted | None) -> Iterator[Resource]:
        count = 0
        for resource in self._resources:
            count += 1
            if wanted is None or wanted.takes(resource):
                yield resource
        log.read += count
        if self._counted:
            log.given += count
        else:
            log.accounting.expect(count)
            log.accounting.resource(count)


def is_splittable(source: FileSource) -> bool:
    from auditor.ingest.files import is_plain_lines

    try:
        large = Path(source.path).stat().st_size >= SPLIT_FROM
    except OSError:
        return False
    return large and is_plain_lines(source.path, source.file)


def ranges_of(source: FileSource, n: int) -> list[RangeSource]:
    """The file in `n` ranges of about the same size, cut at line ends. Their lines are counted: reports name them."""
    ranges: list[RangeSource] = []
    start, line = 0, 1
    with Path(source.path).open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        for index in range(1, n + 1):
            end = size
            if index < n:
                stream.seek(max(start, size * index // n))
                stream.readline()
                end = stream.tell()
            if end > start:
                ranges.append(RangeSource(source.path, source.file, start, end, line))
                line += _count_lines(stream, start, end) if end < size else 0
            start = end
    return ranges


def _count_lines(stream: BinaryIO, start: int, end: int) -> int:
    buffer = bytearray(1 << 18)
    view = memoryview(buffer)
    count = 0
    stream.seek(start)
    while start < end and (got := stream.readinto(view[: min(len(buffer), end - start)])):  # type: ignore[attr-defined]
        count += buffer.count(b"\n", 0, got)
        start += got
    return count
