"""Archives (zip, tar and tar.gz) as files: their members one by one, within bounds.

No member is written under the name that the archive gives it, so no name leads anywhere. Nothing is unpacked before
the bounds allow it: `zipfile` and `tarfile` read through `_Source`, which refuses large reads, because both hold tables
and extended headers as a whole in memory.
"""

from __future__ import annotations

import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Final, NamedTuple

from auditor.ingest.bounds import BOUNDS, Bounds
from auditor.ingest.diagnostics import Broken
from auditor.ingest.open_bytes import gunzip, is_gzip

_TAR_BLOCK: Final = 512
_END_OF_TAR: Final = bytes(_TAR_BLOCK)
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 0x1 | 0x40
_DRIVE: Final = re.compile(r"[A-Za-z]:")
LINK: Final = "it is a link or a device, not a file"
_DAMAGED: Final = "it is damaged or ends early: copy it again"


class Refused(Exception):  # noqa: N818  (caught inside `reading`)
    """An archive, or the rest of it, is not read. The text is the reason."""


class RestRefused(Refused):
    """Nothing more of the archive is read."""


class Member(NamedTuple):
    """A file in an archive. `problem`: why its content is not read, or empty. `open` works until the next member."""

    name: str
    problem: str
    open: Callable[[], IO[bytes]]


def archive_form(head: bytes) -> str:
    """`zip` or `tar`, by the first bytes of a file, unpacked where it is gzip; empty for anything else."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    try:
        tarfile.TarInfo.frombuf(head[:_TAR_BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return ""
    return "tar"


def members(path: str, form: str, bounds: Bounds = BOUNDS) -> Iterator[Member]:
    """The files in an archive, in its order. Raises `Refused` where it, or the rest of it, cannot be read."""
    return _of_zip(path, bounds) if form == "zip" else _of_tar(path, bounds)


def plain_name(name: str) -> str | None:
    """The name of a member, with slashes; None when it would leave the folder that the archive is unpacked in."""
    name = name.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or _DRIVE.match(name) or ".." in parts or not parts:
        return None
    return "/".join(parts)


class _Source:
    """A stream for `zipfile` and `tarfile`: no read is large, and it goes forward by reading where it must."""

    def __init__(self, stream: IO[bytes], bounds: Bounds, seekable: bool) -> None:
        self._stream = stream
        self._bounds = bounds
        self._seekable = seekable
        self._at = 0
        self.last = b""

    def read(self, size: int = -1) -> bytes:
        most = self._bounds.one_read
        data = self._stream.read(most + 1 if size < 0 else min(size, most + 1))
        if len(data) > most:
            raise Refused(f"its table of members or a header is larger than {most >> 20} MiB")
        self._at += len(data)
        self.last = data
        return data

    def tell(self) -> int:
        return self._stream.tell() if self._seekable else self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        if self._seekable:
            return self._stream.seek(offset, whence)
        while self._at < offset and self.read(min(1 << 16, offset - self._at)):
            pass
        return self._at

    def seekable(self) -> bool:
        return self._seekable


def _of_zip(path: str, bounds: Bounds) -> Iterator[Member]:
    with (
        damage_as_refusal(),
        Path(path).open("rb") as stream,
        zipfile.ZipFile(_Source(stream, bounds, seekable=True)) as archive,
    ):
        infos = archive.infolist()
        if len(infos) > bounds.entries:
            raise Refused(f"it has more than {bounds.entries:,} members: unpack it")
        if any(info.filename == "tfplan" for info in infos):
            raise Refused("it is the plan file of Terraform: write it as JSON with `terraform show -json`")
        for info in infos:
            if not info.is_dir():
                yield Member(info.filename, _problem_of_zip(info), partial(archive.open, info))


def _problem_of_zip(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted: unpack the archive"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return LINK
    if info.compress_type not in _METHODS:
        return "it is compressed by another method than deflate: unpack the archive"
    return ""


def _of_tar(path: str, bounds: Bounds) -> Iterator[Member]:
    with damage_as_refusal(), Path(path).open("rb") as plain, gunzip(plain) if is_gzip(path) else plain as stream:
        source = _Source(stream, bounds, seekable=False)
        with tarfile.open(fileobj=source, mode="r:") as archive:  # type: ignore[call-overload]
            for number, info in enumerate(iter(archive.next, None), 1):
                if number > bounds.entries:
                    raise Refused(f"it has more than {bounds.entries:,} members: unpack it")
                if not info.isdir():
                    yield Member(info.name, "" if info.isreg() else LINK, partial(archive.extractfile, info))
                archive.members.clear()  # or it holds them all
        if source.last != _END_OF_TAR:
            raise Refused(_DAMAGED)
        while rest := source.read(1 << 16):
            if rest.strip(b"\0"):
                raise Refused("it goes on after its end: unpack it")


@contextmanager
def damage_as_refusal() -> Iterator[None]:
    """What goes wrong while an archive or a member of it is read, as `Refused`."""
    try:
        yield
    except Broken as error:
        raise Refused(error.reason) from error
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise Refused(_DAMAGED) from error
    except OSError as error:
        raise Refused(f"it cannot be read: {error.strerror or 'it is damaged'}") from error
