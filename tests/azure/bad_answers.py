"""What a broken or hostile server sends in place of an answer: status, headers and body as bytes."""

from __future__ import annotations

import gzip
import zlib
from typing import Final

LIST: Final = b'{"value":[],"data":[],"items":[],"certificates":[]}'
"""An empty list of any service: a client that takes one of these for it would say that there is nothing."""


def http(*headers: str, status: str = "200 OK", body: bytes = LIST, length: int | None = None) -> bytes:
    """An answer with the length of its body, or another, unless a header says how long it is."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers]
    if not any(line.casefold().startswith(("content-length", "transfer-encoding")) for line in headers):
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


_TWICE: Final = LIST[:-1] + b"," + LIST[1:]
_LINKS: Final = (
    LIST[:-1] + b',"nextLink":"https://management.azure.com/a","@odata.nextLink":"https://management.azure.com/b"}'
)
_CHUNKED: Final = "Transfer-Encoding: chunked"
_PACKED: Final = gzip.compress(LIST * 100)

BROKEN: Final[dict[str, bytes]] = {
    "nothing at all": b"\r\n",
    "no status line": LIST,
    "a status that is no number": b"HTTP/1.1 OK fine\r\n\r\n" + LIST,
    "a status beyond all": http(status="999 Beyond"),
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "interim answers and no other": b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000,
    "switching protocols": http("Upgrade: websocket", "Connection: Upgrade", status="101 Switching Protocols"),
    "chunks of no size": http(_CHUNKED, body=b"zz\r\n" + LIST + b"\r\n0\r\n\r\n"),
    "a chunk that is cut off": http(_CHUNKED, body=b"ff\r\n" + LIST),
    "a chunk without an end": http(_CHUNKED, body=b"ffffffffffffffff\r\n" + LIST),
    "a negative chunk": http(_CHUNKED, body=b"-5\r\n" + LIST + b"\r\n0\r\n\r\n"),
    "a length beyond the end": http(length=100_000),
    "a length that is no number": http("Content-Length: many"),
    "a length of twenty digits": http("Content-Length: 99999999999999999999"),
    "two lengths": http("Content-Length: 3", "Content-Length: 51"),
    "HTTP/1.0, cut off": b"HTTP/1.0 200 OK\r\n\r\n" + LIST[:20],
    "gzip that is cut off": http("Content-Encoding: gzip", body=_PACKED[:-9]),
    "gzip that is none": http("Content-Encoding: gzip", body=b"\x1f\x8b\x08" + LIST),
    "deflate that is gzip": http("Content-Encoding: deflate", body=_PACKED),
    "packed by what nobody knows": http("Content-Encoding: lzma", body=zlib.compress(LIST)),
    "a mark of byte order": http(body=b"\xef\xbb\xbf\xef\xbb\xbf" + LIST),
    "UTF-16": http(body=LIST.decode().encode("utf-16")),
    "two values": http(body=LIST + LIST),
    "half of a pair of surrogates": http(body=b'{"value":[],"data":[],"items":[],"x":"\xed\xa0\x80"}'),
    "a page": http("Content-Type: text/html", body=b"<!doctype html><title>Sign in</title>"),
    "NUL bytes": http(body=b"\0" * 4_096),
    "no content": http(status="204 No Content", body=b""),
    "a part": http("Content-Range: bytes 0-50/5000", status="206 Partial Content", body=LIST),
    "lists that are given twice": http(body=_TWICE),
    "a link that is given twice": http(body=LIST[:-1] + b',"nextLink":"https://a.example/","nextLink":null}'),
    "two links": http(body=_LINKS),
}
"""None of these is an answer: each is a gap, whoever sends it."""
ENDLESS: Final = (b"HTTP/1.1 100 Continue\r\n\r\n", b"X-More: and more\r\n")
"""Interim answers, and headers: what is sent again and again."""
