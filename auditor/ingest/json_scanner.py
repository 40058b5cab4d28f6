"""A window that moves over a stream of JSON text and knows where values end."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from auditor.ingest.diagnostics import Broken

MAX_VALUE: Final = 16 << 20
"""The largest resource that is read. ARM and etcd refuse far smaller ones."""

_CHUNK: Final = 1 << 18
_MAX_COMMENTED: Final = 64 << 20
_SPACE: Final = re.compile(rb"[ \t\r\n]*")
_TO_BRACKET: Final = re.compile(rb'[^"\[\]{}/]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"\[\]{}/]*+)*+', re.DOTALL)
_IN_STRING: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_SCALAR: Final = re.compile(rb"[^ \t\r\n,:\[\]{}/\"]*+")
_COMMENT: Final = re.compile(rb'("(?:[^"\\]|\\.)*+")|//[^\n]*+|/\*.*?\*/', re.DOTALL)
_NOT_NEWLINE: Final = re.compile(rb"[^\n]")
_CUT_OFF: Final = "it may be cut off: write it again"


class TooLarge(Exception):  # noqa: N818  (caught inside `reading`)
    """A value beyond `MAX_VALUE`. The window stands behind it when the stream could be followed that far."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class Feed:
    """`buffer[pos:]` is what comes next. Only `pos` may be moved from outside, and only forward.

    Comments are noticed where they may stand, outside of strings; then the rest is read at once and they are blanked.
    """

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.buffer = b""
        self.pos = 0
        self._read = read
        self._base = 0  # offset of buffer[0] in the stream
        self._commented = False
        self._ended = False

    @property
    def offset(self) -> int:
        """Of the next byte, in the stream."""
        return self._base + self.pos

    @property
    def end(self) -> int:
        """Offset behind the last byte that was read."""
        return self._base + len(self.buffer)

    def last(self, start: int) -> bytes:
        """The elements of a list since an offset that is still in the window, as a list."""
        return b"[%b]" % self.buffer[start - self._base : self.pos]

    def fill(self, size: int) -> None:
        """Has at least `size` bytes in the window, unless the stream ends."""
        while len(self.buffer) - self.pos < size and self._more():
            pass

    def peek(self) -> int:
        """The next byte that is neither space nor comment, which is stepped over; -1 at the end."""
        while True:
            self.pos = _SPACE.match(self.buffer, self.pos).end()  # type: ignore[union-attr]  # can match nothing
            if self.pos == len(self.buffer):
                if not self._more():
                    return -1
            elif self.buffer[self.pos] != 0x2F or not self._blank_comments(self.pos):
                return self.buffer[self.pos]

    def value(self) -> bytes:
        """The text of the value that begins at `pos`, which is stepped over. It is valid as far as brackets go.

        `peek` comes first, to see that one begins. Raises `TooLarge`, and `Broken` when the stream ends within it.
        """
        first = self.buffer[self.pos]
        if first == 0x22:
            at = self._end_of_string()
        elif first in b"{[":
            at = self._end_of_brackets()
        else:
            at = self._end_of_scalar()
        text = self.buffer[self.pos : at]
        self.pos = at
        if len(text) > MAX_VALUE:
            raise TooLarge(self.offset - len(text))
        return text

    def _end_of_brackets(self) -> int:
        at, depth = self.pos, 0
        while True:
            at = _TO_BRACKET.match(self.buffer, at).end()  # type: ignore[union-attr]
            char = self.buffer[at] if at < len(self.buffer) else 0x22
            if char == 0x22:  # the window ends, perhaps within a string
                at = self._grown(at, depth)
            elif char == 0x2F:
                ahead = at - self.pos
                at = ahead + (not self._blank_comments(at)) + self.pos
            else:
                depth += 1 if char in b"{[" else -1
                at += 1
                if depth <= 0:
                    return at

    def _end_of_string(self) -> int:
        while True:
            at = _IN_STRING.match(self.buffer, self.pos + 1).end()  # type: ignore[union-attr]
            if at < len(self.buffer) and self.buffer[at] == 0x22:
                return at + 1
            self._grown(self.pos, 0)

    def _end_of_scalar(self) -> int:
        while True:
            at = _SCALAR.match(self.buffer, self.pos).end()  # type: ignore[union-attr]
            if at < len(self.buffer) or not self._more():
                return max(at, self.pos + 1)  # always forward, whatever stands there
            if at - self.pos > MAX_VALUE:
                raise Broken("it is not JSON")

    def _grown(self, at: int, depth: int) -> int:
        """Reads on within a value; `at` as it is after that."""
        ahead = at - self.pos
        if len(self.buffer) - self.pos > MAX_VALUE:
            start = self.offset
            self._skip(at, depth)
            raise TooLarge(start)
        if not self._more():
            raise Broken("the file ends within it", hint=_CUT_OFF)
        return self.pos + ahead

    def _skip(self, at: int, depth: int) -> None:
        """Follows a value to its end without keeping it."""
        self.pos = at
        while True:
            self.pos = _TO_BRACKET.match(self.buffer, self.pos).end()  # type: ignore[union-attr]
            if self.pos == len(self.buffer):
                if not self._more():
                    raise Broken("the file ends within it", hint=_CUT_OFF)
                continue
            char = self.buffer[self.pos]
            if char == 0x22:
                self._skip_string()
            else:
                self.pos += 1
                depth += (char in b"{[") - (char in b"]}")
            if depth <= 0:
                return

    def _skip_string(self) -> None:
        self.pos += 1
        while True:
            self.pos = _IN_STRING.match(self.buffer, self.pos).end()  # type: ignore[union-attr]
            if self.pos < len(self.buffer) and self.buffer[self.pos] == 0x22:
                self.pos += 1
                return
            if not self._more():
                raise Broken("the file ends within it", hint=_CUT_OFF)

    def _more(self) -> bool:
        """Reads on, dropping what lies behind. Reads in larger steps the more is held, so that the work is linear."""
        held = len(self.buffer) - self.pos
        chunk = b"" if self._ended else self._read(max(_CHUNK, held))
        if not chunk:
            self._ended = True
            return False
        self._base += self.pos
        self.buffer = self.buffer[self.pos :] + chunk
        self.pos = 0
        return True

    def _blank_comments(self, at: int) -> bool:
        """Replaces every comment from here on by spaces. False when what stands here is no comment."""
        if self._commented:
            return False
        self._commented = True
        ahead = at - self.pos
        self.fill(_MAX_COMMENTED)
        if not self._ended and len(self.buffer) - self.pos >= _MAX_COMMENTED:
            raise Broken("it is too large to have comments", hint="remove the comments")
        at = self.pos + ahead
        before = self.buffer[:at]
        self.buffer = before + blank_comments(self.buffer[at:])
        return self.buffer[at] != 0x2F


def blank_comments(text: bytes) -> bytes:
    """JSON text with every comment blanked; lines stay where they are."""
    return _COMMENT.sub(_blank, text)


def _blank(match: re.Match[bytes]) -> bytes:
    return match.group() if match.group(1) else _NOT_NEWLINE.sub(b" ", match.group())
