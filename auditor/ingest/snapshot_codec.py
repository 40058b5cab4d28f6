"""A resource as a line of a snapshot, and back: `{"type":…,"cluster":…,"origin":{…},"body":{…}}`.

A value that is not known is written as `{"$unknown": reason}`; a real key of that spelling gets one more `$` in front.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec
import orjson

from auditor.model.errors import OutputError
from auditor.model.resource import Origin, Resource, Unknown

_UNKNOWN: Final = "$unknown"
_ESCAPED: Final = re.compile(r"\$+unknown\Z")


class _Type(msgspec.Struct):
    type: str


_type = msgspec.json.Decoder(_Type).decode


def line_of(resource: Resource) -> bytes:
    """The line, with its end. Raises `OutputError` when the resource is nested too deep to be read again."""
    try:
        body = _encoded(resource.body, _as_marker)
        if b"$" in body and b'$unknown"' in body:
            body = _encoded(_escaped(resource.body), None)
    except RecursionError as error:
        raise OutputError(f"{resource.id} is nested too deep to be saved", "Leave it out of the input.") from error
    head = {"type": resource.type, "cluster": resource.cluster, "origin": msgspec.to_builtins(resource.origin)}
    return b'%b,"body":%b}\n' % (orjson.dumps(head)[:-1], body)


def resource_of(line: bytes) -> Resource:
    """Raises `ValueError`, `KeyError`, `TypeError` or `RecursionError` when it is no line of a snapshot."""
    found = orjson.loads(line)
    body = found["body"]
    partial = b"$" in line and b'$unknown"' in line
    if partial:
        body = _restored(body)
    kind, cluster = found["type"], found["cluster"]
    if not (isinstance(body, dict) and isinstance(kind, str) and isinstance(cluster, str)):
        raise ValueError
    return Resource(kind, body, msgspec.convert(found["origin"], Origin), cluster, partial=partial)


def type_of(line: bytes) -> str:
    """The type alone, without reading the rest. Raises as `resource_of` does."""
    try:
        return _type(line).type
    except RecursionError:
        return str(orjson.loads(line)["type"])


def _encoded(body: Any, default: Any) -> bytes:
    try:
        return orjson.dumps(body, default=default)
    except orjson.JSONEncodeError:  # more than 254 levels: slower, and good for a few times as many
        text = json.dumps(body, default=default, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            orjson.loads(text)  # what can be written by newer versions of Python need not be readable
        except orjson.JSONDecodeError as error:
            raise RecursionError(error.msg) from error
        return text


def _as_marker(value: object) -> dict[str, str]:
    if isinstance(value, Unknown):
        return {_UNKNOWN: value.reason}
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _escaped(value: Any) -> Any:
    if isinstance(value, Unknown):
        return {_UNKNOWN: value.reason}
    if isinstance(value, dict):
        return {f"${key}" if _ESCAPED.match(key) else key: _escaped(inner) for key, inner in value.items()}
    return [_escaped(inner) for inner in value] if isinstance(value, list) else value


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(reason := value.get(_UNKNOWN), str):
            return Unknown(reason)
        return {key[1:] if _ESCAPED.match(key) else key: _restored(inner) for key, inner in value.items()}
    return [_restored(inner) for inner in value] if isinstance(value, list) else value
