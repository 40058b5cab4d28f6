"""Rows → request bodies that the Logs Ingestion API takes: JSON arrays below its limit, before and after gzip. Pure.

Source: Azure Monitor, "Service limits", Logs Ingestion API: 1 MB a call, compressed and uncompressed.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

LIMIT: Final = 1_000_000
"""Bytes. The page says MB; the smaller reading is the safe one."""


def chunks(rows: Iterable[tuple[int, bytes]], limit: int = LIMIT) -> Iterator[list[tuple[int, bytes]]]:
    """Numbered rows in order, as many together as fit. A row that fits nowhere comes alone."""
    chunk: list[tuple[int, bytes]] = []
    size = 2
    for number, row in rows:
        if chunk and size + len(row) + 1 > limit:
            yield chunk
            chunk, size = [], 2
        chunk.append((number, row))
        size += len(row) + 1
    if chunk:
        yield chunk


def body(rows: Sequence[bytes]) -> bytes:
    """The request body: a gzipped JSON array. The same rows are the same bytes."""
    return gzip.compress(b"[" + b",".join(rows) + b"]", compresslevel=6, mtime=0)
