"""The text of generated code: constants, functions with their locals, and blocks that read fields into locals. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from auditor.evaluate.conditions.paths import DERIVED
from auditor.evaluate.conditions.runtime import Keys
from auditor.model.case_insensitive import FREE

INDENT: Final = "    "


class Names:
    """The namespace of generated code. Names and literals of rules are in it as constants, never in the text.

    `partial`: the code is for resources that hold unknown values. What is read below one is unknown, and asked about.
    """

    def __init__(self, given: Mapping[str, Any], *, partial: bool = False) -> None:
        self.partial = partial
        self.values = dict(given)
        self.functions: list[str] = []
        self._constants: dict[Any, str] = {}
        self._functions: dict[str, str] = {}

    def constant(self, value: Any, key: Any = None) -> str:
        """The name of a constant. Equal strings, numbers and things made under the same `key` share one."""
        if key is None:
            key = (type(value), value) if isinstance(value, (str, int)) else id(value)
        name = self._constants.get(key)
        if name is None:
            name = self._constants[key] = f"k{len(self._constants)}"
            self.values[name] = value  # held here, so an id stays taken
        return name

    def known(self, key: Any) -> str | None:
        """The name of a constant that was made under a key."""
        return self._constants.get(key)

    def function(self, parameters: Sequence[str], lines: Sequence[str]) -> str:
        """The name of a function with this text; the same text is the same function."""
        text = "\n".join([f"({', '.join(parameters)}):", *(INDENT + line for line in lines)])
        name = self._functions.get(text)
        if name is None:
            name = self._functions[text] = f"f{len(self._functions)}"
            self.functions.append(f"def {name}{text}")
        return name


class Function:
    """A function that is being written: it numbers its locals, and is given what it needs of the one that calls it."""

    def __init__(self, names: Names, outer: Function | None = None) -> None:
        self.names = names
        self.outer = outer
        self.given: dict[str, str] = {}  # expression of the caller → our parameter
        self._locals = 0

    def local(self) -> str:
        """A new local."""
        self._locals += 1
        return f"v{self._locals}"

    def parameter(self, expression: str) -> str:
        """The parameter that stands for an expression of the caller."""
        if expression not in self.given:
            self.given[expression] = f"p{len(self.given)}"
        return self.given[expression]

    def call(self, lines: Sequence[str]) -> str:
        """The call of the finished function, to be written into the caller."""
        name = self.names.function(list(self.given.values()), lines)
        return f"{name}({', '.join(self.given)})"


class Spelling(NamedTuple):
    """How keys of objects are spelled. `strict`: of objects of Kubernetes, each in one way. `distinct`: no key is there
    in two spellings, which was seen before."""

    strict: bool
    distinct: bool


BODY: Final = "b"


def body_of(keys: str) -> str:
    """The statement that reads the body of the resource `r`, whose keys are those of a constant."""
    return f"{BODY} = r.body if (*r.body,) in {keys} else {keys}.spelled(r.body)"


class Block:
    """A run of statements with one current thing: the resource, an element or a related resource.

    `reads` is the tree of fields to read from it; they are read before the lines run. `keys`: it is the judged
    resource, whose body `BODY` holds under the keys that are read.
    """

    def __init__(
        self,
        function: Function,
        variable: str,
        spelling: Spelling,
        *,
        resource: bool = False,
        keys: Keys | None = None,
    ) -> None:
        self.function = function
        self.variable = variable
        self.resource = resource
        self.spelling = spelling
        self.keys = keys
        self.lines: list[str] = []
        self._reads: dict[str, _Read] = {}

    def read(self, segments: Sequence[str]) -> str:
        """The name of the local that holds the value at a path without `[*]`."""
        if not segments:
            return f"{self.variable}.body" if self.resource else self.variable
        level, found = self._reads, None
        for segment in segments:
            found = level.get(segment)
            if found is None:
                found = level[segment] = _Read(self.function.local())
            level = found.below
        assert found is not None  # noqa: S101
        return found.variable

    def rendered(self) -> list[str]:
        """The statements."""
        lines: list[str] = []
        plain = {segment: read for segment, read in self._reads.items() if segment not in DERIVED or not self.resource}
        for segment, read in self._reads.items():
            if segment not in plain:
                derived = self.function.names.constant(DERIVED[segment])
                lines.append(f"{read.variable} = {derived}({self.variable})")
                lines.append(f"if {read.variable} is None: {read.variable} = M")
                lines += self._below(read, segment)
        if plain and self.keys is not None:
            self.keys.read |= plain.keys()
            lines += self._gets(plain, BODY)
        elif plain and self.resource:
            body = self.function.local()
            lines += [f"{body} = {self.variable}.body", *self._level(plain, body)]
        elif plain:
            lines += self._guarded(plain, self.variable)
        return [*lines, *self.lines] or ["pass"]

    def _below(self, read: _Read, segment: str) -> list[str]:
        return self._guarded(read.below, read.variable, segment) if read.below else []

    def _guarded(self, reads: dict[str, _Read], source: str, holder: str = "") -> list[str]:
        """The fields of a value: absent where it is, and for the reference to say where it is no object."""
        names = " = ".join(name for read in reads.values() for name in read.names())
        return [
            f"if {source}.__class__ is dict:",
            *(INDENT + line for line in self._level(reads, source, holder)),
            f"elif {source} is M or {source} is None:",
            f"{INDENT}{names} = M",
            "else:",
            f"{INDENT}{names} = unknown_below({source})",
        ]

    def _level(self, reads: dict[str, _Read], source: str, holder: str = "") -> list[str]:
        """One object. `holder`: the key that it is at."""
        constant, known = self.function.names.constant, self.function.names.known
        strict, distinct = self.spelling
        if strict and holder.casefold() in FREE:
            return self._gets(reads, source)
        if distinct:
            find = "exact" if strict else "fold"
            folded = {key: f"{find}({source}, {constant(key.casefold())})" for key in reads}
            return self._gets(reads, source, folded)
        key = ("keys", tuple(reads), strict)
        keys, spelled = known(key) or constant(Keys(reads, strict=strict), key), self.function.local()
        line = f"{spelled} = {source} if (*{source},) in {keys} else {keys}.spelled({source})"
        return [line, *self._gets(reads, spelled)]

    def _gets(self, reads: dict[str, _Read], source: str, otherwise: Mapping[str, str] = {}) -> list[str]:
        """The fields of an object whose keys are spelled as they are read, and what is below them. `otherwise` gives
        the value of a key that is not there."""
        lines = []
        for key, read in reads.items():
            lines.append(f"{read.variable} = {source}.get({self.function.names.constant(key)}, M)")
            if key in otherwise:
                lines.append(f"if {read.variable} is M: {read.variable} = {otherwise[key]}")
        return [*lines, *(line for segment, read in reads.items() for line in self._below(read, segment))]


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
