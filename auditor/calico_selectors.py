"""Selectors of Calico, which are texts (`role == 'db' && has(team)`): whether one is about what has some labels. Pure.

Source: docs.tigera.io, "Network policy: selectors". Lowest to highest: `||`, `&&`, `!`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from auditor.resource import Unknown

Truth = bool | Unknown

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<has>has\(\s*(?P<key>[\w./-]+)\s*\))|(?P<all>all\(\s*\))|"""
    r"""(?P<global>global\(\s*\))|(?P<sign>\|\||&&|==|!=|[!(){},])|(?P<word>[\w./-]+))""",
    re.ASCII,
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


class _SelectorError(ValueError):
    """The text is no selector."""


def selects(text: str, labels: dict[str, Any]) -> Truth:
    """Whether a selector is about what has these labels; an empty one is about all."""
    try:
        reader = _Reader(_tokens(text), labels)
        found = reader.either() if reader.left else True
        return Unknown(f"{text!r} is no selector of Calico") if reader.left else found
    except _SelectorError:
        return Unknown(f"{text!r} is no selector of Calico")


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _SelectorError
        kind = "has" if match["has"] else match.lastgroup
        found.append((kind, match["key"] if kind == "has" else match[kind]))
        at = match.end()
    return found


class _Reader:
    """Reads tokens from the left, and says what they come to."""

    def __init__(self, tokens: Sequence[tuple[str, str]], labels: dict[str, Any]) -> None:
        self.left = list(reversed(tokens))
        self._labels = labels
        self._depth = 0

    def either(self) -> Truth:
        """Alternatives, of which one must hold."""
        answers = [self._both()]
        while self._take("||"):
            answers.append(self._both())
        return True if True in answers else next((one for one in answers if isinstance(one, Unknown)), False)

    def _both(self) -> Truth:
        answers = [self._one()]
        while self._take("&&"):
            answers.append(self._one())
        return False if False in answers else next((one for one in answers if isinstance(one, Unknown)), True)

    def _one(self) -> Truth:
        negated = False
        while self._take("!"):
            negated = not negated
        answer = self._plain()
        return answer if isinstance(answer, Unknown) or not negated else not answer

    def _plain(self) -> Truth:
        if self._take("("):
            self._depth += 1
            if self._depth > _DEPTH:
                raise _SelectorError
            answer = self.either()
            self._expect(")")
            self._depth -= 1
            return answer
        kind, text = self._next()
        if kind in ("all", "global"):
            return kind == "all"
        if kind == "has":
            value = self._label(text)
            return value if isinstance(value, Unknown) else value is not None
        if kind != "word":
            raise _SelectorError
        return self._compared(text)

    def _compared(self, key: str) -> Truth:
        """A label and what it is compared with; one that is not there equals nothing, and is in no set."""
        words = [self._next()[1]]
        while self.left and self.left[-1][0] == "word":
            words.append(self.left.pop()[1])
        test = _TESTS.get(" ".join(words))
        if test is None:
            raise _SelectorError
        operand: Any = self._set() if words[-1] == "in" else self._text()
        value = self._label(key)
        return value if isinstance(value, Unknown) else test(value, operand)

    def _label(self, key: str) -> Any:
        if key not in self._labels and key.startswith(_GIVEN):
            return Unknown(f"the label {key} is given by Calico")
        return self._labels.get(key)

    def _set(self) -> list[str]:
        self._expect("{")
        values: list[str] = []
        while not self._take("}"):
            values.append(self._text())
            if not self._take(","):
                self._expect("}")
                break
        return values

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
