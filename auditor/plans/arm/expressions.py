"""ARM template expressions as trees: the text between `[` and `]`. Pure.

The language is Microsoft's template syntax: calls, `'text'` with `''` for a quote, whole and decimal numbers, `.name`,
`[index]`, and the safe forms `.?name` and `[?index]`.
Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

MAX_NESTING: Final = 100
"""Calls within calls; the deepest expression of the public Bicep modules has a tenth of it."""
MAX_LENGTH: Final = 1 << 20

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_$][\w$]*)|(?P<mark>[(),.\[\]?]))"
)


class ExpressionError(ValueError):
    """The text is no expression."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or a number."""

    value: Any


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`; a function that the template defines itself is called `namespace.name`."""

    name: str  # small letters
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """`base.key` or `base[key]`; `safe`: null where there is no such key."""

    base: Node
    key: Node
    safe: bool


Node = Literal | Call | Member


def is_expression(text: str) -> bool:
    """`[…]`, but not the escaped `[[…]`."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def unescaped(text: str) -> str:
    """The text that a string without an expression stands for."""
    return text[1:] if text.startswith("[[") and text.endswith("]") else text


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of an expression, given with its brackets. Raises ExpressionError."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError("the expression is too long")
    parser = _Parser(text[1:-1])
    node = parser.expression(0)
    if parser.kind:
        raise ExpressionError(f"nothing was expected at {parser.shown!r}")
    return node


class _Parser:
    """One token of look-ahead: `kind` and `shown`, both empty at the end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.kind = self.shown = ""
        self._next()

    def _next(self) -> None:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            rest = self._text[self._at :].strip()
            if rest:
                raise ExpressionError(f"{rest[:20]!r} cannot be read")
            self.kind = self.shown = ""
            return
        self._at = found.end()
        self.kind = str(found.lastgroup)
        self.shown = found[self.kind]

    def _is(self, mark: str) -> bool:
        return self.kind == "mark" and self.shown == mark

    def _take(self, mark: str) -> bool:
        if not self._is(mark):
            return False
        self._next()
        return True

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise ExpressionError(f"{mark!r} was expected" + (f" at {self.shown!r}" if self.kind else " at the end"))

    def expression(self, depth: int) -> Node:
        if depth > MAX_NESTING:
            raise ExpressionError("the expression is nested too deeply")
        node = self._primary(depth)
        length = 0
        while True:
            length += 1
            if length > MAX_NESTING:
                raise ExpressionError("the expression is nested too deeply")
            if self._take("."):
                safe = self._take("?")
                if self.kind != "name":
                    raise ExpressionError("a name was expected after '.'")
                node = Member(node, Literal(self.shown), safe)
                self._next()
            elif self._take("["):
                safe = self._take("?")
                node = Member(node, self.expression(depth + 1), safe)
                self._expect("]")
            else:
                return node

    def _primary(self, depth: int) -> Node:
        kind, shown = self.kind, self.shown
        if kind == "text":
            self._next()
            return Literal(shown[1:-1].replace("''", "'"))
        if kind == "number":
            self._next()
            return Literal(float(shown) if "." in shown else _whole(shown))
        if kind != "name":
            raise ExpressionError(f"a value was expected at {shown!r}" if kind else "a value was expected at the end")
        self._next()
        while self._take("."):
            if self.kind != "name":
                raise ExpressionError("a name was expected after '.'")
            shown += f".{self.shown}"
            self._next()
        self._expect("(")
        arguments: list[Node] = []
        if not self._take(")"):
            arguments.append(self.expression(depth + 1))
            while self._take(","):
                arguments.append(self.expression(depth + 1))
            self._expect(")")
        return Call(shown.casefold(), tuple(arguments))


def _whole(shown: str) -> int:
    if len(shown) > 19:
        raise ExpressionError(f"the number {shown[:20]} is too long")
    return int(shown)
