"""YAML documents, one after the other, as the JSON values that Kubernetes makes of them.

Built from parser events rather than by PyYAML's loader: depth, alias expansion and circular anchors are bounded, the
line of every mapping is known, dates stay text, and a broken document does not end the stream.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import IO, Any, Final, NamedTuple

import yaml

from auditor.reading.log import Broken

MAX_DOCUMENT: Final = 16 << 20
MAX_DEPTH: Final = 200
MAX_VALUES: Final = 2_000_000
"""Values of one document once its aliases are expanded; a manifest has hundreds."""

_LINES_UNTIL_DEPTH: Final = 6

_CONSTANTS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_INT: Final = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*)\Z")
_FLOAT: Final = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?\Z")
_TAG: Final = "tag:yaml.org,2002:"
_MARKER: Final = re.compile(rb"---(?:[ \t\r\n]|\Z)")
_NO_CONTENT: Final = re.compile(rb"\s*(?:#|\Z)|%")


class Parsed(NamedTuple):
    """A document: its value, the line it starts on, and the lines of its outer mappings by identity."""

    value: Any
    line: int
    lines: dict[int, int]


def yaml_documents(stream: IO[bytes]) -> Iterator[Parsed | Broken]:
    """Every document of a stream; a `Broken`, with its place, for one that cannot be read. Empty ones are left out."""
    for first_line, text in _pieces(stream):
        if text is None:
            yield Broken(f"the document is larger than {MAX_DOCUMENT >> 20} MiB", f"line {first_line}")
            continue
        try:
            yield from _Builder(first_line).documents(text)
        except Broken as error:
            yield _of_helm(error) if b"{{" in text else error


def _of_helm(error: Broken) -> Broken:
    """A template of Helm is YAML no more than by chance."""
    reason = "it is a template of Helm, not a manifest: judge what `helm template` prints"
    return Broken(reason, error.place, "`helm template CHART >manifests.yaml`, then `auditor gate manifests.yaml`")


def _pieces(stream: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """The stream cut at its `---` lines, with the number of the first line; None for a piece that is too large."""
    piece: list[bytes] = []
    first, number, size, content = 1, 0, 0, False
    at_line_start = True
    while line := stream.readline(1 << 16):
        if at_line_start:
            number += 1
            if _MARKER.match(line):
                if content:
                    yield first, b"".join(piece) if size <= MAX_DOCUMENT else None
                    piece, size = [], 0
                first, content = (number, True) if content or not piece else (first, True)
            content = content or not _NO_CONTENT.match(line)
        at_line_start = line.endswith(b"\n")
        size += len(line)
        if size <= MAX_DOCUMENT:
            piece.append(line)
    if content:
        yield first, b"".join(piece) if size <= MAX_DOCUMENT else None


class _Frame:
    """A collection under construction. `size` counts its values with all aliases expanded."""

    __slots__ = ("anchor", "key", "line", "merges", "size", "value")

    def __init__(self, value: Any, anchor: str | None, line: int) -> None:
        self.value = value
        self.anchor = anchor
        self.line = line
        self.size = 1
        self.key: Any = _NO_KEY
        self.merges: list[Any] = []


class _Mark(NamedTuple):
    name: str


_NO_KEY: Final = _Mark("no key")
_MERGE: Final = _Mark("<<")
_OPEN: Final = _Mark("open")


class _Builder:
    def __init__(self, first_line: int) -> None:
        self._first_line = first_line
        self._stack: list[_Frame] = []
        self._anchors: dict[str | None, tuple[Any, int]] = {}
        self._lines: dict[int, int] = {}
        self._root: Any = None

    def documents(self, text: bytes) -> Iterator[Parsed]:
        start = self._first_line
        try:
            event: Any
            for event in yaml.parse(text.decode(), Loader=yaml.CSafeLoader):
                line = event.start_mark.line + self._first_line
                if isinstance(event, yaml.DocumentStartEvent):
                    self._stack, self._anchors, self._lines, self._root, start = [], {}, {}, None, 0
                elif isinstance(event, yaml.DocumentEndEvent):
                    if self._root is not None:
                        yield Parsed(self._root, start, self._lines)
                elif not isinstance(event, (yaml.StreamStartEvent, yaml.StreamEndEvent)):
                    start = start or line
                    self._take(event, line)
        except UnicodeDecodeError as error:
            line = text.count(b"\n", 0, error.start) + self._first_line
            raise Broken("the text is not UTF-8", f"line {line}", "save it as UTF-8") from error
        except yaml.MarkedYAMLError as error:
            raise self._syntax_error(error) from error
        except yaml.YAMLError as error:
            raise Broken("a character that YAML does not allow", f"line {start}") from error

    def _take(self, event: Any, line: int) -> None:
        if isinstance(event, yaml.ScalarEvent):
            is_key = bool(self._stack) and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is _NO_KEY
            value = _MERGE if is_key and event.value == "<<" and event.implicit[0] else _scalar(event, line)
            if event.anchor:
                self._anchors[event.anchor] = value, 1
            self._put(value, 1, line)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            mapping = isinstance(event, yaml.MappingStartEvent)
            if event.tag not in (None, "!", f"{_TAG}{'map' if mapping else 'seq'}"):
                raise Broken(f"the tag {event.tag} is not known", f"line {line}", "use plain YAML")
            if len(self._stack) >= MAX_DEPTH:
                raise Broken(f"it is nested more than {MAX_DEPTH} deep", f"line {line}")
            value = {} if mapping else []
            if event.anchor:
                self._anchors[event.anchor] = _OPEN, 0
            if len(self._stack) < _LINES_UNTIL_DEPTH and mapping:
                self._lines[id(value)] = line
            self._stack.append(_Frame(value, event.anchor, line))
        elif isinstance(event, yaml.AliasEvent):
            value, size = self._anchors.get(event.anchor, (_NO_KEY, 0))
            if value is _NO_KEY:
                raise Broken(f"the alias *{event.anchor} has no anchor", f"line {line}")
            if value is _OPEN:
                reason = f"the alias *{event.anchor} stands within its own anchor"
                raise Broken(reason, f"line {line}", "break the circle")
            self._put(value, size, line)
        else:
            self._close()

    def _close(self) -> None:
        frame = self._stack.pop()
        for merged in frame.merges:
            frame.value = _merged(frame, merged)
        if frame.anchor:
            self._anchors[frame.anchor] = frame.value, frame.size
        self._put(frame.value, frame.size, frame.line)

    def _put(self, value: Any, size: int, line: int) -> None:
        if not self._stack:
            self._root = value
            return
        frame = self._stack[-1]
        frame.size += size
        if frame.size > MAX_VALUES:
            raise Broken(
                f"its aliases expand to more than {MAX_VALUES:,} values", f"line {line}", "write the values out"
            )
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key is _NO_KEY:
            if isinstance(value, (dict, list)):
                raise Broken("a key that is itself a list or a mapping", f"line {line}")
            frame.key = value if isinstance(value, (str, _Mark)) else _key(value)
        elif frame.key is _MERGE:
            frame.merges.extend(value if isinstance(value, list) else [value])
            if not all(isinstance(merged, dict) for merged in frame.merges):
                raise Broken("`<<` can only merge mappings", f"line {line}")
            frame.key = _NO_KEY
        else:
            frame.value[frame.key] = value
            frame.key = _NO_KEY

    def _syntax_error(self, error: yaml.MarkedYAMLError) -> Broken:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + self._first_line}, column {mark.column + 1}" if mark else f"line {self._first_line}"
        return Broken(f"it is not valid YAML ({error.problem})", place, "check its indentation")


def _merged(frame: _Frame, merged: dict[str, Any]) -> dict[str, Any]:
    for key, value in merged.items():
        frame.value.setdefault(key, value)
    return frame.value  # type: ignore[no-any-return]


def _scalar(event: Any, line: int) -> Any:
    text: str = event.value
    tag = event.tag.removeprefix(_TAG) if event.tag else None
    if tag in ("str", "timestamp", "!") or (tag is None and not event.implicit[0]):
        return text
    if tag == "binary":
        return "".join(text.split())
    if tag not in (None, "null", "bool", "int", "float"):
        raise Broken(f"the tag {event.tag} is not known", f"line {line}", "use plain YAML")
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INT.match(text):
        return _integer(text.replace("_", ""))
    if _FLOAT.match(text) and math.isfinite(number := float(text.replace("_", ""))):
        return number
    return text


def _integer(text: str) -> int | float | str:
    digits = text.lstrip("+-")
    if len(digits) > 64:
        return text
    base = 2 if digits[:2] == "0b" else 16 if digits[:2] == "0x" else 8 if digits[:1] == "0" and digits != "0" else 10
    try:
        value = int(digits[2:] if base in (2, 16) else digits, base)
    except ValueError:  # only underscores after the prefix
        return 0
    value = -value if text[:1] == "-" else value
    return value if -(2**63) <= value < 2**64 else float(value)  # as JSON parsers do


def _key(value: Any) -> str:
    """The text of a key that YAML reads as something else, as JSON spells it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
