"""Why a condition is not what was wanted → a Python list of evidence, for a condition that is known not to be. Pure.

The same evidence as `explain.evidence` gives, with the code of `expressions` in place of the interpreter. Where that is
not sure, it raises, and the interpreter is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from auditor.evaluate.conditions.codegen import INDENT, Block, Function, Spelling
from auditor.evaluate.conditions.expressions import Expressions, Scopes, loops, spelling_of, split
from auditor.evaluate.conditions.grammar import (
    All,
    AnyOf,
    Count,
    Field,
    Node,
    Not,
    NotKnown,
    Path,
    Related,
    Test,
    Value,
)
from auditor.evaluate.conditions.paths import elements, join, text_of
from auditor.evaluate.conditions.runtime import Undecided
from auditor.evaluate.conditions.semantics import (
    ASK_FOR_KEYS,
    MOST_EVIDENCE,
    element_name,
    found,
    is_strict_test,
    keys_of,
    phrase,
)
from auditor.model.resource import MISSING, Resource

Why = list[tuple[str, Any, str]]
"""Evidence of a failure: path, value as it is, what was expected."""
TEXT: Final = "t"
"""The variable that holds the path of the element of `each`."""


class Reasons(Expressions):
    """Writes lists of evidence."""

    def why(self, node: Node, scopes: Scopes, wanted: bool = True) -> str:
        """The list for a condition that is not what was wanted."""
        return f"[{', '.join(self._items(node, scopes, wanted))}][:{MOST_EVIDENCE}]"

    def _items(self, node: Node, scopes: Scopes, wanted: bool) -> list[str]:
        match node:
            case All(parts) | AnyOf(parts):
                # All parts of a false anyOf are false; of a false allOf some are: those that are not say nothing.
                doubtful = isinstance(node, All) is wanted
                listed = []
                for part in parts:
                    inner = self._items(part, scopes, wanted)
                    if doubtful:
                        is_not = "not " if wanted else ""
                        inner = [f"*([{', '.join(inner)}] if {is_not}{self.expression(part, scopes)} else ())"]
                    listed += inner
                return listed
            case Not(part):
                return self._items(part, scopes, not wanted)
            case Field(path, test) if path.every:
                return [f"*{self._each_value(path, test, scopes, wanted)}"]
            case Field(path, test):
                value = self.value(scopes.start(path), path.segments, scopes)
                value = _looked_at(test, value)
                return [f"({self._text(path, path.segments, scopes)}, {value}, {self._phrase(test, wanted)})"]
            case Value(value, test):
                return [f"({self.names.constant('value')}, {self.names.constant(value)}, {self._phrase(test, wanted)})"]
            case Count(path, where, test):
                names = self._named(path, where, scopes)
                return [f"counted({self._counted_path(path, scopes)}, {names}, {self._phrase(test, wanted, True)})"]
            case Related():
                text = self.names.constant(f"related {', '.join(node.types)}")
                return [
                    f"counted({text}, {self._related_names(node, scopes)}, {self._phrase(node.test, wanted, True)})"
                ]
            case NotKnown():
                return []

    def _phrase(self, test: Test, wanted: bool, counted: bool = False) -> str:
        return self.names.constant(f"{'to find ' if counted else ''}{phrase(test, wanted)}")

    def _text(self, path: Path, segments: Sequence[str], scopes: Scopes) -> str:
        """The text of a path, from where it starts."""
        if path.start == "$" or scopes.item is scopes.root:
            return self.names.constant(text_of(tuple(segments)))
        return f"{TEXT} + {self.names.constant(_suffix(segments))}" if segments else TEXT

    def _counted_path(self, path: Path, scopes: Scopes) -> str:
        if path.start or scopes.item is scopes.root:
            return self.names.constant(path.text.lstrip("$^."))
        return f"{TEXT} + {self.names.constant(f'.{path.text}')}"

    def _each_value(self, path: Path, test: Test, scopes: Scopes, wanted: bool) -> str:
        def fill(block: Block, text: str) -> None:
            value = block.read(rest)
            behind = f"{text} + {self.names.constant(_suffix(rest))}" if rest else text
            inner = scopes._replace(function=block.function)
            strict = block.spelling.strict and is_strict_test(test, path)
            condition = f"if not {self.tested(value, test, inner, strict=strict)}: " if wanted else ""
            told = f"{behind}, {_looked_at(test, value)}, {self._phrase(test, wanted)}"
            block.lines.append(f"{condition}found.append(({told}))")

        rest = split(path.segments)[-1]
        return self._listed(path, scopes, fill)

    def _named(self, path: Path, where: Node | None, scopes: Scopes) -> str:
        def fill(block: Block, text: str) -> None:
            inner = scopes._replace(here=block, function=block.function)
            condition = "" if where is None else f"if {self.expression(where, inner)}: "
            block.lines.append(f"{condition}found.append(element_name({block.variable}, {text}))")

        return self._listed(path, scopes, fill)

    def _listed(self, path: Path, scopes: Scopes, fill: Callable[[Block, str], None]) -> str:
        """The call of a function that lists something of the elements at a path."""
        function = Function(self.names, scopes.function)
        first, *rest = split(path.segments)
        start = scopes.start(path)
        source = function.parameter(self.value(start, first, scopes))
        text = function.parameter(self._text(path, first, scopes))
        return function.call(
            ["found = []", *_named_loops(function, source, text, rest, fill, start.spelling), "return found"]
        )

    def _related_names(self, node: Related, scopes: Scopes) -> str:
        def fill(block: Block) -> None:
            inner = scopes._replace(here=block, function=block.function)
            condition = "" if node.where is None else f"if {self.expression(node.where, inner)}: "
            block.lines.append(f"{condition}found.append({block.variable}.name)")

        function = Function(self.names, scopes.function)
        source = function.parameter(self.matching(node, scopes))
        lines = loops(function, source, [()], fill, spelling_of(node), resource=True)
        return function.call(["found = []", *lines, "return found"])


def _named_loops(
    function: Function,
    source: str,
    text: str,
    rest: list[tuple[str, ...]],
    fill: Callable[[Block, str], None],
    spelling: Spelling,
) -> list[str]:
    """Nested `for` loops over elements and their paths."""
    block, inner = Block(function, function.local(), spelling), function.local()
    if len(rest) == 1:
        fill(block, inner)
    else:
        suffix = f"{inner} + {function.names.constant(_suffix(rest[0]))}" if rest[0] else inner
        block.lines += _named_loops(function, block.read(rest[0]), suffix, rest[1:], fill, spelling)
    return [f"for {inner}, {block.variable} in named({source}, {text}):", *(INDENT + x for x in block.rendered())]


def _looked_at(test: Test, value: str) -> str:
    return f"keys_of({value})" if test.operator in ASK_FOR_KEYS else value


def _suffix(segments: Sequence[str]) -> str:
    """What keys add to the text of a path."""
    return "".join(join("x", segment)[1:] for segment in segments)


# --- what the generated code calls ----------------------------------------------------------------------------------


def named(value: Any, text: str) -> Iterator[tuple[str, Any]]:
    """The elements of an array, each with its path."""
    if not (value is None or value is MISSING or isinstance(value, (list, dict))):
        raise Undecided
    return elements(value, text)


def counted(path: str, names: list[str], expected: str) -> tuple[str, str, str]:
    """Evidence of a count."""
    return path, found(str(len(names)), names), expected


Explainer = Callable[[Resource, Any, str], Why | None]
"""`f(resource, element, path)` gives the evidence of a failure; None when only the reference can tell."""

CALLED: Final = {"named": named, "counted": counted, "element_name": element_name, "keys_of": keys_of}
"""What a namespace needs beside what conditions need."""
