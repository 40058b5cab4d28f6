"""Rules of one resource type → one Python function that says which of them a resource passes. Pure.

The function answers only what it is sure of: a rule that passes, does not apply, or fails for reasons that are single
fields. For everything else (an unknown, a failing array, a shape it did not expect) it *asks*: the reference
interpreter then judges that rule on that resource.

How it is fast: every field is read once into a local, by its exact name first; conditions become Python expressions.
No text of a rule ever becomes source: names and literals are constants `k0 … kn` in the function's namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

from auditor.conditions.explain import MOST_EVIDENCE, phrase
from auditor.conditions.grammar import (
    EACH,
    All,
    AnyOf,
    Count,
    Field,
    Node,
    Not,
    Path,
    Related,
    Test,
    Value,
)
from auditor.conditions.operators import OPERATORS, same
from auditor.conditions.paths import DERIVED, text_of
from auditor.conditions.relations import Relations
from auditor.model import MISSING, Resource, Unknown

Why = list[tuple[str, Any, str]]
"""Evidence of a failure: path, value as it is, what was expected."""

SKIP: Final = 0
PASSES: Final = 1
ASK: Final = 2
"""What is known of one element of `each`: the rule does not apply to it, it passes, the reference must judge it."""

Report = Callable[[int], None]
Compiled = Callable[
    [Resource, Report, Callable[[int, Why], None], Callable[[int, list[int]], None], Report],
    None,
]
"""`f(resource, keep, fail, each, ask)` names each rule that applies by its index, once: it passed (`keep`), failed
(`fail`), has a mark for every element (`each`), or the reference must judge it (`ask`)."""


class Judged(Protocol):
    """What this module needs of a bound rule."""

    @property
    def each(self) -> Path | None: ...
    @property
    def when(self) -> Node | None: ...
    @property
    def condition(self) -> Node: ...


class Undecided(Exception):  # noqa: N818  (a signal, not an error)
    """The fast code is not sure."""


def compile_rules(rules: Sequence[tuple[int, Judged]], relations: Relations) -> Compiled:
    """The function for all rules of one type; each rule comes with the index that names it."""
    writer = _Writer(relations)
    root = _Block(writer, "r", resource=True)
    for index, rule in rules:
        writer.rule(root, index, rule)
    source = "\n".join(["def judge(r, keep, fail, each, ask):", *root.rendered(1)])
    exec(compile(source, "<rules>", "exec"), writer.names)  # noqa: S102  (our own text; rule text is in constants)
    compiled: Compiled = writer.names["judge"]
    return compiled


class _Block:
    """A run of statements with one current thing: the resource, an element or a related resource.

    `reads` is the tree of fields to read from it; they are read before the lines run.
    """

    def __init__(self, writer: _Writer, variable: str, *, resource: bool = False) -> None:
        self.writer = writer
        self.variable = variable
        self.resource = resource
        self.reads: dict[str, _Read] = {}
        self.lines: list[str] = []

    def read(self, segments: Sequence[str]) -> str:
        """The name of the local that holds the value at a path without `[*]`."""
        if not segments:
            return f"{self.variable}.body" if self.resource else self.variable
        level, found = self.reads, None
        for segment in segments:
            found = level.get(segment)
            if found is None:
                found = level[segment] = _Read(self.writer.local())
            level = found.below
        assert found is not None  # noqa: S101
        return found.variable

    def rendered(self, depth: int) -> list[str]:
        pad = "    " * depth
        lines = []
        if self.reads:
            source = self.variable
            if self.resource:
                source = self.writer.local()
                lines.append(f"{pad}{source} = {self.variable}.body")
            for segment, read in self.reads.items():
                if self.resource and segment in DERIVED:
                    derived = self.writer.constant(DERIVED[segment])
                    lines.append(f"{pad}{read.variable} = {derived}({self.variable})")
                    lines.append(f"{pad}if {read.variable} is None: {read.variable} = M")
                    lines += self._below(read, depth)
                else:
                    lines += self._guarded({segment: read}, source, depth)
        return [*lines, *(pad + line for line in self.lines)] or [f"{pad}pass"]

    def _guarded(self, reads: dict[str, _Read], source: str, depth: int) -> list[str]:
        pad = "    " * depth
        names = [name for read in reads.values() for name in read.names()]
        lines = [f"{pad}if {source}.__class__ is dict:"]
        for segment, read in reads.items():
            key = self.writer.constant(segment)
            folded = self.writer.constant(segment.casefold())
            lines.append(f"{pad}    {read.variable} = {source}.get({key}, M)")
            lines.append(f"{pad}    if {read.variable} is M: {read.variable} = fold({source}, {folded})")
            lines += self._below(read, depth + 1)
        lines += [f"{pad}else:", f"{pad}    {' = '.join(names)} = M"]
        return lines

    def _below(self, read: _Read, depth: int) -> list[str]:
        return self._guarded(read.below, read.variable, depth) if read.below else []


class _Read:
    """A field that is read into a local, and the fields below it."""

    __slots__ = ("below", "variable")

    def __init__(self, variable: str) -> None:
        self.variable = variable
        self.below: dict[str, _Read] = {}

    def names(self) -> Iterator[str]:
        yield self.variable
        for read in self.below.values():
            yield from read.names()


class _Scopes:
    """The blocks that the three starts of a path mean."""

    __slots__ = ("here", "item", "root")

    def __init__(self, root: _Block, item: _Block, here: _Block) -> None:
        self.root, self.item, self.here = root, item, here

    def start(self, path: Path) -> _Block:
        return {"$": self.root, "^": self.item}.get(path.start, self.here)

    def inside(self, here: _Block) -> _Scopes:
        return _Scopes(self.root, self.item, here)


class _Writer:
    """Writes expressions, and keeps the constants that they name."""

    def __init__(self, relations: Relations) -> None:
        self.names: dict[str, Any] = {
            "M": MISSING,
            "Undecided": Undecided,
            "fold": fold,
            "walk": _walk,
            "items": _items,
            "test": _test,
            "against": _against,
            "number": _number,
            "same": same,
            "matching": _matching(relations),
            "undecided": _undecided,
        }
        self._constants: dict[Any, str] = {}
        self._locals = 0

    def local(self) -> str:
        self._locals += 1
        return f"v{self._locals}"

    def constant(self, value: Any) -> str:
        key = (type(value), value) if isinstance(value, (str, int)) else id(value)
        name = self._constants.get(key)
        if name is None:
            name = self._constants[key] = f"k{len(self._constants)}"
            self.names[name] = value  # held here, so an id stays taken
        return name

    def rule(self, root: _Block, index: int, rule: Judged) -> None:
        """The statements that judge one rule."""
        root.lines.append("try:")
        if rule.each is None:
            scopes = _Scopes(root, root, root)
            why = self.why(rule.condition, scopes)
            fails = f"ask({index})" if why is None else f"fail({index}, [{', '.join(why)}])"
            lines = self._verdict(rule, scopes, [f"keep({index})"], [fails])
        else:
            marks = self.local()
            lines = [
                f"{marks} = []",
                *self._loop(root, rule.each, lambda block: self._element(root, block, rule, marks)),
                f"if {marks}: each({index}, {marks})",
            ]
        root.lines += [f"    {line}" for line in lines]
        # Undecided, or a shape that nobody thought of: the reference knows what to say of it.
        root.lines += ["except Exception:", f"    ask({index})"]

    def _element(self, root: _Block, block: _Block, rule: Judged, marks: str) -> None:
        scopes = _Scopes(root, block, block)
        passes, fails, skips = ([f"{marks}.append({mark})"] for mark in (PASSES, ASK, SKIP))
        block.lines += self._verdict(rule, scopes, passes, fails, skips)

    def _verdict(
        self, rule: Judged, scopes: _Scopes, passes: list[str], fails: list[str], skips: Sequence[str] = ()
    ) -> list[str]:
        """`if` the rule applies: `passes` or `fails`; else `skips`. Functions that the expressions need come first."""
        before = len(scopes.here.lines)
        when = None if rule.when is None else self.expression(rule.when, scopes)
        condition = self.expression(rule.condition, scopes)
        defined = scopes.here.lines[before:]
        del scopes.here.lines[before:]
        lines = [f"if {condition}:", *(f"    {line}" for line in passes), "else:", *(f"    {line}" for line in fails)]
        if when is not None:
            lines = [f"if {when}:", *(f"    {line}" for line in lines)]
            if skips:
                lines += ["else:", *(f"    {line}" for line in skips)]
        return [*defined, *lines]

    def _loop(self, root: _Block, path: Path, fill: Callable[[_Block], None]) -> list[str]:
        """Nested `for` loops over the elements at a path; `fill` writes the inside of the innermost."""
        first, *rest = _split(path.segments)
        return self._loops(root.read(first), rest, fill)

    def _loops(self, source: str, rest: list[tuple[str, ...]], fill: Callable[[_Block], None]) -> list[str]:
        block = _Block(self, self.local())
        if len(rest) == 1 and not rest[0]:
            fill(block)
        elif len(rest) == 1:  # `each: a[*].b`: the thing judged is b of every element
            inner = _Block(self, block.read(rest[0]))
            fill(inner)
            block.lines += inner.rendered(0)
        else:
            block.lines += self._loops(block.read(rest[0]), rest[1:], fill)
        return [f"for {block.variable} in items({source}):", *block.rendered(1)]

    # --- expressions ----------------------------------------------------------------------------------------------

    def expression(self, node: Node, scopes: _Scopes) -> str:
        """A Python expression that is true when the condition is, and raises Undecided where that is not sure."""
        match node:
            case All(parts) | AnyOf(parts):
                word = " and " if isinstance(node, All) else " or "
                return f"({word.join(self.expression(part, scopes) for part in parts)})"
            case Not(part):
                return f"(not {self.expression(part, scopes)})"
            case Field(path, test):
                return self._field(path, test, scopes)
            case Value(value, test):
                return self._tested(self.constant(value), test, scopes)
            case Count(path, where, test):
                return f"number({self._count(path, where, scopes)}, {self._number_test(test, scopes)})"
            case Related():
                return f"number({self._related(node, scopes)}, {self._number_test(node.test, scopes)})"

    def why(self, node: Node, scopes: _Scopes, wanted: bool = True) -> list[str] | None:
        """Items of a Python list that is the evidence for a condition which is not what was wanted.

        None when only the reference can tell: arrays, counts, relations.
        """
        match node:
            case All(parts) | AnyOf(parts):
                # All parts of a false anyOf are false; of a false allOf some are: those that are not say nothing.
                doubtful = isinstance(node, All) is wanted
                items = []
                for part in parts:
                    inner = self.why(part, scopes, wanted)
                    if inner is None:
                        return None
                    if doubtful:
                        is_not = "not " if wanted else ""
                        inner = [f"*([{', '.join(inner)}] if {is_not}{self.expression(part, scopes)} else ())"]
                    items += inner
                return items if len(items) <= MOST_EVIDENCE else None
            case Not(part):
                return self.why(part, scopes, not wanted)
            case Field(path, test) if not path.every:
                value = scopes.start(path).read(path.segments)
                names = self.constant(text_of(path.segments)), self.constant(phrase(test, wanted))
                return [f"({names[0]}, {value}, {names[1]})"]
            case _:
                return None

    def _field(self, path: Path, test: Test, scopes: _Scopes) -> str:
        if not path.every:
            return self._tested(scopes.start(path).read(path.segments), test, scopes)
        variable, loops = self._each(path, scopes)
        return f"all({self._tested(variable, test, scopes)} {loops})"

    def _each(self, path: Path, scopes: _Scopes) -> tuple[str, str]:
        """A variable and the `for` clauses that let it stand for every value at a path with `[*]`."""
        first, *rest = _split(path.segments)
        source, clauses = scopes.start(path).read(first), []
        for keys in rest:
            element = self.local()
            clauses.append(f"for {element} in items({source})")
            source = element
            if keys:
                source = self.local()
                clauses.append(f"for {source} in (walk({element}, {self.constant(keys)}),)")
        return source, " ".join(clauses)

    def _tested(self, value: str, test: Test, scopes: _Scopes) -> str:
        """One value against a test."""
        if isinstance(test.operand, Path):
            if test.operand.every:
                return "undecided()"
            operand = scopes.start(test.operand).read(test.operand.segments)
            return f"against({value}, {operand}, {self.constant(test)})"
        inlined = self._inlined(value, test)
        if inlined:
            return inlined
        operator = OPERATORS[test.operator]
        function, prepared = self.constant(operator.test), self.constant(test.prepared)
        return f"test({value}, {function}, {prepared}, {operator.absent})"

    def _inlined(self, value: str, test: Test) -> str | None:
        """The commonest tests as plain expressions."""
        operand = test.prepared
        match test.operator:
            case "exists":
                return (
                    f"({value} is not M and {value} is not None)" if operand else f"({value} is M or {value} is None)"
                )
            case "equals" | "notEquals":
                found = self._equal(value, operand)
                return found if test.operator == "equals" or found is None else f"(not {found})"
            case "in" | "notIn" if all(_is_plain(item) for item in operand):
                exact = self.constant(frozenset(operand))
                folded = self.constant(frozenset(item.casefold() for item in operand))
                found = f"({value}.__class__ is str and ({value} in {exact} or {value}.casefold() in {folded}))"
                return found if test.operator == "in" else f"(not {found})"
        return None

    def _equal(self, value: str, operand: Any) -> str | None:
        if isinstance(operand, bool):
            spelled = self.constant(str(operand).casefold())
            return f"({value} is {operand} or ({value}.__class__ is str and {value}.casefold() == {spelled}))"
        if _is_plain(operand):
            exact, folded = self.constant(operand), self.constant(operand.casefold())
            return f"({value}.__class__ is str and ({value} == {exact} or {value}.casefold() == {folded}))"
        return None

    def _count(self, path: Path, where: Node | None, scopes: _Scopes) -> str:
        outer = Path(path.text, path.segments[:-1], path.start)
        if outer.every:
            variable, loops = self._each(outer, scopes)
            clauses = f"{loops} for e in items({variable})"
        else:
            holder = scopes.start(outer).read(outer.segments)
            if where is None:
                return f"len(items({holder}))"
            clauses = f"for e in items({holder})"
        condition = "" if where is None else f" if {self._function(where, scopes)}(e)"
        return f"sum(1 {clauses}{condition})"

    def _related(self, node: Related, scopes: _Scopes) -> str:
        if node.ours.every:
            variable, loops = self._each(node.ours, scopes)
            keys = f"[{variable} {loops}]"
        else:
            keys = f"[{scopes.start(node.ours).read(node.ours.segments)}]"
        where = "None" if node.where is None else self._function(node.where, scopes, resource=True)
        return f"matching({self.constant(node)}, {keys}, {scopes.root.variable}, {where})"

    def _function(self, node: Node, scopes: _Scopes, *, resource: bool = False) -> str:
        """A function for a `where`, written into the block that uses it (it may read the locals around it)."""
        name = self.local()
        block = _Block(self, self.local(), resource=resource)
        result = self.expression(node, scopes.inside(block))
        block.lines.append(f"return {result}")
        scopes.here.lines += [f"def {name}({block.variable}):", *block.rendered(1)]
        return name

    def _number_test(self, test: Test, scopes: _Scopes) -> str:
        if isinstance(test.operand, Path):
            variable = self.local()
            return f"lambda {variable}: {self._tested(variable, test, scopes)}"
        return self.constant(_on_number(test))


def _split(segments: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The keys before, between and behind the `[*]` of a path."""
    parts: list[list[str]] = [[]]
    for segment in segments:
        if segment == EACH:
            parts.append([])
        else:
            parts[-1].append(segment)
    return [tuple(part) for part in parts]


def _is_plain(operand: Any) -> bool:
    """A string that spells neither a boolean nor a number: it equals strings alone."""
    if not isinstance(operand, str) or operand.casefold() in ("true", "false"):
        return False
    return not (operand[:1].isdigit() or operand[:1] == "-")


# --- what the generated code calls ----------------------------------------------------------------------------------

_SHAPES: Final[dict[tuple[str, ...], dict[str, str]]] = {}
_MOST_SHAPES: Final = 4096


def fold(holder: dict[str, Any], folded: str) -> Any:
    """The value of a key that is not there in its usual casing. The keys of objects recur, so they are remembered."""
    shape = tuple(holder)
    names = _SHAPES.get(shape)
    if names is None:
        if len(_SHAPES) >= _MOST_SHAPES:
            _SHAPES.clear()
        names = _SHAPES[shape] = {name.casefold(): name for name in reversed(shape) if isinstance(name, str)}
    found = names.get(folded)
    return MISSING if found is None else holder[found]


def _walk(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        if value.__class__ is not dict:
            return MISSING
        found = value.get(key, MISSING)
        value = fold(value, key.casefold()) if found is MISSING else found
    return value


def _items(value: Any) -> Iterable[Any]:
    if value.__class__ is list:
        return value
    if value is MISSING or value is None:
        return ()
    if value.__class__ is dict:
        return list(value.values())
    raise Undecided


def _test(value: Any, function: Callable[[Any, Any], bool | Unknown], prepared: Any, absent: bool) -> bool:
    if value is MISSING or value is None:
        return absent
    verdict = function(value, prepared)
    if verdict is True or verdict is False:
        return verdict
    raise Undecided


def _against(value: Any, operand: Any, test: Test) -> bool:
    """A value against the value of another field."""
    if operand is MISSING or operand is None:
        raise Undecided
    operator = OPERATORS[test.operator]
    try:
        prepared = operator.prepare(operand, test.clock)
    except ValueError:
        raise Undecided from None
    if test.operator == "exists":
        return (value is not MISSING and value is not None) is prepared
    return _test(value, operator.test, prepared, operator.absent)


def _undecided() -> bool:
    raise Undecided


def _number(number: int, test: Callable[[int], bool]) -> bool:
    return test(number)


def _on_number(test: Test) -> Callable[[int], bool]:
    operator, prepared = OPERATORS[test.operator], test.prepared
    return lambda number: _test(number, operator.test, prepared, operator.absent)


def _matching(relations: Relations) -> Callable[..., int]:
    def count(node: Related, values: list[Any], asking: Resource, where: Callable[[Resource], bool] | None) -> int:
        keys = [value for value in values if value is not MISSING and value is not None]
        match = relations.matching(node, keys, asking)
        if match.maybe or (keys and match.incomplete):
            raise Undecided
        if where is None:
            return len(match.found)
        if any(resource.partial for resource in match.found):
            raise Undecided
        return sum(1 for resource in match.found if where(resource))

    return count
