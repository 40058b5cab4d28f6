"""A folder as sink: NDJSON files for another program to take."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from auditor.errors import OutputError


class Folder:
    """A folder that must exist. Each file is there whole or not at all; the same rows make the same file again."""

    limit = 16_000_000

    def __init__(self, folder: str) -> None:
        self.name = f"file {Path(folder).resolve()}"
        self._folder = Path(folder)

    def send(self, rows: Sequence[bytes]) -> None:
        """Write rows to a file of their own. OutputError."""
        text = b"".join(row + b"\n" for row in rows)
        path = self._folder / f"auditor-{hashlib.sha256(text).hexdigest()[:16]}.ndjson"
        aside = path.with_suffix(".part")
        try:
            with aside.open("wb") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            aside.replace(path)
        except OSError as error:
            raise OutputError(
                f"{path}: {error.strerror}.", "Check the folder; what was to be written is kept."
            ) from error
