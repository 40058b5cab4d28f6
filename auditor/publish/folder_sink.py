"""A folder as sink: NDJSON files for another program to take, of our own records or of OCSF events."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from auditor.model.errors import OutputError
from auditor.publish.ocsf import event_of


class Folder:
    """A folder that must exist. Each file is there whole or not at all; the same rows make the same file again."""

    limit = 16_000_000

    def __init__(self, folder: str, *, ocsf: bool = False) -> None:
        self.name = f"file {Path(folder).resolve()}{' ocsf' if ocsf else ''}"
        self._folder = Path(folder)
        self._ocsf = ocsf

    def send(self, rows: Sequence[bytes]) -> None:
        """Write rows to a file of their own. OutputError."""
        text = b"".join(row + b"\n" for row in (_events(rows) if self._ocsf else rows))
        if not text:
            return
        path = self._folder / f"auditor-{hashlib.sha256(text).hexdigest()[:16]}{'.ocsf' if self._ocsf else ''}.ndjson"
        aside = path.with_suffix(".part")
        try:
            with aside.open("wb") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            aside.replace(path)
        except OSError as error:
            with suppress(OSError):
                aside.unlink()
            raise OutputError(
                f"{path}: {error.strerror}.", "Check the folder; what was to be written is kept."
            ) from error


def _events(rows: Sequence[bytes]) -> list[bytes]:
    events = map(event_of, map(msgspec.json.decode, rows))
    return [msgspec.json.encode(event) for event in events if event is not None]
