"""NDJSON: one resource a line. The fast way in; nothing is done per line that a resource does not need."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

import msgspec
import orjson

from auditor.ingest.diagnostics import Log
from auditor.ingest.envelopes import At, in_doubt, resources_of
from auditor.ingest.nested_children import USUAL, may_have_children
from auditor.ingest.properties import arm_resource
from auditor.ingest.type_filter import Wanted
from auditor.model.kubernetes_types import kubernetes_type
from auditor.model.repeated_keys import may_have_doubled_keys
from auditor.model.resource import Origin, Resource
from auditor.sanitize.resources import sanitized, sanitized_line

MAX_LINE: Final = 16 << 20
"""ARM and etcd both refuse far smaller resources."""

_MOST: Final = MAX_LINE + 1  # with the line end
_TOO_LONG: Final = b"(too long)"
_TRIAL: Final = 2000
_loads = orjson.loads


_ENVELOPES: Final = frozenset(
    {"admissionreview", "component", "kustomization", "status", "table", "template", "watchevent"}
)
"""Casefolded kinds that may hold other objects, or none."""


class _Header(msgspec.Struct):
    """What decides the type of a line that holds an object of Kubernetes."""

    type: Any = None
    id: Any = None
    kind: Any = None
    apiVersion: Any = None  # noqa: N815
    metadata: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_header = msgspec.json.Decoder(_Header).decode
_DECIDING: Final = ("type", "id", "apiVersion")
_UNREAD: Final = [(name, msgspec.Raw, msgspec.Raw()) for name in sorted(USUAL.difference(_DECIDING))]
_arm_header: Final[Callable[[bytes], Any]] = msgspec.json.Decoder(
    msgspec.defstruct("_ArmHeader", [*((name, Any, None) for name in _DECIDING), *_UNREAD], forbid_unknown_fields=True)
).decode
"""Refuses a resource of Azure with a member that may hold others."""


def json_lines(
    stream: IO[bytes],
    file: str,
    log: Log,
    wanted: Wanted | None = None,
    *,
    first_line: int = 1,
    size: int | None = None,
) -> Iterator[Resource]:
    """The resources of a stream of lines, or of the next `size` bytes of it. A broken line is noted and passed over."""
    skip = None if wanted is None else _skipper(wanted)
    plain = blank = 0
    number = first_line - 1
    try:
        for number, line in _numbered(stream, first_line, size):  # the last number counts the lines
            if skip is not None and skip(line):
                plain += 1
                continue
            try:
                body = _loads(line)
            except orjson.JSONDecodeError as error:
                if line.strip():
                    _note_broken(line, error, number, file, log)
                else:
                    blank += 1
                continue
            doubtful = may_have_doubled_keys(line, body)
            kind = _plain_type(body) if type(body) is dict and not doubtful else None
            if kind is not None:
                plain += 1
                origin = Origin(file=file, line=number)
                whole = type(body.get("properties")) is dict or "apiVersion" in body
                resource = Resource(kind, body, origin) if whole else arm_resource(kind, body, origin)
                if wanted is None or wanted[kind] or wanted.takes(resource):
                    yield sanitized_line(resource, line)
                continue
            at = At(file, f"line {number}", number, partial=doubtful)
            for resource in resources_of(in_doubt(line, body, at, log) if doubtful else body, at, log):
                if wanted is None or wanted.takes(resource):
                    yield sanitized(resource)
    finally:
        log.read += plain
        log.accounting.expect(number + 1 - first_line - blank)
        log.accounting.resource(plain)


def _plain_type(body: dict[str, Any]) -> str | None:
    """The type of what is one resource as it stands, without children; None when it takes a closer look to tell."""
    version = body.get("apiVersion")
    if version is None:
        kind = body.get("type")
        return kind if type(kind) is str and "/" in kind and not may_have_children(body) else None
    kind = body.get("kind")
    if type(version) is not str or type(kind) is not str or not (version and kind) or body.get("id") is not None:
        return None
    if "metadata" not in body:
        return None
    if "type" in body and str(body["type"])[:10].casefold() == "microsoft.":
        return None
    if version[0].isdigit() or kind[-4:].casefold() == "list" or kind.casefold() in _ENVELOPES or not kind.isalnum():
        return None
    return kubernetes_type(body)


def _numbered(stream: IO[bytes], number: int, size: int | None) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers. A line beyond all measure is replaced by `_TOO_LONG`."""
    end = sys.maxsize if size is None else size
    at = 0
    while at < end and (line := stream.readline(_MOST)):
        at += len(line)
        if len(line) == _MOST and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(_MOST)
                at += len(line)
            line = _TOO_LONG
        yield number, line
        number += 1


def _note_broken(line: bytes, error: orjson.JSONDecodeError, number: int, file: str, log: Log) -> None:
    if line is _TOO_LONG:
        log.fail(file, f"line {number}", f"the line is longer than {MAX_LINE >> 20} MiB", "one resource a line")
    else:
        reason = f"it is not valid JSON ({error.msg})"
        column = min(error.pos, len(line.decode("utf-8", "replace").rstrip("\r\n"))) + 1  # the end is of this line
        log.fail(file, f"line {number}, column {column}", reason, "the line may be cut off or damaged")


def _skipper(wanted: Wanted) -> Callable[[bytes], bool]:
    """A test whether a line holds one sound resource of a type that is not wanted, cheaper than parsing it.

    Exact: whatever is doubtful (children, lists, damage) is not skipped. The first `"type"` of a line is most often
    that of the resource: when it is a wanted one, nothing more is tried. It gives itself up when most of what it tries
    is wanted after all, for then it costs more than it saves.
    """
    others = wanted.others
    tried = skipped = 0

    def skip(line: bytes) -> bool:
        nonlocal tried, skipped
        at = line.find(_TYPE, 0, _HEAD) + len(_TYPE)
        if at >= len(_TYPE) and wanted[line[at : line.find(b'"', at)].decode("utf-8", "replace")]:
            return False
        if tried >= _TRIAL and skipped * 2 < tried:
            return False
        tried += 1
        try:
            header, kind = _header_of(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        if kind is None or wanted[kind]:
            return False
        if header.apiVersion is None:
            if not line.startswith(kind.encode() + b'"', at) and not _is_first(_FIRST_TYPE, line, kind):
                return False  # a nested one, or the key is given twice
        elif not (_is_first(_FIRST_KIND, line, header.kind) and _is_first(_FIRST_VERSION, line, header.apiVersion)):
            return False
        if others is not None:  # a full pass, which also says what is broken
            if not _is_sound(line):
                return False
            others.count(kind, header.id)
        skipped += 1
        return True

    return skip


_TYPE: Final = b'"type":"'
_KUBERNETES: Final = b'{"apiVersion"'
_HEAD: Final = 1000
_FIRST_TYPE: Final = re.compile(rb'"type"\s*:\s*"([^"]*)"')
_FIRST_KIND: Final = re.compile(rb'"kind"\s*:\s*"([^"]*)"')
_FIRST_VERSION: Final = re.compile(rb'"apiVersion"\s*:\s*"([^"]*)"')


def _is_first(key: re.Pattern[bytes], line: bytes, value: str) -> bool:
    """Whether the first value of a key in a line is that of the object, which is the last one that it gives."""
    first = key.search(line)
    return first is not None and first[1] == value.encode()


def _header_of(line: bytes) -> tuple[Any, str | None]:
    """The members of a line that decide its type, and `_plain_type` of the line."""
    if not line.startswith(_KUBERNETES):  # as most begin
        try:
            arm = _arm_header(line)
        except msgspec.ValidationError:
            pass
        else:
            is_plain = arm.apiVersion is None and type(arm.type) is str and "/" in arm.type
            return arm, arm.type if is_plain else None
    header = _header(line)
    return header, _kubernetes_type_of(header)


def _kubernetes_type_of(header: _Header) -> str | None:
    if header.apiVersion is None or header.metadata is msgspec.UNSET:
        return None
    body = {"apiVersion": header.apiVersion, "kind": header.kind, "id": header.id, "metadata": None}
    return _plain_type(body if header.type is None else {**body, "type": header.type})


def _is_sound(line: bytes) -> bool:
    """Whether the text that msgspec skips unread is text that orjson would take."""
    at = line.find(b"\\")  # a single byte is found far faster than two
    while at >= 0:
        if line[at + 1 : at + 3] in (b"ud", b"uD"):
            return False
        at = line.find(b"\\", at + 2)
    if line.isascii():
        return True
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
