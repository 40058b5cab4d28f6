"""Reads one file: finds out what it holds, by content more than by name, and hands it to the reader of that form."""

from __future__ import annotations

import io
from collections.abc import Iterator
from enum import Enum
from pathlib import Path, PurePath
from typing import IO, Any, Final

import orjson

from auditor.ingest.diagnostics import Broken, Log
from auditor.ingest.envelopes import At, in_doubt, is_arm_type, resources_of, row_as_object
from auditor.ingest.json_lines import json_lines
from auditor.ingest.json_scanner import Feed
from auditor.ingest.json_stream import Batch, Places, json_documents
from auditor.ingest.kubernetes_lists import with_kind_of_list
from auditor.ingest.nested_children import may_have_children
from auditor.ingest.open_bytes import HEAD, is_gzip, open_bytes
from auditor.ingest.properties import arm_resource
from auditor.ingest.type_filter import Wanted
from auditor.ingest.unrendered import KUSTOMIZATIONS, is_template
from auditor.model.repeated_keys import may_have_doubled_keys
from auditor.model.resource import Origin, Resource
from auditor.sanitize.resources import sanitized

SUFFIXES: Final = frozenset({".json", ".jsonl", ".ndjson", ".yaml", ".yml"})
"""Of files that are data when found in a directory, with or without `.gz` behind."""


class Form(Enum):
    """What a file holds."""

    EMPTY = "empty"
    JSON = "json"
    LINES = "lines"
    YAML = "yaml"


def read_file(path: str, file: str, log: Log, wanted: Wanted | None) -> Iterator[Resource]:
    """The resources of a file, named `file` to the user. What cannot be read is noted in the log; nothing is raised."""
    try:
        with open_bytes(path) as stream:
            head = stream.read(HEAD)
        if len(head) < HEAD:
            yield from _read(io.BytesIO(head), head, True, path, file, log, wanted)
            return
        with open_bytes(path) as stream:
            yield from _read(stream, head, False, path, file, log, wanted)
    except Broken as error:
        log.fail(file, error.place, error.reason, error.hint, error.kind, element="new")


def read_lines(
    path: str, file: str, log: Log, wanted: Wanted | None, *, start: int, end: int, line: int
) -> Iterator[Resource]:
    """The resources of a byte range of a plain NDJSON file, which begins with the given line."""
    try:
        with Path(path).open("rb", buffering=HEAD) as stream:
            stream.seek(start)
            yield from json_lines(stream, file, log, wanted, first_line=line, size=end - start)
    except OSError as error:
        log.fail(file, "", f"it cannot be read: {error.strerror or error}", element="new")


def is_plain_lines(path: str, file: str) -> bool:
    """Whether it is NDJSON that can be cut at line ends: neither compressed nor in another encoding."""
    try:
        if is_gzip(path):
            return False
        with open_bytes(path) as stream, Path(path).open("rb") as raw:
            head = stream.read(HEAD)
            return raw.read(len(head)) == head and _form_of(file, head, len(head) < HEAD) is Form.LINES
    except (Broken, OSError):
        return False


def _read(
    stream: IO[bytes], head: bytes, whole: bool, path: str, file: str, log: Log, wanted: Wanted | None
) -> Iterator[Resource]:
    form = _form_of(file, head, whole)
    if form is Form.EMPTY:
        log.gap(file, "", "the file is empty", element="new")
    elif form is Form.LINES:
        yield from json_lines(stream, file, log, wanted)
    else:
        text = head if whole else b""
        resources = _yaml(stream, file, log) if form is Form.YAML else _json(stream, text, path, file, log)
        for resource in resources:
            if wanted is None or wanted.takes(resource):
                yield sanitized(resource)


def _form_of(file: str, head: bytes, whole: bool) -> Form:
    text = head.lstrip()
    if not text and whole:
        return Form.EMPTY
    suffix = _suffix(file)
    if suffix in (".yaml", ".yml"):
        return Form.JSON if text[:1] in (b"{", b"[") and whole and _parses(text) else Form.YAML
    first, _, rest = text.partition(b"\n")
    if text[:1] == b"{":
        second = rest.partition(b"\n")[0].strip()
        named = suffix in (".jsonl", ".ndjson") and first.strip() != b"{"
        # the first line may be the broken one; no line within a larger object is an object by itself
        if named or (rest.strip() and _parses(first)) or (second[:2] == b'{"' and _parses(second)):
            return Form.LINES
        return Form.JSON
    if suffix in (".jsonl", ".ndjson") and text[:1] not in b"[/":
        return Form.LINES
    return Form.JSON if text[:1] in (b"[", b"/") or suffix == ".json" else Form.YAML


def _json(stream: IO[bytes], text: bytes, path: str, file: str, log: Log) -> Iterator[Resource]:
    if text:
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError:
            pass  # comments, several documents, or broken: read element by element
        else:
            log.accounting.expect()
            at = At(file, partial=may_have_doubled_keys(text, document))
            yield from resources_of(in_doubt(text, document, at, log) if at.partial else document, at, log)
            return
    places = Places(file, log, lambda offset: _line_and_column(path, offset))
    for batch in json_documents(Feed(stream.read), places):
        yield from _of_batch(batch, file, log)


def _of_batch(batch: Batch, file: str, log: Log) -> Iterator[Resource]:
    origin = Origin(file=file)
    accounting = log.accounting
    accounting.expect(len(batch.values))
    if batch.key is None:
        yield from resources_of(batch.values[0], At(file, partial=batch.doubtful), log)
        return
    log.read += not batch.values
    columns = batch.envelope.get("columns")
    plain = 0
    for index, body in enumerate(batch.values, batch.first):
        if batch.key == "rows" and columns is not None:
            body = row_as_object(columns, body)
        elif batch.key == "items":
            body = with_kind_of_list(body, batch.envelope)
        if not batch.doubtful and _is_plain_arm(body):
            plain += 1
            yield arm_resource(body["type"], body, origin)
        elif body is None and batch.key == "rows":
            log.fail(file, f"row {index}", "it does not fit the columns of its table")
        else:
            yield from resources_of(body, At(file, f"item {index}", partial=batch.doubtful), log)
    log.read += plain
    accounting.resource(plain)


def _is_plain_arm(body: Any) -> bool:
    """An ARM resource without children, that is taken as it stands: by far the most, and the quickest to make."""
    kind = body.get("type") if type(body) is dict else None
    if not isinstance(kind, str) or not is_arm_type(kind):
        return False
    return "apiVersion" not in body and not may_have_children(body)


def _yaml(stream: IO[bytes], file: str, log: Log) -> Iterator[Resource]:
    from auditor.ingest.yaml_documents import yaml_documents  # here: PyYAML takes time to load, and few inputs need it

    for document in yaml_documents(stream, template=is_template(file)):
        if isinstance(document, Broken):
            log.fail(file, document.place, document.reason, document.hint, element="new")
        else:
            for place, reason in document.doubts:
                log.gap(file, place, f"{reason}: its value is not known", element="none")
            log.accounting.expect()
            partial = bool(document.doubts)
            at = At(file, f"line {document.line}", document.line, "manifest", document.lines, partial)
            yield from resources_of(document.value, at, log)


def _suffix(file: str) -> str:
    return PurePath(PurePath(file).stem if file.lower().endswith(".gz") else file).suffix.lower()


def is_data(file: str) -> bool:
    """Whether the name is that of a file to read, when it is found in a directory."""
    return _suffix(file) in SUFFIXES or PurePath(file).name in KUSTOMIZATIONS


def _parses(text: bytes) -> bool:
    try:
        found: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return bool(found)


def _line_and_column(path: str, offset: int) -> str:
    """Counted only when something is broken there."""
    line, column = 1, 1
    with open_bytes(path) as stream:
        while offset > 0 and (chunk := stream.read(min(offset, HEAD))):
            offset -= len(chunk)
            line += chunk.count(b"\n")
            newline = chunk.rfind(b"\n")
            column = len(chunk) - newline if newline >= 0 else column + len(chunk)
    return f"line {line}, column {column}"
