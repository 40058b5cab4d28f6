"""Rule sets that were read once, as JSON by the content of their files. Reads and writes the cache folder alone.

To read several hundred files at every start takes as long as to judge what changed. So what the system says of files
(size, inode, times) leads to their content, as with git; a file that changed a moment ago may change again unseen, and
is read. A cache that is missing, damaged or cannot be written costs time, nothing else.

A cached rule decides verdicts. So a folder or a file that another user owns or can write is ignored, and so is a link;
`AUDITOR_NO_CACHE` turns the cache off where another job could have written it as the same user, as in a pipeline that
restores caches.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from auditor import __version__
from auditor.model.rule import Rule

_DECODER: Final = msgspec.json.Decoder(list[Rule])
_KEPT: Final = 8
_FRESH: Final = 2_000_000_000
"""Nanoseconds: longer than the tick of any file system's clock."""
_NO_FOLLOW: Final[int] = getattr(os, "O_NOFOLLOW", 0)


def digest_of(paths: Sequence[str], contents: Iterable[bytes]) -> str:
    """What identifies the content of rule files, for this version of the program."""
    digest = hashlib.sha256(f"{__version__}\0".encode())
    for path, text in zip(paths, contents, strict=True):
        digest.update(b"%b\0%d\0%b" % (os.fsencode(path), len(text), text))
    return digest.hexdigest()[:32]


def cached(digest: str) -> list[Rule] | None:
    """The rules of files with this content; None when they were not kept, or written by another version."""
    try:
        return _DECODER.decode(_read(f"rules-{digest}.json"))
    except (OSError, msgspec.MsgspecError):
        return None


def store(digest: str, rules: list[Rule]) -> None:
    """Keep rules."""
    _write(f"rules-{digest}.json", msgspec.json.encode(rules))


class Stamp(NamedTuple):
    """What the system says of files, and whether none of them changed a moment ago."""

    text: str
    settled: bool


def as_they_stand(stamp: Stamp | None) -> list[Rule] | None:
    """The rules of files that are as they were when they were noted; None when they are not, or were not."""
    if stamp is None:
        return None
    try:
        return cached(_read(f"files-{stamp.text}.txt").decode())
    except (OSError, UnicodeDecodeError):
        return None


def note(stamp: Stamp | None, digest: str) -> None:
    """Remember the content of files, with what the system said of them before they were read."""
    if stamp is not None and stamp.settled:
        _write(f"files-{stamp.text}.txt", digest.encode())


def stamp_of(paths: Sequence[str]) -> Stamp | None:
    """What the system says of files now; None where it says nothing of one."""
    newest = 0
    digest = hashlib.sha256(f"{__version__}\0".encode())
    for path in paths:
        try:
            told = os.stat(path)  # noqa: PTH116  (a third of the time that a `Path` takes)
        except OSError:
            return None
        newest = max(newest, told.st_mtime_ns, told.st_ctime_ns)
        said = f"{told.st_size} {told.st_ino} {told.st_mtime_ns} {told.st_ctime_ns}"
        digest.update(b"%b\0%b\0" % (os.fsencode(path), said.encode()))
    return Stamp(digest.hexdigest()[:32], time.time_ns() - newest > _FRESH)


def _folder() -> Path:
    if os.environ.get("AUDITOR_NO_CACHE"):
        return Path(os.devnull)  # where no folder can be made: nothing is cached
    base = os.environ.get("AUDITOR_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "auditor"
    except RuntimeError:  # a user without a home
        return Path(os.devnull)


def _read(name: str) -> bytes:
    """A file of the cache. Raises OSError when it is missing, or somebody else could have written it."""
    path = _folder() / name
    _check(path.parent.lstat())
    with os.fdopen(os.open(path, os.O_RDONLY | _NO_FOLLOW), "rb") as file:
        _check(os.fstat(file.fileno()))
        content = file.read()
    with contextlib.suppress(OSError):
        os.utime(path)  # what was not used for the longest time is removed first
    return content


def _check(status: os.stat_result) -> None:
    """Raises PermissionError for what another user owns or can write, and for a link. Windows has no such modes."""
    if os.name == "nt":
        return
    if status.st_uid != os.geteuid() or status.st_mode & 0o022 or stat.S_ISLNK(status.st_mode):
        raise PermissionError("another user can write it")


def _write(name: str, content: bytes) -> None:
    import tempfile  # here: it takes longer to import than a cached start should

    path = _folder() / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check(path.parent.lstat())
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(aside).replace(path)
        except OSError:
            Path(aside).unlink(missing_ok=True)
            raise
        kind = f"{name.partition('-')[0]}-*{path.suffix}"
        for old in sorted(path.parent.glob(kind), key=lambda one: one.stat().st_mtime)[:-_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return
