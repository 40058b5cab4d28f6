"""JSON documents of any size, split into their elements without ever holding all of them.

An array is cut at places where an element seems to end, and the piece is parsed as an array of its own. That cannot
go wrong: JSON is read from left to right, so a prefix of the elements that parses as an array ends between two
elements, however the cut was found. When a piece does not parse, its elements are found one by one by their brackets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import orjson

from auditor.ingest.diagnostics import Broken, Log
from auditor.ingest.envelopes import Given
from auditor.ingest.json_scanner import MAX_VALUE, Feed, TooLarge
from auditor.model.repeated_keys import may_have_doubled_keys, reason_of, with_doubled_keys_unknown
from auditor.model.resource import Unknown

_WINDOW: Final = 1 << 17
_LISTS: Final = frozenset({"value", "data", "items", "rows"})
_INNER: Final = frozenset({"response", "body", "data"})
_OPEN_LIST, _OPEN_OBJECT, _CLOSE_LIST, _CLOSE_OBJECT, _COMMA, _COLON, _QUOTE = b'[{]},:"'
_REST: Final = "; the rest of the file is not read"
_INDENT: Final = re.compile(rb"\n[ \t]*\Z")


def _elements_pattern(depth: int) -> bytes:
    """Matches as many whole objects as there are. Brackets within brackets are written out, `depth` times."""
    text = r'"(?:[^"\\]|\\.)*"|[^"\[\]{}]'
    inner = text
    for _ in range(depth):
        inner = rf"{text}|[\[{{](?:{inner})*[\]}}]"
    return rf"(?s)(?:\{{(?:{inner})*\}}[\s,]*)+".encode()


class Batch(NamedTuple):
    """Some elements of a list. `key` names the list ("" at the top), `envelope` holds what was read around it so far.

    `doubtful`: keys are given twice in them, whose values are `Unknown`.
    The last batch of a document has the key None: the document itself, its lists emptied of what was given before.
    """

    key: str | None
    envelope: dict[str, Any]
    first: int
    values: list[Any]
    doubtful: bool = False


class Places(NamedTuple):
    """Says where in a file something is, and notes what is broken there."""

    file: str
    log: Log
    line_and_column: Callable[[int], str]

    def of(self, offset: int, item: str = "") -> str:
        place = self.line_and_column(offset)
        return f"{item}, {place}" if item else place

    def in_doubt(self, raw: bytes, value: Any, offset: int, item: str = "") -> tuple[Any, bool]:
        """What a JSON text holds that may give keys twice: their values are unknown, with a gap for each of them. And
        whether there are any."""
        try:
            value, doubled = with_doubled_keys_unknown(raw)
        except (ValueError, RecursionError):
            return value, False  # deeper than keys that matter
        for key in doubled:
            place = self.of(offset, item)
            self.log.gap(self.file, place, f"{reason_of(key)}: its value is not known", element="none")
        return value, bool(doubled)


def json_documents(feed: Feed, places: Places) -> Iterator[Batch]:
    """The elements of every document of a stream. Raises `Broken` where the rest of it cannot be read."""
    while (first := feed.peek()) >= 0:
        try:
            if first == _OPEN_LIST:
                yield from _elements(feed, places, "", {})
            elif first == _OPEN_OBJECT:
                document: dict[str, Any] = {}
                yield from _members(feed, places, document)
                yield Batch(None, document, 0, [document])
            else:
                start = feed.offset
                value = _parsed(feed.value(), start, places)
                yield Batch(None, {}, 0, [value])
        except TooLarge as error:
            raise Broken(f"it is larger than {MAX_VALUE >> 20} MiB", places.of(error.offset)) from error


def _members(feed: Feed, places: Places, document: dict[str, Any]) -> Iterator[Batch]:
    """Reads an object into `document`, giving away the elements of its lists instead of keeping them."""
    start, size = feed.offset, 0
    feed.pos += 1
    while (char := feed.peek()) != _CLOSE_OBJECT:
        if document:
            _expect(feed, places, _COMMA, "a comma or the end of the object")
            char = feed.peek()
        if char != _QUOTE:
            raise _unexpected(feed, places, "a name in quotes")
        at = feed.offset
        key = _parsed(feed.value(), at, places)
        twice = key in document
        if twice:
            reason = f"{reason_of(key)}: its value is not known"
            places.log.gap(places.file, places.of(at), reason, element="none")
        _expect(feed, places, _COLON, "a colon")
        char = feed.peek()
        if char < 0:
            raise _unexpected(feed, places, "a value")
        if char == _OPEN_LIST and key in _LISTS:
            given = document.get(key)
            if not isinstance(given, Given):
                given = document[key] = Given()
            for batch in _elements(feed, places, key, document):
                given.number += len(batch.values)
                yield batch
        elif char == _OPEN_OBJECT and key in _INNER:
            document[key] = {}
            yield from _members(feed, places, document[key])
        else:
            at = feed.offset
            raw = feed.value()
            size += len(raw)
            if size > MAX_VALUE:
                raise TooLarge(start)
            value = _parsed(raw, at, places)
            document[key] = Unknown(reason_of(key)) if twice else value
    feed.pos += 1


def _elements(feed: Feed, places: Places, key: str, envelope: dict[str, Any]) -> Iterator[Batch]:
    feed.pos += 1
    count, slow_until = 0, 0
    if feed.peek() == _CLOSE_LIST:
        feed.pos += 1
        yield Batch(key, envelope, 0, [])
        return
    while True:
        if feed.peek() < 0:
            raise _unexpected(feed, places, "an element", f"item {count}")
        start = feed.offset
        values = _fast(feed) if start >= slow_until else []
        if values:
            yield _batch(key, envelope, count, values, feed.last(start), start, places)
            count += len(values)
        else:
            slow_until = max(slow_until, start + _WINDOW // 4)  # do not try the whole window again for each element
            item = f"item {count}"
            try:
                raw = feed.value()
                yield _batch(key, envelope, count, [orjson.loads(raw)], b"[%b]" % raw, start, places)
            except TooLarge:
                places.log.fail(
                    places.file, places.of(start, item), f"it is larger than {MAX_VALUE >> 20} MiB", element="new"
                )
            except orjson.JSONDecodeError as error:
                places.log.fail(
                    places.file,
                    places.of(start + error.pos, item),
                    f"it is not valid JSON ({error.msg})",
                    element="new",
                )
            except Broken as error:
                raise Broken(error.reason, places.of(feed.end, item), error.hint) from error
            count += 1
        if feed.peek() == _CLOSE_LIST:
            feed.pos += 1
            return
        _expect(feed, places, _COMMA, "a comma or the end of the list", f"after item {count - 1}")
        if feed.peek() == _CLOSE_LIST:
            raise _unexpected(feed, places, "another element after the comma", f"after item {count - 1}")


def _batch(
    key: str, envelope: dict[str, Any], first: int, values: list[Any], text: bytes, offset: int, places: Places
) -> Batch:
    """A batch of elements, with the text of them as a list."""
    if not may_have_doubled_keys(text, values):
        return Batch(key, envelope, first, values)
    values, doubtful = places.in_doubt(text, values, offset, f"from item {first}")
    return Batch(key, envelope, first, values, doubtful)


def _fast(feed: Feed) -> list[Any]:
    """The next elements in one go, or none when that does not work here."""
    indent = _INDENT.search(feed.buffer, max(0, feed.pos - 200), feed.pos)
    feed.fill(_WINDOW)
    window, start = feed.buffer, feed.pos
    if window[start] != _OPEN_OBJECT:
        return []
    end = _likely_end(window, start, indent.group() if indent else None)
    if end <= start:
        return []
    try:
        values: list[Any] = orjson.loads(b"[%b]" % window[start:end])
    except orjson.JSONDecodeError:
        return []
    feed.pos = end
    return values


def _likely_end(window: bytes, start: int, line_start: bytes | None) -> int:
    """Where the last whole element of the next `_WINDOW` bytes seems to end; -1 when none does."""
    limit = start + _WINDOW
    if line_start is not None:  # written over several lines: a brace that stands as far in as the first one
        closing = window.rfind(line_start + b"}", start, limit)
        if closing >= 0:
            return closing + len(line_start) + 1
        closing = window.rfind(b"},\n", start, limit)  # one element a line
        if closing >= 0:
            return closing + 1
    match = _elements_matcher().match(window, start, min(limit, len(window)))
    return window.rfind(b"}", start, match.end()) + 1 if match else -1


def _elements_matcher() -> Any:
    if not _COMPILED:
        import re2  # here, because few inputs need it and it costs start-up time

        _COMPILED.append(re2.compile(_elements_pattern(24)))
    return _COMPILED[0]


_COMPILED: Final[list[Any]] = []


def _parsed(raw: bytes, offset: int, places: Places) -> Any:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Broken(f"it is not valid JSON ({error.msg}){_REST}", places.of(offset + error.pos)) from error
    is_simple = raw[:1] not in (b"{", b"[")
    return value if is_simple or not may_have_doubled_keys(raw, value) else places.in_doubt(raw, value, offset)[0]


def _expect(feed: Feed, places: Places, char: int, what: str, item: str = "") -> None:
    if feed.peek() != char:
        raise _unexpected(feed, places, what, item)
    feed.pos += 1


def _unexpected(feed: Feed, places: Places, what: str, item: str = "") -> Broken:
    if feed.peek() < 0:
        return Broken("the file ends early", places.of(feed.offset, item), "it may be cut off: write it again")
    return Broken(f"it is not valid JSON: expected {what}{_REST}", places.of(feed.offset, item))
