"""Texts in base64, compressed or not: where they stand in another text, and what they say. Pure.

Base64 of ASCII text uses few of the 64 letters at some positions, because the first bit of each byte is 0. Names, ids
and digests do not follow that pattern and are left alone.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

_GROUP: Final = r"[CDI-Za-f][AC-HQS-Xgi-nwy-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/]"
"""Four letters that stand for three bytes of ASCII text."""
_WIDE: Final = r"[CDI-Za-f][AQgw][AB][A-Za-z0-9+/]A[A-H][AEIMQUYcgkosw048]A"
"""Eight letters that stand for three characters of UTF-16, as PowerShell takes its commands."""
BEGINNING: Final = rf"(?:(?:{_GROUP}){{6}}|(?:{_WIDE}){{3}})"
"""How a text in base64 begins."""
_LETTERS: Final = r"[A-Za-z0-9+/]"
COMPRESSED: Final = r"(?:H4sI|e(?:AE|F4|J[w-z]|N[o-r]))[A-Za-z0-9+/]{20}"
"""How data begin that gzip or zlib has compressed."""
_PACKED: Final = re.compile(rb"H4sI|e(?:AE|F4|J[w-z]|N[o-r])")
_TOKEN: Final = re.compile(
    rf"(?<!{_LETTERS})(?:{BEGINNING}|{COMPRESSED}){_LETTERS}*(?:(?<={_LETTERS}{{60}})\r?\n{_LETTERS}+)*={{0,2}}".encode()
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----"
_PRIVATE: Final = "PRIVATE KEY-----"
_MOST: Final = 1 << 20
"""Bytes that the compressed data of one text are unpacked to."""
_RATIO: Final = 50
"""Times that data may be larger than their compressed form."""


class Encoded(NamedTuple):
    """A text in base64: where it stands in the bytes around it, and what it says. None: it is compressed, and too
    large to be unpacked."""

    start: int
    end: int
    text: str | None


class TooLarge(Exception):  # noqa: N818  (no error of the program)
    """Compressed data are larger than what is unpacked."""


def encoded_texts(data: bytes) -> Iterator[Encoded]:
    """The readable texts that stand in base64 in some bytes. Certificates are none."""
    left = _MOST
    for match in _TOKEN.finditer(data):
        packed = bool(_PACKED.match(match[0]))
        try:
            text = _decoded(match[0], left if packed else None)
        except TooLarge:
            yield Encoded(*match.span(), None)
            continue
        if text is not None:
            left -= len(text) if packed else 0
            yield Encoded(*match.span(), text)


def encoded_text(text: str) -> str | None:
    """The text that another one is the base64 of, as a whole; None when it is not. TooLarge: it is compressed, and its
    size is beyond the bounds."""
    if not text.isascii() or " " in text:
        return None
    token = text.strip().encode()
    return _decoded(token, _MOST if _PACKED.match(token) else None) if _TOKEN.fullmatch(token) else None


def _decoded(token: bytes, most: int | None) -> str | None:
    """The text of a token in base64. `most`: bytes that it is unpacked to, None when it is not compressed."""
    bare = b"".join(token.split()).rstrip(b"=")
    try:
        data = base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
        if most is not None:  # it may be an archive, whose names and sizes are no text
            return _CONTROL.sub("\n", _unpacked(data, min(most, len(data) * _RATIO)).decode("utf-8", "replace"))
        text = data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-8")
    except (binascii.Error, UnicodeDecodeError, zlib.error):
        return None
    if _CONTROL.search(text) or (text.lstrip().startswith(_CERTIFICATE) and _PRIVATE not in text):
        return None
    return text


def _unpacked(data: bytes, most: int) -> bytes:
    """What gzip or zlib has compressed, in one piece or several; the beginning where the end is missing.

    zlib.error: it is not compressed. TooLarge: it is more than `most` bytes.
    """
    found = b""
    while data:
        program = zlib.decompressobj(zlib.MAX_WBITS | 32)
        found += program.decompress(data, most - len(found) + 1)
        if len(found) > most:
            raise TooLarge
        data = program.unused_data if program.unused_data[:2] == data[:2] else b""
    return found
