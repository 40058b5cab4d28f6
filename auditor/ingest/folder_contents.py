"""The contents of folders and archives: which files are read, which are gaps, and which are not evaluated."""

from __future__ import annotations

import errno
import stat
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from auditor.ingest.archives import (
    LINK,
    Member,
    Refused,
    RestRefused,
    archive_form,
    damage_as_refusal,
    members,
    plain_name,
)
from auditor.ingest.bounds import BOUNDS, Bounds
from auditor.ingest.diagnostics import label, printable
from auditor.ingest.files import is_data
from auditor.ingest.open_bytes import GZIP
from auditor.ingest.skipped_files import HEAD, OFFICE, data_in
from auditor.ingest.sources import FileSource
from auditor.ingest.unrendered import CHART, WITHIN, is_chart, of_chart, part_of_chart
from auditor.model.accounting import Accounting
from auditor.model.gap import Gap

if TYPE_CHECKING:
    from auditor.ingest.discovery import Spool

_CHUNK: Final = 1 << 20


class Held(NamedTuple):
    """What the content of a file is: the form of an archive, or data; `words` say what, for a gap."""

    archive: str = ""
    data: bool = False
    words: str = ""


class Contents:
    """Files to read, gaps, and the number of what is not evaluated. Each file ends in one of the three."""

    def __init__(self, spool: Spool, bounds: Bounds = BOUNDS) -> None:
        self.sources: list[FileSource] = []
        self.gaps: list[Gap] = []
        self.accounting = Accounting()
        self._like_data: list[tuple[str, str]] = []  # files that are not read, and what they seem to hold
        self._spool = spool
        self._bounds = bounds
        self._entries = 0
        self._unpacked = 0

    def miss(self, name: str, reason: str, kind: str = "unreadable") -> None:
        """Note a file that is not read."""
        self.gaps.append(Gap(what=label(printable(name)), reason=reason, kind=kind))
        self.accounting.expect()
        self.accounting.gap()

    def leave_out(self, reason: str, name: str) -> None:
        """Count a file that is not evaluated, for a reason that has a name."""
        self.accounting.expect()
        self.accounting.leave_out(reason, printable(name))

    def take(self, path: str, name: str) -> None:
        """A file of a folder, named `name` to the user."""
        if is_read(name):
            self.sources.append(FileSource(path, printable(name)))
            return
        try:
            held = content_of(path, name)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP):  # a link to nothing
                self.leave_out("link to a file that is not there", name)
            else:
                self.miss(name, f"it cannot be read: {error.strerror}", "forbidden")
            return
        self._take(path, name, held, depth=0)

    def unpack(self, path: str, name: str, form: str, depth: int = 0) -> None:
        """The members of an archive, as files of a folder. `depth`: the number of archives that it lies in."""
        if depth >= self._bounds.depth:
            self.miss(name, f"archives are nested more than {self._bounds.depth} deep: unpack it")
            return
        most = max(self._bounds.ratio_from, self._bounds.ratio * Path(path).stat().st_size)
        before, seen = self._unpacked, set[str]()
        try:
            for member in members(path, form, self._bounds):
                self._entries += 1
                if self._entries > self._bounds.entries:
                    raise Refused(f"it has more than {self._bounds.entries:,} members: unpack it")
                self._member(member, name, seen, before + most, depth)
        except Refused as error:
            self.miss(name, f"it is a {form} archive that is not read, or not to its end: {error}")

    def _member(self, member: Member, archive: str, seen: set[str], most: int, depth: int) -> None:
        plain = plain_name(member.name)
        name = f"{archive}{WITHIN}{plain or member.name}"
        repeated = plain in seen
        seen.add(plain or "")
        folder = _hidden_folder(plain) if plain else None
        if folder is not None:
            self.leave_out("file of a hidden folder of an archive", name)
        elif plain is None:
            self.miss(name, "its name leads out of the archive")
        elif repeated:
            self.miss(name, "the archive holds it twice, and what unpacks it decides which one counts")
        elif member.problem == LINK and not is_read(plain):
            self.leave_out("link or device in an archive", name)
        elif member.problem:
            self.miss(name, member.problem)
        else:
            try:
                with damage_as_refusal(), member.open() as stream:
                    self._content(stream, name, most, depth)
            except RestRefused:
                raise
            except Refused as error:
                self.miss(name, str(error))

    def _content(self, stream: IO[bytes], name: str, most: int, depth: int) -> None:
        head = stream.read(HEAD)
        if PurePath(name).name == "manifest.json" and b'"schemaVersion"' in head and b'"shards"' in head:
            raise RestRefused("it holds a snapshot: unpack it, and name the folder")
        held = Held(data=True) if is_read(name) else held_in(name, head)
        if not held.archive and not held.data:
            self._take("", name, held, depth)
            return
        path = self._spool.copy(_Counted(self, head, stream, most))
        if held.data:
            self.sources.append(FileSource(path, printable(name)))
        else:
            self.unpack(path, name, held.archive, depth + 1)

    def _take(self, path: str, name: str, held: Held, depth: int) -> None:
        if held.archive:
            self.unpack(path, name, held.archive, depth)
        elif held.data:
            self.sources.append(FileSource(path, printable(name)))
        elif held.words:
            self._like_data.append((name, held.words))
        else:
            self.leave_out("file of a folder that holds no data", name)

    def result(self) -> tuple[list[FileSource], list[Gap], Accounting]:
        """The sources in the order of their names, the gaps, and what became of the files that are not sources."""
        charts = [source.file for source in self.sources if is_chart(source.path, source.file)]
        roots = {chart.removesuffix(CHART) for chart in charts}
        for chart in charts:
            if not any(chart.startswith(f"{root}charts/") for root in roots):  # the one around it renders it
                self.gaps.append(Gap(what=chart, reason=of_chart(chart)))
        sources = []
        for source in sorted(self.sources, key=lambda one: one.file):
            if part_of_chart(source.file, source.path, roots):
                self.leave_out("part of a Helm chart", source.file)
            else:
                sources.append(source)
        for name, words in self._like_data:
            if part_of_chart(printable(name), "", roots):
                self.leave_out("part of a Helm chart", name)
            else:
                self.miss(name, f"its content looks like data ({words}), and its name does not: name it by itself")
        return sources, self.gaps, self.accounting

    def count(self, size: int, most: int) -> None:
        """Count bytes that were unpacked. Raises `RestRefused` when they are too many."""
        self._unpacked += size
        if self._unpacked > self._bounds.unpacked:
            raise RestRefused(f"it unpacks to more than {self._bounds.unpacked >> 20} MiB: unpack it")
        if self._unpacked > most:
            raise RestRefused(f"it unpacks to more than {self._bounds.ratio} times its size: unpack it, if it is sound")


class _Counted:
    """A member whose head was read before."""

    def __init__(self, contents: Contents, head: bytes, stream: IO[bytes], most: int) -> None:
        self._contents, self._head, self._stream, self._most = contents, head, stream, most

    def read(self, size: int = -1) -> bytes:
        data, self._head = self._head or self._stream.read(min(size, _CHUNK) if size >= 0 else _CHUNK), b""
        self._contents.count(len(data), self._most)
        return data


def is_read(name: str) -> bool:
    """Whether a file of a folder is read for its name alone."""
    return is_data(name) and not PurePath(name).name.startswith(".")


def content_of(path: str, name: str) -> Held:
    """What the content of a file is. Raises `OSError`."""
    if not stat.S_ISREG(Path(path).stat().st_mode):
        return Held()
    with Path(path).open("rb") as stream:
        return held_in(name, stream.read(HEAD))


def held_in(name: str, head: bytes) -> Held:
    """What a file with this name is, by its first bytes."""
    if PurePath(name).name.startswith(".") or PurePath(name).suffix.lower() in OFFICE:
        return Held(words=data_in(name, head))
    if head.startswith(GZIP):
        inner = _head_unpacked(head)
        if archive_form(inner) == "tar":
            return Held(archive="tar")
        return Held(data=bool(data_in(name, inner)))
    form = archive_form(head)
    return Held(archive=form) if form else Held(words=data_in(name, head))


def _head_unpacked(head: bytes) -> bytes:
    """As much of the content of a gzip file as its first bytes hold."""
    import zlib

    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD)
    except zlib.error:
        return b"{"  # damaged: whoever reads it says so


def _hidden_folder(name: str) -> str | None:
    return next((part for part in name.split("/")[:-1] if part.startswith(".")), None)
