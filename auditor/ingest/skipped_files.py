"""Files that no reader takes by their name: what their content looks like."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

from auditor.ingest.open_bytes import GZIP, PACKED

HEAD: Final = 1 << 14
"""How many bytes of a file are looked at."""

_PACKED: Final = ((GZIP, "compressed with gzip"), *PACKED)
OFFICE: Final = frozenset({".docx", ".jar", ".odt", ".pptx", ".vsdx", ".whl", ".xlsx"})
"""Zip archives that hold no data to read."""
_JSON: Final = re.compile(rb'\s*(?:\{\s*(?:"|\Z)|\[\s*\{\s*"|\[\s*\Z)')
_MANIFEST: Final = re.compile(rb"""^[ \t]*["']?apiVersion["']?[ \t]*:""", re.MULTILINE)
_RESOURCE: Final = re.compile(rb"""["']?type["']?[ \t]*:[ \t]*["']?Microsoft\.""", re.IGNORECASE)


def data_in(name: str, head: bytes) -> str:
    """What a file seems to hold that a reader would take under another name; empty when it is nothing of the kind.

    Settings of tools begin with a dot and are JSON and YAML too: of these only manifests and resources of Azure count.
    """
    path = PurePath(name)
    packed = next((words for magic, words in _PACKED if head.startswith(magic)), "")
    if packed:
        return "" if path.suffix.lower() in OFFICE else packed
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = text.replace(b"\0", b"")[2:]
    if _MANIFEST.search(text) or _RESOURCE.search(text):
        return "resources"
    return "JSON" if not path.name.startswith(".") and _JSON.match(text) else ""
