"""Conditions → Python expressions: true when the condition is, raising `Undecided` where that is not sure. Pure.

What runs over an array or over related resources becomes a function of its own, which stops as soon as it knows enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from auditor.evaluate.conditions.codegen import INDENT, Block, Function, Names, Spelling
from auditor.evaluate.conditions.grammar import (
    EACH,
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
from auditor.evaluate.conditions.operators import OPERATORS, absent_verdict
from auditor.evaluate.conditions.paths import DERIVED
from auditor.evaluate.conditions.relations import Relations
from auditor.evaluate.conditions.runtime import Lookup, Verdicts, tester
from auditor.evaluate.conditions.semantics import is_strict_test
from auditor.model.kubernetes_types import is_cluster_type

_SIGNS: Final = {
    "equals": "==", "notEquals": "!=", "less": "<", "lessOrEquals": "<=", "greater": ">", "greaterOrEquals": ">=",
}  # fmt: skip
_SOME: Final = {("greaterOrEquals", 1), ("greater", 0), ("notEquals", 0)}
_NONE: Final = {("equals", 0), ("less", 1), ("lessOrEquals", 0)}


class Scopes(NamedTuple):
    """The blocks that the three starts of a path mean, and the function that is being written."""

    root: Block
    item: Block
    here: Block
    function: Function

    def start(self, path: Path) -> Block:
        """The block that a path starts from."""
        return {"$": self.root, "^": self.item}.get(path.start, self.here)


class Expressions:
    """Writes conditions. The names that they need go to `names`."""

    def __init__(self, names: Names, relations: Relations) -> None:
        self.names = names
        self._relations = relations

    def expression(self, node: Node, scopes: Scopes) -> str:
        """The condition as an expression."""
        match node:
            case All(parts) | AnyOf(parts):
                word = " and " if isinstance(node, All) else " or "
                return f"({word.join(self.expression(part, scopes) for part in parts)})"
            case Not(part):
                return f"(not {self.expression(part, scopes)})"
            case Field(path, test) if path.every:
                return self._every(path, test, scopes)
            case Field(path, test):
                start = scopes.start(path)
                value, strict = (
                    self.value(start, path.segments, scopes),
                    start.spelling.strict and is_strict_test(test, path),
                )
                return self.tested(value, test, scopes, derived=_may_be_derived(path, scopes), strict=strict)
            case Value(value, test):
                return self.tested(self.names.constant(value), test, scopes)
            case Count(path, where, test):
                return self._count(path, where, test, scopes)
            case Related():
                return self._related(node, scopes)
            case NotKnown():
                return "undecided()"

    # --- one value ------------------------------------------------------------------------------------------------

    def value(self, block: Block, segments: Sequence[str], scopes: Scopes) -> str:
        """The local of the current function that holds the value at a path without `[*]`."""
        return _passed(scopes.function, block.function, block.read(segments))

    def tested(self, value: str, test: Test, scopes: Scopes, *, derived: bool = False, strict: bool = False) -> str:
        """One value against a test. `derived`: it may be unknown although nothing in the body is. `strict`: a string is
        no boolean."""
        if isinstance(test.operand, Path):
            if test.operand.every:
                return "undecided()"
            operand = self.value(scopes.start(test.operand), test.operand.segments, scopes)
            return f"against({value}, {operand}, {self.names.constant(test)})"
        known = f"known({value})" if self.names.partial or derived else value
        if test.operator == "exists":
            return (
                f"({known} is not M and {value} is not None)" if test.prepared else f"({known} is M or {value} is None)"
            )
        texts = self._verdicts(test)
        if test.operator in ("equals", "notEquals") and isinstance(test.prepared, bool):
            absent = OPERATORS[test.operator].absent
            right = test.prepared is (test.operator == "equals")
            rest = f"odd({value}, {None if strict else texts}, {absent})"
            missing = f"or {value} is M or" if absent else f"or {value} is not M and"
            return f"({value} is {right} {missing} {value} is not {not right} and {rest})"
        function, prepared = self.names.constant(OPERATORS[test.operator].test), self.names.constant(test.prepared)
        absent = absent_verdict(test.operator, test.prepared)
        rest = f"tested({value}, {function}, {prepared}, {absent})"
        if test.operator in ("equals", "notEquals") and isinstance(test.prepared, bool):
            sign = "is not" if test.operator == "notEquals" else "is"
            spelled = f"{value} {sign} {test.prepared} if {value}.__class__ is bool or {value} is M else {rest}"
            return f"({texts}[{value}] if {value}.__class__ is str else {spelled})"
        return f"({texts}[{value}] if {value}.__class__ is str else {absent} if {value} is M else {rest})"

    def _verdicts(self, test: Test) -> str:
        order = repr(test.prepared) if test.operator == "atLeast" else ""
        key = ("verdicts", test.operator, repr(test.operand), order, test.clock)
        return self.names.known(key) or self.names.constant(Verdicts(test), key)

    def _number(self, number: str, test: Test, scopes: Scopes) -> str:
        """A number of elements against a test."""
        if test.operator in _SIGNS and type(test.operand) is int:
            return f"({number} {_SIGNS[test.operator]} {self.names.constant(test.operand)})"
        if isinstance(test.operand, Path):
            return self.tested(number, test, scopes)
        function, prepared = self.names.constant(tester(test)), self.names.constant(test.prepared)
        return f"tested({number}, {function}, {prepared}, {OPERATORS[test.operator].absent})"

    # --- many values ----------------------------------------------------------------------------------------------

    def _every(self, path: Path, test: Test, scopes: Scopes) -> str:
        def fill(block: Block) -> None:
            inner = scopes._replace(function=block.function)  # another field as operand is one of the outer thing
            strict = block.spelling.strict and is_strict_test(test, path)
            derived = _may_be_derived(path, scopes)
            found = self.tested(block.read(rest), test, inner, derived=derived, strict=strict)
            block.lines += [f"if not {found}: return False"]

        rest = split(path.segments)[-1]
        return self._over(scopes.start(path), path.segments, scopes, fill, "return True")

    def _count(self, path: Path, where: Node | None, test: Test, scopes: Scopes) -> str:
        start = scopes.start(path)
        if where is None and path.segments.count(EACH) == 1:
            value = self.value(start, path.segments[:-1], scopes)
            return self._number(f"len(items({value}))", test, scopes)
        return self._hits(start, path.segments, where, test, scopes)

    def _related(self, node: Related, scopes: Scopes) -> str:
        found = self.matching(node, scopes)
        if node.where is None:
            return self._number(f"len({found})", node.test, scopes)
        return self._hits(found, (EACH,), node.where, node.test, scopes, spelling_of(node))

    def matching(self, node: Related, scopes: Scopes) -> str:
        """The list of the related resources that match, whatever `where` says of them."""
        key = ("lookup", node.types, node.theirs)
        lookup = self.names.known(key) or self.names.constant(Lookup(node, self._relations), key)
        asking = _passed(scopes.function, scopes.root.function, scopes.root.variable)
        start = scopes.start(node.ours)
        if not node.ours.every:
            return f"{lookup}.one({self.value(start, node.ours.segments, scopes)}, {asking})"

        def fill(block: Block) -> None:
            block.lines.append(f"found.append({block.read(rest)})")

        rest = split(node.ours.segments)[-1]
        keys = self._over(start, node.ours.segments, scopes, fill, "return found", "found = []")
        return f"{lookup}.several({keys}, {asking})"

    def _hits(
        self,
        start: Block | str,
        segments: tuple[str, ...],
        where: Node | None,
        test: Test,
        scopes: Scopes,
        spelling: Spelling | None = None,
    ) -> str:
        """How many elements (or related resources, when `start` is an expression) satisfy `where`, against a test."""
        wanted = (test.operator, test.operand) if type(test.operand) is int else None
        hit, end, begin = "n += 1", "return n", "n = 0"
        if wanted in _SOME or wanted in _NONE:
            hit, end, begin = f"return {wanted in _SOME}", f"return {wanted in _NONE}", ""

        def fill(block: Block) -> None:
            inner = scopes._replace(here=block, function=block.function)
            block.lines += [hit] if where is None else [f"if {self.expression(where, inner)}: {hit}"]

        call = self._over(start, segments, scopes, fill, end, begin, spelling)
        return self._number(call, test, scopes) if begin else call

    def _over(
        self,
        start: Block | str,
        segments: tuple[str, ...],
        scopes: Scopes,
        fill: Callable[[Block], None],
        end: str,
        begin: str = "",
        spelling: Spelling | None = None,
    ) -> str:
        """The call of a function with nested loops over the elements at a path; `fill` writes the inside. `spelling`:
        of the related resources, when `start` is an expression for them."""
        function = Function(self.names, scopes.function)
        first, *rest = split(segments)
        source, related = (start, True) if isinstance(start, str) else (self.value(start, first, scopes), False)
        spelling = start.spelling if isinstance(start, Block) else spelling or scopes.here.spelling
        lines = loops(function, function.parameter(source), rest, fill, spelling, resource=related)
        return function.call([*([begin] if begin else []), *lines, end])


def _may_be_derived(path: Path, scopes: Scopes) -> bool:
    """Whether a path may lead into what is derived from the body, where values may be unknown of their own."""
    return scopes.start(path) is not scopes.root or path.segments[:1] in _DERIVED


_DERIVED: Final = frozenset((name,) for name in DERIVED)


def spelling_of(node: Related) -> Spelling:
    """Of the keys of related resources, none of which is held in two spellings (`fields`). The types of a relation are
    all of Kubernetes or none is."""
    return Spelling(all(map(is_cluster_type, node.types)), distinct=True)


def _passed(function: Function, owner: Function, expression: str) -> str:
    """An expression of a function further out, as the inner one knows it."""
    if function is owner:
        return expression
    assert function.outer is not None  # noqa: S101
    return function.parameter(_passed(function.outer, owner, expression))


def loops(
    function: Function,
    source: str,
    rest: list[tuple[str, ...]],
    fill: Callable[[Block], None],
    spelling: Spelling,
    *,
    resource: bool = False,
) -> list[str]:
    """Nested `for` loops; `rest` are the keys behind each `[*]`. `fill` writes the inside of the innermost."""
    block = Block(function, function.local(), spelling, resource=resource)
    if len(rest) == 1:
        fill(block)
    else:
        block.lines += loops(function, block.read(rest[0]), rest[1:], fill, spelling)
    run = source if resource else f"({source} if {source}.__class__ is list else items({source}))"
    return [f"for {block.variable} in {run}:", *(INDENT + line for line in block.rendered())]


def split(segments: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The keys before, between and behind the `[*]` of a path."""
    parts: list[list[Any]] = [[]]
    for segment in segments:
        if segment == EACH:
            parts.append([])
        else:
            parts[-1].append(segment)
    return [tuple(part) for part in parts]
