"""What lenses derived in words: names from outside made harmless, and all of it as JSON. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from auditor.model.resource import Unknown

_INVISIBLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    """A text whose control characters, and those that turn or hide others, are written out."""
    return _INVISIBLE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def as_document(value: Any) -> str:
    """A value as indented JSON; an unknown value is `{"unknown": reason}`."""
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=_unknown), indent=2).decode() + "\n"


def _unknown(value: Any) -> Any:
    if isinstance(value, Unknown):
        return {"unknown": value.reason}
    raise NotImplementedError(type(value).__name__)
