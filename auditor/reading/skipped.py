"""Files that a folder holds and no reader takes: what their content looks like."""

from __future__ import annotations

import errno
import re
import stat
from pathlib import Path, PurePath
from typing import Final

_HEAD: Final = 1 << 14
_PACKED: Final = (
    (b"\x1f\x8b", "compressed with gzip"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"\xfd7zXZ\x00", "compressed with xz"),
    (b"BZh", "compressed with bzip2"),
)
_OFFICE: Final = frozenset({".docx", ".jar", ".odt", ".pptx", ".vsdx", ".whl", ".xlsx"})
"""Zip archives that hold no data to read."""
_JSON: Final = re.compile(rb'\s*(?:\{\s*(?:"|\Z)|\[\s*\{\s*"|\[\s*\Z)')
_MANIFEST: Final = re.compile(rb"""^[ \t]*["']?apiVersion["']?[ \t]*:""", re.MULTILINE)
_RESOURCE: Final = re.compile(rb"""["']?type["']?[ \t]*:[ \t]*["']?Microsoft\.""", re.IGNORECASE)


def data_in(path: str) -> str:
    """What a file seems to hold that a reader would take under another name; empty when it is nothing of the kind.

    Settings of tools begin with a dot and are JSON and YAML too: of these only manifests and resources of Azure count.
    Raises `OSError` when the file cannot be read.
    """
    name = PurePath(path)
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return ""
        with Path(path).open("rb") as stream:
            head = stream.read(_HEAD)
    except FileNotFoundError:
        return ""  # a link to nothing
    except OSError as error:
        if error.errno == errno.ELOOP:
            return ""
        raise
    packed = next((words for magic, words in _PACKED if head.startswith(magic)), "")
    if packed:
        return "" if name.suffix.lower() in _OFFICE else packed
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = text.replace(b"\0", b"")[2:]
    if _MANIFEST.search(text) or _RESOURCE.search(text):
        return "resources"
    return "JSON" if not name.name.startswith(".") and _JSON.match(text) else ""
