"""Opens an input as a stream of UTF-8 bytes: gzip unpacked, other Unicode encodings converted, the BOM gone."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from auditor.ingest.bounds import BOUNDS
from auditor.ingest.diagnostics import Broken

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    Stream = io.BufferedReader[io.RawIOBase]

HEAD: Final = 1 << 20
"""How much of a file is looked at to find out what it holds. A file that ends within is read in one piece."""

GZIP: Final = b"\x1f\x8b"
"""How gzip data begins."""
_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
PACKED: Final = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"\xfd7zXZ\x00", "compressed with xz"),
    (b"BZh", "compressed with bzip2"),
)
"""How other packed data begins, and what it is."""


class _Recoded(io.RawIOBase):
    """A stream of another Unicode encoding, read as UTF-8."""

    def __init__(self, stream: Stream, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while not self._ready:
            chunk = self._stream.read(1 << 16)
            try:
                self._ready = self._decoder.decode(chunk, final=not chunk).encode()
            except UnicodeError as error:
                raise Broken(f"the text is damaged ({self._decoder_name(error)})") from error
            if not chunk:
                break
        view = memoryview(buffer)
        size = min(len(view), len(self._ready))
        view[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    @staticmethod
    def _decoder_name(error: UnicodeError) -> str:
        return f"not {error.encoding}" if isinstance(error, UnicodeDecodeError) else "lone surrogate"


class _Unpacked(io.RawIOBase):
    """The content of a gzip file, as long as it has not more of it than a sound one."""

    def __init__(self, packed: BinaryIO) -> None:
        self._stream = gzip.GzipFile(fileobj=packed)
        self._left = max(BOUNDS.ratio_from, BOUNDS.ratio * os.fstat(packed.fileno()).st_size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        size = self._stream.readinto(buffer)
        self._left -= size
        if self._left < 0:
            raise Broken(f"it unpacks to more than {BOUNDS.ratio} times its size", hint="unpack it, if it is sound")
        return size


def gunzip(packed: BinaryIO) -> Stream:
    """The content of an open gzip file. Reading it raises `Broken` when that has far more than it should."""
    return io.BufferedReader(_Unpacked(packed), HEAD)


@contextmanager
def open_bytes(path: str) -> Iterator[Stream]:
    """The content of a file, ready to be read and peeked at.

    Raises `Broken` when it cannot be opened, is binary, or is damaged further on (within the `with` block).
    """
    try:
        with io.BufferedReader(cast(io.RawIOBase, io.FileIO(path)), HEAD) as plain:
            stream = plain
            if stream.peek(2)[:2] == GZIP:
                stream = gunzip(plain)
            yield _as_utf8(stream)
    except PermissionError as error:
        raise Broken("it may not be read", hint="check its permissions", kind="forbidden") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Broken("the gzip data is damaged or ends early", hint="compress or copy it again") from error
    except OSError as error:
        raise Broken(f"it cannot be read: {error.strerror or error}") from error


def is_gzip(path: str) -> bool:
    """Whether a regular file is compressed, by its content."""
    with Path(path).open("rb") as stream:
        return stream.read(2) == GZIP


def _as_utf8(stream: Stream) -> Stream:
    head = stream.peek(4096)[:4096]
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            stream.read(len(mark))
            return stream if encoding == "utf-8" else io.BufferedReader(_Recoded(stream, encoding), HEAD)
    for magic, name in PACKED:
        if head.startswith(magic):
            raise Broken(f"it is {name}, not text", hint="unpack it first; plain and gzip are read")
    if b"\0" in head:
        # UTF-16 without its mark: every second byte of the first characters is zero
        for encoding, pattern in (("utf-16-le", head[1:8:2]), ("utf-16-be", head[:8:2])):
            if len(head) > 3 and pattern and not any(pattern):
                return io.BufferedReader(_Recoded(stream, encoding), HEAD)
        raise Broken("it is binary, not text", hint="give JSON, NDJSON or YAML, plain or gzip")
    return stream
