"""Keys that a JSON object has twice. Parsers disagree on which of the values counts, so that none of them is known."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

import orjson

from auditor.model.resource import Unknown

_TWICE: Final = Unknown("its key is given twice")
_QUOTE: Final = b'"'
_WRITTEN_OUT: Final = b"\\u0022"
_LONGEST_KEY: Final = 60  # that is shown


def may_have_doubled_keys(text: bytes, value: Any) -> bool:
    """Whether an object of a document may have a key twice, from its text and from what orjson made of it: the value of
    the first one is gone, so that the text is another one when it is written again, and has fewer quotes. Never False
    where a key is there twice: what looks like a quote that is written out adds to those of the text alone."""
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:  # nested deeper than it writes
        return True
    if written == text.rstrip():  # what programs write, and quicker than to count
        return False
    return text.count(_QUOTE) + text.count(_WRITTEN_OUT) != written.count(_QUOTE)


def with_doubled_keys_unknown(text: bytes) -> tuple[Any, list[str]]:
    """A document, the values of keys that are given twice being unknown, and these keys. Raises ValueError and
    RecursionError."""
    doubled: list[str] = []

    def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            for key, count in Counter(key for key, _value in pairs).items():
                if count > 1:
                    doubled.append(key)
                    made[key] = _TWICE
        return made

    return json.loads(text, object_pairs_hook=object_of), doubled


def doubled_key_of(text: bytes, value: Any) -> str | None:
    """Why a document that orjson made of a text is not known: a key of it is given twice. None where none is."""
    if not may_have_doubled_keys(text, value):
        return None
    try:
        doubled = with_doubled_keys_unknown(text)[1]
    except RecursionError:
        return "it is nested too deep"
    except ValueError:
        return "it holds a number that not every parser reads"
    return reason_of(doubled[0]) if doubled else None


def reason_of(key: str) -> str:
    """Why a document with a key twice is not known, in words."""
    return f"the key `{key[:_LONGEST_KEY]}` is given twice"
