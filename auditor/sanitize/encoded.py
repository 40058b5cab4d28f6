"""Texts in base64: where they stand in another text, and what they say. Pure.

Base64 of ASCII text uses few of the 64 letters at some positions, because the first bit of each byte is 0. Names, ids
and digests do not follow that pattern and are left alone.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_GROUP: Final = r"[CDI-Za-f][AC-HQS-Xgi-nwy-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/]"
"""Four letters that stand for three bytes of ASCII text."""
_WIDE: Final = r"[CDI-Za-f][AQgw][AB][A-Za-z0-9+/]A[A-H][AEIMQUYcgkosw048]A"
"""Eight letters that stand for three characters of UTF-16, as PowerShell takes its commands."""
BEGINNING: Final = rf"(?:(?:{_GROUP}){{6}}|(?:{_WIDE}){{3}})"
"""How a text in base64 begins."""
_LETTERS: Final = r"[A-Za-z0-9+/]"
_TOKEN: Final = re.compile(
    rf"(?<!{_LETTERS}){BEGINNING}{_LETTERS}*(?:(?<={_LETTERS}{{60}})\r?\n{_LETTERS}+)*={{0,2}}".encode()
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----"
_PRIVATE: Final = "PRIVATE KEY-----"


class Encoded(NamedTuple):
    """A text in base64: where it stands in the bytes around it, and what it says."""

    start: int
    end: int
    text: str


def encoded_texts(data: bytes) -> Iterator[Encoded]:
    """The readable texts that stand in base64 in some bytes. Certificates are none."""
    for match in _TOKEN.finditer(data):
        text = _decoded(match[0])
        if text is not None:
            yield Encoded(*match.span(), text)


def encoded_text(text: str) -> str | None:
    """The text that another one is the base64 of, as a whole; None when it is not."""
    if not text.isascii() or " " in text:
        return None
    token = text.strip().encode()
    return _decoded(token) if _TOKEN.fullmatch(token) else None


def _decoded(token: bytes) -> str | None:
    bare = b"".join(token.split()).rstrip(b"=")
    try:
        data = base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
        text = data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    if _CONTROL.search(text) or (text.lstrip().startswith(_CERTIFICATE) and _PRIVATE not in text):
        return None
    return text
