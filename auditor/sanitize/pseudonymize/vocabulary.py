"""What says nothing about an estate: words that rules compare with, and those of the code that judges."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import re2

from auditor.model.rule import Rule

WORD: Final = re.compile(r"[^\W_]+")
_PART: Final = re.compile(r"[\w-]+")
_ESCAPE: Final = re.compile(r"\\[A-Za-z]")
_HALF: Final = 4
_PATTERNS: Final[dict[str, Callable[[str], str]]] = {
    "matches": str,
    "notMatches": str,
    "like": lambda text: f"^{re.escape(text).replace(re.escape('*'), '.*')}$",
    "notLike": lambda text: f"^{re.escape(text).replace(re.escape('*'), '.*')}$",
    "contains": re.escape,
    "notContains": re.escape,
}
"""Operators that look into a text, and their operands as regular expressions."""
_EVALUATING: Final = ("evaluate/conditions", "lenses")
_FORMATS: Final = frozenset(
    ["amp", "apos", "com", "gt", "http", "https", "io", "lt", "net", "org", "quot", "www", "xml"]
)
"""What makes a text well-formed (XML) or recognisable (a host) without saying whose it is."""


def _words_of(text: str) -> Iterator[str]:
    """The casefolded words of a text, which may be a regular expression."""
    return (word.casefold() for word in WORD.findall(_ESCAPE.sub(" ", text)))


def _texts_of(rules: Iterable[Rule]) -> tuple[set[str], set[str]]:
    """Every text that decides in some rule (paths, values, patterns, defaults of parameters), and the patterns."""
    found: set[str] = set()
    patterns: set[str] = set()
    for rule in rules:
        pending: list[Any] = [rule.when, rule.condition, rule.each, *rule.resource]
        defaults = [parameter.default for parameter in rule.parameters.values()]
        patterns.update(default for default in defaults if isinstance(default, str))
        pending += defaults
        while pending:
            item = pending.pop()
            if isinstance(item, str):
                found.add(item)
            elif isinstance(item, dict):
                pending += item
                pending += [value for key, value in item.items() if key != "unknown"]  # its value is prose
                for operator, made in _PATTERNS.items():
                    operand = item.get(operator)
                    patterns.update(made(one) for one in _listed(operand) if isinstance(one, str))
            elif isinstance(item, list | tuple):
                pending.extend(item)
    return found, patterns


def _listed(operand: Any) -> list[Any]:
    return operand if isinstance(operand, list) else [operand]


class Vocabulary:
    """What has to stay for the answers to stay: casefolded `words`, and the `texts` that they come from."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        package = Path(__file__).resolve().parent.parent.parent
        tables = [package / "model" / name for name in ("resource.py", "kubernetes_types.py")]
        files = [*tables, *(file for name in _EVALUATING for file in (package / name).rglob("*.py"))]
        texts, patterns = _texts_of(rules)
        self.texts = texts.union(text for file in files for text in _literals(file))
        self.words = _FORMATS.union(word for text in self.texts for word in _words_of(text))
        self._parts = frozenset(part.casefold() for text in self.texts for part in (text, *_PART.findall(text)))
        self._patterns = [re2.compile(f"(?i){pattern}") for pattern in sorted(patterns)]

    def has(self, word: str) -> bool:
        """Whether a casefolded word says nothing; two known words in one say nothing either (`MongoRequests`)."""
        if word in self.words:
            return True
        halves = ((word[:at], word[at:]) for at in range(_HALF, len(word) - _HALF + 1))
        return any(first in self.words and second in self.words for first, second in halves)

    def tells_apart(self, one: str, other: str) -> bool:
        """Whether a pattern of a rule is found in one text and not in the other."""
        return any(bool(pattern.search(one)) != bool(pattern.search(other)) for pattern in self._patterns)

    def says(self, text: str) -> bool:
        """Whether a rule or the code behind it has this very text, alone or between signs (`cert-manager.io/v1`)."""
        return text.casefold() in self._parts


def _literals(file: Path) -> Iterator[str]:
    """The texts in Python code that are no docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value
