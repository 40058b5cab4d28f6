"""Selectors of Calico, which are texts (`role == 'db' && has(team)`): whether one is about what has some labels. Pure.

Source: docs.tigera.io, "Network policy: selectors". Lowest to highest: `||`, `&&`, `!`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from auditor.model.resource import Unknown

Truth = bool | Unknown
Ask = Callable[[dict[str, Any]], Truth]
"""A selector that was read: labels → whether it is about what has them."""

_PARTS: Final = (
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<has>has\(\s*(?P<key>[\w./-]+)\s*\))|(?P<all>all\(\s*\))|"""
    r"""(?P<global>global\(\s*\))|(?P<sign>\|\||&&|==|!=|[!(){},])|(?P<word>[\w./-]+))"""
)
_DEPTH: Final = 50
_GIVEN: Final = "projectcalico.org/"

_TESTS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": lambda value, text: bool(value == text),
    "!=": lambda value, text: bool(value != text),
    "in": lambda value, texts: value in texts,
    "not in": lambda value, texts: value not in texts,
    "contains": lambda value, text: value is not None and text in str(value),
    "starts with": lambda value, text: value is not None and str(value).startswith(text),
    "ends with": lambda value, text: value is not None and str(value).endswith(text),
}
"""What a label is compared by; one that is not there (None) equals nothing, and is in no set."""


class _SelectorError(ValueError):
    """The text is no selector."""


def selects(text: str, labels: dict[str, Any]) -> Truth:
    """Whether a selector is about what has these labels; an empty one is about all."""
    return _read(text)(labels)


@lru_cache(maxsize=10_000)
def _read(text: str) -> Ask:
    try:
        reader = _Reader(text)
        ask = reader.either() if reader.left else _always(True)
        if not reader.left:
            return ask
    except _SelectorError:
        pass
    return _always(Unknown(f"{text!r} is no selector of Calico"))


def _tokens(text: str) -> list[tuple[str, str]]:
    token = re.compile(_PARTS, re.ASCII)
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = token.match(text, at)
        if match is None or match.lastgroup is None:
            raise _SelectorError
        kind = "has" if match["has"] else match.lastgroup
        found.append((kind, match["key"] if kind == "has" else match[kind]))
        at = match.end()
    return found


class _Reader:
    """Reads tokens from the left."""

    def __init__(self, text: str) -> None:
        self.left = _tokens(text)[::-1]
        self._depth = 0

    def either(self) -> Ask:
        """Alternatives, of which one must hold."""
        parts = [self._both()]
        while self._take("||"):
            parts.append(self._both())
        return _joined(parts, decides=True) if len(parts) > 1 else parts[0]

    def _both(self) -> Ask:
        parts = [self._one()]
        while self._take("&&"):
            parts.append(self._one())
        return _joined(parts, decides=False) if len(parts) > 1 else parts[0]

    def _one(self) -> Ask:
        negated = False
        while self._take("!"):
            negated = not negated
        ask = self._plain()
        return _negated(ask) if negated else ask

    def _plain(self) -> Ask:
        if self._take("("):
            self._depth += 1
            if self._depth > _DEPTH:
                raise _SelectorError
            ask = self.either()
            self._expect(")")
            self._depth -= 1
            return ask
        kind, text = self._next()
        match kind:
            case "all" | "global":
                return _always(kind == "all")
            case "has":
                return _asking(text, lambda value: value is not None)
            case "word":
                return self._compared(text)
        raise _SelectorError

    def _compared(self, key: str) -> Ask:
        words = [self._next()[1]]
        while self.left and self.left[-1][0] == "word":
            words.append(self.left.pop()[1])
        test = _TESTS.get(" ".join(words))
        if test is None:
            raise _SelectorError
        operand: Any = self._set() if words[-1] == "in" else self._text()
        return _asking(key, lambda value: test(value, operand))

    def _set(self) -> frozenset[str]:
        self._expect("{")
        values: set[str] = set()
        while not self._take("}"):
            values.add(self._text())
            if not self._take(","):
                self._expect("}")
                break
        return frozenset(values)

    def _text(self) -> str:
        kind, text = self._next()
        if kind != "text":
            raise _SelectorError
        return text[1:-1]

    def _next(self) -> tuple[str, str]:
        if not self.left:
            raise _SelectorError
        return self.left.pop()

    def _take(self, sign: str) -> bool:
        if self.left and self.left[-1] == ("sign", sign):
            self.left.pop()
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise _SelectorError


def _always(answer: Truth) -> Ask:
    return lambda _labels: answer


def _asking(key: str, test: Callable[[Any], bool]) -> Ask:
    """What a test says of a label."""
    given = key.startswith(_GIVEN)

    def ask(labels: dict[str, Any]) -> Truth:
        if given and key not in labels:
            return Unknown(f"the label {key} is given by Calico")
        value = labels.get(key)
        return value if isinstance(value, Unknown) else test(value)

    return ask


def _negated(ask: Ask) -> Ask:
    def asked(labels: dict[str, Any]) -> Truth:
        answer = ask(labels)
        return answer if isinstance(answer, Unknown) else not answer

    return asked


def _joined(parts: list[Ask], *, decides: bool) -> Ask:
    """Parts of which one that answers `decides` is enough."""

    def ask(labels: dict[str, Any]) -> Truth:
        hidden: Unknown | None = None
        for part in parts:
            answer = part(labels)
            if answer is decides:
                return decides
            if isinstance(answer, Unknown):
                hidden = hidden or answer
        return hidden or (not decides)

    return ask
