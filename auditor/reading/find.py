"""Finds the files that a path stands for, and keeps copies of streams that can be read only once."""

from __future__ import annotations

import os
import stat
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from auditor.accounting import Accounting
from auditor.errors import InputError
from auditor.model import Gap
from auditor.reading.log import printable
from auditor.reading.sources import FileSource


def files_of(
    path: str, spool: Spool, is_snapshot: Callable[[str], bool]
) -> tuple[list[FileSource], list[Gap], Accounting]:
    """The files below a path, sorted, what could not be looked into, and the number of files that are not read.

    Files of a directory are read when their names are those of data. Another one whose content looks like data is a
    gap. Raises `InputError` when the path cannot be read.
    """
    from auditor.reading.files import is_data

    source, accounting = file_of(path, spool), Accounting()
    if source is not None:
        return [source], [], accounting
    gaps: list[Gap] = []
    seen: set[str] = set()

    def hidden(error: OSError) -> None:
        gaps.append(
            Gap(what=printable(str(error.filename)), reason=f"it cannot be listed: {error.strerror}", kind="forbidden")
        )

    files: list[str] = []
    for folder, folders, names in os.walk(path, followlinks=True, onerror=hidden):
        real = os.path.realpath(folder)
        if real in seen:  # a circle of links
            folders.clear()
            continue
        seen.add(real)
        if is_snapshot(folder):
            folders.clear()
            reason = "it is a snapshot within a directory; name it by itself to judge it"
            gaps.append(Gap(what=printable(folder), reason=reason))
            continue
        for name in sorted(name for name in folders if name.startswith(".")):
            accounting.leave_out("hidden folder", printable(str(Path(folder, name))))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        read = [name for name in names if is_data(name) and not name.startswith(".")]
        files.extend(str(Path(folder, name)) for name in read)
        gaps += _skipped(folder, sorted(set(names).difference(read)), accounting)
    accounting.expect(len(gaps) + accounting.left_out)
    accounting.gap(len(gaps))
    return [FileSource(file, printable(file)) for file in sorted(files)], gaps, accounting


def _skipped(folder: str, names: list[str], accounting: Accounting) -> Iterator[Gap]:
    """The gaps of files that are not read. Those that hold no data are counted."""
    from auditor.reading.skipped import data_in

    for name in names:
        path = str(Path(folder, name))
        try:
            held = data_in(path)
        except OSError as error:
            yield Gap(what=printable(path), reason=f"it cannot be read: {error.strerror}", kind="forbidden")
            continue
        if held:
            reason = f"it is not read, and its content looks like data ({held}): name it by itself, or unpack it"
            yield Gap(what=printable(path), reason=reason)
        else:
            accounting.leave_out("file of a folder that holds no data", printable(path))


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

    def copy(self, stream: BinaryIO) -> str:
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
