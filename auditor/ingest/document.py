"""One JSON document as a whole: plans and templates, which are judged as one thing and never large."""

from __future__ import annotations

from typing import Any, Final

import orjson
from msgspec import Struct

from auditor.ingest.diagnostics import Broken, label
from auditor.ingest.open_bytes import open_bytes
from auditor.model.errors import InputError
from auditor.model.repeated_keys import may_have_doubled_keys, reason_of, with_doubled_keys_unknown

_LARGEST: Final = 256 << 20


class Document(Struct, frozen=True):
    """A document, named `file` to the user, and the text it was read from."""

    value: Any
    text: bytes
    file: str

    def sound_value(self) -> Any:
        """The value. Raises InputError as `refuse_doubled_keys` does."""
        self.refuse_doubled_keys()
        return self.value

    def refuse_doubled_keys(self) -> None:
        """Raise InputError when an object of the document has a key twice: nobody can say what the change will be."""
        if not may_have_doubled_keys(self.text, self.value):
            return
        try:
            _value, doubled = with_doubled_keys_unknown(self.text)
        except RecursionError as error:
            raise InputError(f"{self.file}: it is nested too deep.", "No real change is.") from error
        if doubled:
            hint = "Programs disagree on which value counts: give it once."
            raise InputError(f"{self.file}: {reason_of(doubled[0])}.", hint)


def whole_json(path: str, file: str = "") -> Document:
    """The document in a file: gzip, other Unicode encodings, a BOM and comments are read. Raises InputError.

    `file` is its name to the user, when that is not where it lies.
    """
    named = label(file or path)
    try:
        with open_bytes(path) as stream:
            text = stream.read(_LARGEST + 1)
    except Broken as error:
        raise InputError(f"{named}: {error.reason}", error.hint) from error
    if len(text) > _LARGEST:
        raise InputError(f"{named}: it is larger than {_LARGEST >> 20} MiB", "Split the change.")
    try:
        return Document(orjson.loads(text), text, named)
    except orjson.JSONDecodeError as first:
        from auditor.ingest.json_scanner import blank_comments

        try:
            text = blank_comments(text)
            return Document(orjson.loads(text), text, named)
        except orjson.JSONDecodeError:
            raise InputError(
                f"{named}: line {first.lineno}, column {first.colno}: no valid JSON: {first.msg}",
                "It may be cut off: write it again.",
            ) from first
