"""YAML documents, one after the other, as the JSON values that Kubernetes makes of them.

Built from parser events rather than by PyYAML's loader: depth, alias expansion and circular anchors are bounded, the
line of every mapping is known, dates stay text, and a broken document does not end the stream.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any, Final, NamedTuple

import yaml

from auditor.ingest.diagnostics import Broken
from auditor.ingest.unrendered import filled_by_helm
from auditor.ingest.yaml_scalars import TAG, key_text, scalar
from auditor.model.resource import Unknown

MAX_DOCUMENT: Final = 16 << 20
MAX_DEPTH: Final = 200
MAX_VALUES: Final = 2_000_000
"""Values of one document once its aliases are expanded; a manifest has hundreds."""

_LINES_UNTIL_DEPTH: Final = 6

_MARKER: Final = re.compile(rb"---(?:[ \t\r\n]|\Z)")
_NO_CONTENT: Final = re.compile(rb"\s*(?:#|\Z)|%")


class Parsed(NamedTuple):
    """A document: its value, the line it starts on, and the lines of its outer mappings by identity.

    `doubts` are the places whose value is `Unknown`, each with the reason.
    """

    value: Any
    line: int
    lines: dict[int, int]
    doubts: tuple[tuple[str, str], ...] = ()


def yaml_documents(stream: IO[bytes], *, template: bool = False) -> Iterator[Parsed | Broken]:
    """Every document of a stream; a `Broken`, with its place, for one that cannot be read. Empty ones are left out.

    `template`: the file is one of a Helm chart, so a document that Helm changes is not read.
    """
    for first_line, text in _pieces(stream):
        if text is None:
            yield Broken(f"the document is larger than {MAX_DOCUMENT >> 20} MiB", f"line {first_line}")
            continue
        if template and b"{{" in text:
            yield _of_helm(f"line {first_line}")
            continue
        try:
            yield from _Builder(first_line).documents(text)
        except Broken as error:
            yield _of_helm(error.place) if b"{{" in text else error


def _of_helm(place: str) -> Broken:
    """A template of Helm is YAML no more than by chance."""
    reason = "it is a template of Helm, not a manifest: evaluate what `helm template` prints"
    return Broken(reason, place, "`helm template CHART >manifests.yaml`, then `auditor gate manifests.yaml`")


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
    """A collection under construction. `size` counts its values with all aliases expanded; `merged` are the keys that
    `<<` brought in, which may be given once more."""

    __slots__ = ("anchor", "key", "line", "merged", "size", "value")

    def __init__(self, value: Any, anchor: str | None, line: int) -> None:
        self.value = value
        self.anchor = anchor
        self.line = line
        self.size = 1
        self.key: Any = _NO_KEY
        self.merged: set[str] = set()


class _Mark(NamedTuple):
    name: str


_NO_KEY: Final = _Mark("no key")
_MERGE: Final = _Mark("<<")
_OPEN: Final = _Mark("open")
_TWICE: Final = "its key is given twice"
_LONGEST_KEY: Final = 60  # that is shown


class _Builder:
    def __init__(self, first_line: int) -> None:
        self._first_line = first_line
        self._stack: list[_Frame] = []
        self._anchors: dict[str | None, tuple[Any, int]] = {}
        self._lines: dict[int, int] = {}
        self._doubts: list[tuple[str, str]] = []
        self._root: Any = None

    def documents(self, text: bytes) -> Iterator[Parsed]:
        start = self._first_line
        try:
            event: Any
            for event in yaml.parse(text.decode(), Loader=yaml.CSafeLoader):
                line = event.start_mark.line + self._first_line
                if isinstance(event, yaml.DocumentStartEvent):
                    self._stack, self._anchors, self._lines, self._doubts, self._root, start = [], {}, {}, [], None, 0
                elif isinstance(event, yaml.DocumentEndEvent):
                    if self._root is not None:
                        yield Parsed(self._root, start, self._lines, tuple(self._doubts))
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
            plain = event.implicit[0] or event.tag == f"{TAG}merge"
            value = _MERGE if is_key and event.value == "<<" and plain else self._scalar(event, line)
            if event.anchor:
                self._anchors[event.anchor] = value, 1
            self._put(value, 1, line)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            mapping = isinstance(event, yaml.MappingStartEvent)
            if event.tag not in (None, "!", f"{TAG}{'map' if mapping else 'seq'}"):
                raise self._unknown_tag(event.tag, line)
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
                raise Broken("an alias has no anchor", f"line {line}", "put a text that begins with * into quotes")
            if value is _OPEN:
                reason = f"the alias *{event.anchor} stands within its own anchor"
                raise Broken(reason, f"line {line}", "break the circle")
            self._put(value, size, line)
        else:
            self._close()

    def _close(self) -> None:
        frame = self._stack.pop()
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
            try:
                frame.key = value if isinstance(value, (str, _Mark)) else key_text(value)
            except ValueError as error:
                raise Broken(str(error), f"line {line}") from error
        elif frame.key is _MERGE:
            self._merge(frame, value if isinstance(value, list) else [value], line)
        else:
            self._set(frame, frame.key, value, line)

    def _merge(self, frame: _Frame, mappings: list[Any], line: int) -> None:
        """Merge where the `<<` stands: like the platform, over what was given before it. Of several the first wins."""
        if not all(isinstance(mapping, dict) for mapping in mappings):
            raise Broken("`<<` can only merge mappings", f"line {line}")
        for mapping in reversed(mappings):
            frame.merged |= mapping.keys() - frame.value.keys()
            frame.value.update(mapping)
        frame.key = _NO_KEY

    def _set(self, frame: _Frame, key: str, value: Any, line: int) -> None:
        """Give a mapping a value. A key that is given twice has none that is known: readers disagree on which counts,
        and an API server refuses both."""
        if key not in frame.value or key in frame.merged:
            frame.merged.discard(key)
            frame.value[key] = value
        elif not (isinstance(frame.value[key], Unknown) and frame.value[key].reason == _TWICE):
            frame.value[key] = Unknown(_TWICE)
            self._doubts.append((f"line {line}", f"the key `{key[:_LONGEST_KEY]}` is given twice"))
        frame.key = _NO_KEY

    def _scalar(self, event: Any, line: int) -> Any:
        try:
            value = scalar(event.value, event.tag, event.implicit[0])
        except ValueError as error:
            raise Broken(f"a value {error}", f"line {line}", "put text in quotes") from error
        if "{{" in event.value and filled_by_helm(event.value):
            value = Unknown("Helm fills it in")
        if isinstance(value, Unknown):
            self._doubts.append((f"line {line}", value.reason))
        return value

    def _unknown_tag(self, tag: str, line: int) -> Broken:
        """A tag of a schema is named. Any other may be a password that begins with `!`."""
        if tag.startswith(TAG):
            return Broken(f"the tag !!{tag.removeprefix(TAG)} is not known", f"line {line}", "use plain YAML")
        return Broken(
            "a tag is not known", f"line {line}", "use plain YAML, and put a text that begins with ! into quotes"
        )

    def _syntax_error(self, error: yaml.MarkedYAMLError) -> Broken:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + self._first_line}, column {mark.column + 1}" if mark else f"line {self._first_line}"
        return Broken(f"it is not valid YAML ({error.problem})", place, "check its indentation")
