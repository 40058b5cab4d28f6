"""Finds the files that a path stands for, and keeps copies of streams that can be read only once."""

from __future__ import annotations

import os
import stat
import sys
import weakref
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from auditor.ingest.diagnostics import printable
from auditor.ingest.sources import FileSource
from auditor.model.accounting import Accounting
from auditor.model.errors import InputError

if TYPE_CHECKING:
    from _typeshed import SupportsRead

    from auditor.ingest.folder_contents import Contents
    from auditor.model.gap import Gap

_ARCHIVES: Final = (b"PK", b"\x1f\x8b")
"""How archives begin, but for tar."""


def files_of(
    path: str, spool: Spool, is_snapshot: Callable[[str], bool]
) -> tuple[list[FileSource], list[Gap], Accounting]:
    """The files below a path, sorted, what could not be looked into, and the number of files that are not read.

    Files of a directory or an archive are read when their names are those of data. Another one whose content looks like
    data is a gap. Raises `InputError` when the path cannot be read.
    """
    source = file_of(path, spool)
    if source is not None:
        archive = archive_in(source)
        return files_in(source, archive, spool) if archive else ([source], [], Accounting())
    from auditor.ingest.folder_contents import Contents  # here: most inputs are files

    contents = Contents(spool)
    _walk(path, contents, is_snapshot)
    return contents.result()


def files_in(archive: FileSource, form: str, spool: Spool) -> tuple[list[FileSource], list[Gap], Accounting]:
    """The same of an archive."""
    from auditor.ingest.folder_contents import Contents

    contents = Contents(spool)
    contents.unpack(archive.path, archive.file, form)
    return contents.result()


def _walk(path: str, contents: Contents, is_snapshot: Callable[[str], bool]) -> None:
    """The files of a folder and those below it."""
    seen: set[str] = set()

    def hidden(error: OSError) -> None:
        contents.miss(str(error.filename), f"it cannot be listed: {error.strerror}", "forbidden")

    for folder, folders, names in os.walk(path, followlinks=True, onerror=hidden):
        real = os.path.realpath(folder)
        if real in seen:  # a circle of links
            folders.clear()
            continue
        seen.add(real)
        if is_snapshot(folder):
            folders.clear()
            contents.miss(folder, "it is a snapshot within a directory; name it by itself to judge it")
            continue
        for name in sorted(name for name in folders if name.startswith(".")):
            contents.leave_out("hidden folder", str(Path(folder, name)))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = str(Path(folder, name))
            contents.take(file, file)


def archive_in(source: FileSource) -> str:
    """The form of an archive, or empty for any other file."""
    try:
        with Path(source.path).open("rb") as stream:
            head = stream.read(2)
            if head not in _ARCHIVES and PurePath(source.file).suffix.lower() != ".tar":
                return ""
    except OSError:
        return ""  # whoever reads it says so
    from auditor.ingest.folder_contents import content_of

    return content_of(source.path, PurePath(source.file).name.lstrip(".")).archive


def file_of(path: str, spool: Spool) -> FileSource | None:
    """One file, which can be read more than once: a pipe and standard input are copied. None for a directory.

    Raises `InputError` when the path cannot be read.
    """
    if path == "-":
        return FileSource(spool.copy(sys.stdin.buffer), path)
    try:
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            return None
        if not stat.S_ISREG(mode):
            with Path(path).open("rb") as stream:
                return FileSource(spool.copy(stream), printable(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "Check the path.") from error
    return FileSource(path, printable(path))


class Spool:
    """Copies of streams that can be read only once, on disk as long as this object lives."""

    def __init__(self) -> None:
        self._folder: str | None = None
        self._count = 0

    def copy(self, stream: SupportsRead[bytes]) -> str:
        """The path of a copy of everything that a stream still gives."""
        import shutil  # here, as below: most inputs are files
        import tempfile

        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="auditor-")
            weakref.finalize(self, _remove, self._folder, os.getpid())
        self._count += 1
        target = Path(self._folder, str(self._count))
        with target.open("wb") as copy:
            shutil.copyfileobj(stream, copy, 1 << 20)
        return str(target)


def _remove(folder: str, process: int) -> None:
    import shutil

    if os.getpid() == process:  # not in a forked worker: the parent still reads them
        shutil.rmtree(folder, ignore_errors=True)
