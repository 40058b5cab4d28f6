"""The functions of ARM templates on texts, with Microsoft's published semantics. Pure.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any, Final

from auditor.plans.arm.format import format_text
from auditor.plans.arm.hash import guid, unique_string
from auditor.plans.arm.values import ANY_NUMBER, Function, Refused, array, kind_of, text, text_of, whole, within_size


def split(value: Any, delimiter: Any) -> list[str]:
    """`delimiter` is a text, or an array of texts each of which separates."""
    delimiters = [text(item) for item in (delimiter if isinstance(delimiter, list) else [delimiter])]
    delimiters = [item for item in delimiters if item]
    if not delimiters:
        return [text(value)]
    pattern = "|".join(re.escape(item) for item in delimiters)  # as .NET: the first that fits, in their order
    return re.split(pattern, text(value))


def join(values: Any, delimiter: Any) -> str:
    """An array of texts (numbers and booleans become texts) as one."""
    parts = [text_of(item) for item in array(values)]
    within_size(len(parts) * len(text(delimiter)) + sum(map(len, parts)))
    return text(delimiter).join(parts)


def replace(value: Any, old: Any, new: Any) -> str:
    """Every occurrence, by its case."""
    if not text(old):
        raise Refused("an empty text cannot be replaced")
    within_size(text(value).count(old) * len(text(new)))
    return text(value).replace(old, new)


def substring(value: Any, start: Any, length: Any = None) -> str:
    """Refused when it reaches beyond the end."""
    whole_text, begin = text(value), whole(start)
    end = len(whole_text) if length is None else begin + whole(length)
    if not 0 <= begin <= end <= len(whole_text):
        raise Refused("the part lies outside of the text")
    return whole_text[begin:end]


def index_of(value: Any, wanted: Any) -> int:
    """Position of a text, whatever its casing, or of an element of an array; -1 when there is none."""
    if isinstance(value, list):
        return next((at for at, item in enumerate(value) if text_of(item) == text_of(wanted)), -1)
    return text(value).lower().find(text(wanted).lower())


def last_index_of(value: Any, wanted: Any) -> int:
    """The same from the end."""
    if isinstance(value, list):
        found = [at for at, item in enumerate(value) if text_of(item) == text_of(wanted)]
        return found[-1] if found else -1
    return text(value).lower().rfind(text(wanted).lower())


def starts_with(value: Any, start: Any) -> bool:
    """Whatever the casing."""
    return text(value).lower().startswith(text(start).lower())


def ends_with(value: Any, end: Any) -> bool:
    """Whatever the casing."""
    return text(value).lower().endswith(text(end).lower())


def pad_left(value: Any, length: Any, character: Any = " ") -> str:
    """At the left, to a length of at most 16, as published."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Refused(f"a string or a number is needed, not {kind_of(value)}")
    if not 0 <= whole(length) <= 16 or len(text(character)) != 1:
        raise Refused("the length is 0 to 16, the padding one character")
    return str(value).rjust(length, character)


def to_json(value: Any) -> Any:
    """json(): the value that a JSON text stands for."""
    try:
        return json.loads(text(value), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused("it is not JSON") from error


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def to_base64(value: Any) -> str:
    return base64.b64encode(text(value).encode("utf-8", "replace")).decode()


def from_base64(value: Any) -> str:
    try:
        return base64.b64decode(text(value), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Refused("it is not text in base64") from error


def base64_to_json(value: Any) -> Any:
    return to_json(from_base64(value))


def data_uri(value: Any) -> str:
    return f"data:text/plain;charset=utf8;base64,{to_base64(value)}"


def data_uri_to_string(value: Any) -> str:
    head, comma, rest = text(value).partition(",")
    if not head.startswith("data:") or not comma:
        raise Refused("it is not a data URI")
    return from_base64(rest) if head.endswith(";base64") else urllib.parse.unquote(rest)


def uri(base: Any, relative: Any) -> str:
    """The relative one after the last slash of the base, as RFC 3986 resolves it."""
    try:
        return urllib.parse.urljoin(text(base), text(relative))
    except ValueError as error:
        raise Refused("it is not a URI") from error


def uri_component(value: Any) -> str:
    return urllib.parse.quote(text(value).encode("utf-8", "replace"), safe="-._~")


TEXT_FUNCTIONS: Final[Mapping[str, Function]] = {
    "base64": Function(to_base64, 1),
    "base64tojson": Function(base64_to_json, 1),
    "base64tostring": Function(from_base64, 1),
    "datauri": Function(data_uri, 1),
    "datauritostring": Function(data_uri_to_string, 1),
    "endswith": Function(ends_with, 2),
    "format": Function(format_text, 1, ANY_NUMBER),
    "guid": Function(guid, 1, ANY_NUMBER),
    "indexof": Function(index_of, 2),
    "join": Function(join, 2),
    "json": Function(to_json, 1),
    "lastindexof": Function(last_index_of, 2),
    "padleft": Function(pad_left, 2, 3),
    "replace": Function(replace, 3),
    "split": Function(split, 2),
    "startswith": Function(starts_with, 2),
    "string": Function(text_of, 1),
    "substring": Function(substring, 2, 3),
    "tolower": Function(lambda value: text(value).lower(), 1),
    "toupper": Function(lambda value: text(value).upper(), 1),
    "trim": Function(lambda value: text(value).strip(), 1),
    "uniquestring": Function(unique_string, 1, ANY_NUMBER),
    "uri": Function(uri, 2),
    "uricomponent": Function(uri_component, 1),
    "uricomponenttostring": Function(lambda value: urllib.parse.unquote(text(value)), 1),
}
