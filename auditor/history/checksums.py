"""Checksums of the rows of a history: the statements that write them, and the function that SQLite calls. Pure.

A byte that changes in the content of a row breaks no structure of the file, so that SQLite cannot notice it.
"""

from __future__ import annotations

import zlib
from typing import Final

CHECKED: Final = {
    "audits": "estate, id, at, figures",
    "standing": "estate, finding, status, digest, opened, failed, sent, body",
    "moves": "audit, finding, change, step, rule, severity, failed, resource",
    "types": "estate, type, seen",
    "latest": "estate, audit",
    "outbox": "sink, audit, record, refused",
    "sinks": "estate, sink, audit",
}
"""Table → the columns that its checksum covers."""
SINCE_2: Final = ";\n".join(
    f"ALTER TABLE {table} ADD COLUMN checksum INTEGER;\nUPDATE {table} SET checksum = checksum({columns})"
    for table, columns in CHECKED.items()
)


def _put(table: str, verb: str = "INSERT OR REPLACE") -> str:
    """The statement that writes a row with its checksum."""
    columns = CHECKED[table]
    values = ", ".join(f"?{number}" for number, _ in enumerate(columns.split(","), 1))
    return f"{verb} INTO {table} ({columns}, checksum) VALUES ({values}, checksum({values}))"


PUT_OUTBOX: Final = _put("outbox", "INSERT")
PUT: Final = {table: _put(table) for table in ("standing", "types", "latest", "sinks")}
PUT_AUDIT: Final = _put("audits", "INSERT")
PUT_MOVE: Final = _put("moves", "INSERT")
TOUCH: Final = (
    f"UPDATE standing SET sent = ?1, checksum = checksum({CHECKED['standing'].replace('sent', '?1')}) "  # noqa: S608
    "WHERE estate = ?2 AND finding = ?3"
)
REFUSE: Final = f"UPDATE outbox SET refused = ?1, checksum = checksum({CHECKED['outbox'].replace('refused', '?1')})"  # noqa: S608


def checksum_of(*values: object) -> int:
    """The CRC-32 of the values of a row, each with its length."""
    total = 0
    for value in values:
        content = value if isinstance(value, bytes) else str(value).encode()
        total = zlib.crc32(b"%d " % len(content) + content, total)
    return total
