"""What may be written as a condition: plain data from a rule file → a tree of frozen nodes. Pure.

Everything that can be wrong in a condition is found here, with the place inside the condition and, where a name is near
a known one, the name that was meant. Parameters are put in their places and operands are prepared for the clock.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from auditor.evaluate.conditions.operators import OPERATORS, at_least_operand
from auditor.model.projection import ELEMENTS


class GrammarError(ValueError):
    """A condition is wrong. `place` are the keys and indexes that lead to the offending part."""

    def __init__(self, message: str, place: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


EACH: Final = ELEMENTS
"""The path segment that stands for every element."""

ITSELF: Final = "@"
"""The path of the current element itself, for arrays of plain values."""

_DEEPEST: Final = 20


class Path(msgspec.Struct, frozen=True):
    """`start`: `$` the judged resource, `^` the element of the rule's `each`, else the current thing.

    `segments`: keys as written, and `EACH`.
    """

    text: str
    segments: tuple[str, ...]
    start: str = ""

    @property
    def every(self) -> bool:
        return EACH in self.segments


class All(msgspec.Struct, frozen=True):
    """True when every part is."""

    parts: tuple[Node, ...]


class AnyOf(msgspec.Struct, frozen=True):
    """True when at least one part is."""

    parts: tuple[Node, ...]


class Not(msgspec.Struct, frozen=True):
    """True when the part is not."""

    part: Node


class Test(msgspec.Struct, frozen=True):
    """An operator and its operand. `prepared` is None when the operand is a `Path`, read at judging time."""

    operator: str
    operand: Any  # as written, parameters filled in; or a Path
    prepared: Any
    clock: dt.datetime


class Field(msgspec.Struct, frozen=True):
    """Every value at the path satisfies the test."""

    path: Path
    test: Test


class Value(msgspec.Struct, frozen=True):
    """A literal satisfies the test."""

    value: Any
    test: Test


class Count(msgspec.Struct, frozen=True):
    """The number of elements at the path for which `where` is true satisfies the test."""

    path: Path
    where: Node | None
    test: Test


class Related(msgspec.Struct, frozen=True):
    """The number of resources of `types` joined by `theirs` = `ours`, for which `where` is true, satisfies the test."""

    types: tuple[str, ...]
    theirs: Path
    ours: Path
    where: Node | None
    test: Test


class NotKnown(msgspec.Struct, frozen=True):
    """Unknown, with the reason: what the resource cannot show."""

    reason: str


Node = All | AnyOf | Not | Field | Value | Count | Related | NotKnown

_KEY: Final = re.compile(r"[^.\[\]'\s$^][^.\[\]']*")
_QUOTED: Final = re.compile(r"\['([^']+)'\]")


def parse_path(text: Any, place: tuple[str | int, ...] = ()) -> Path:
    """Read a path such as `properties.rules[*].access`. Raises GrammarError."""
    if not isinstance(text, str) or not text:
        raise GrammarError("a path is a string such as properties.sku.tier", place)
    if text == ITSELF:
        return Path(text, ())
    at, start, segments = 0, "", []
    if text.startswith(("$.", "^.")):
        start, at = text[0], 2
    elif text.startswith(EACH):
        raise GrammarError(f"path {text!r}: [*] stands behind the name of an array", place)
    expect_key = True
    while at < len(text):
        quoted = _QUOTED.match(text, at)
        if quoted:
            segments.append(quoted[1])
            at = quoted.end()
        elif text.startswith(EACH, at) and not expect_key:
            segments.append(EACH)
            at += len(EACH)
        elif expect_key and (key := _KEY.match(text, at)):
            segments.append(key[0])
            at = key.end()
        elif not expect_key and text[at] == "." and at + 1 < len(text):
            at += 1
            expect_key = True
            continue
        else:
            raise GrammarError(f"path {text!r} is not understood at {text[at:]!r}", place)
        expect_key = False
    if not segments or expect_key:
        raise GrammarError(f"path {text!r} ends too early", place)
    return Path(text, tuple(segments), start)


def parse(raw: Any, parameters: Mapping[str, Any], clock: dt.datetime, place: tuple[str | int, ...] = ()) -> Node:
    """Read a condition. `parameters` are the values for `{param: name}`; `clock` is the time of the audit (aware).

    Raises GrammarError.
    """
    return _Reader(parameters, clock).node(raw, place, ())


class _Reader:
    """The parameters and the clock, so that the reading functions need not pass them on."""

    def __init__(self, parameters: Mapping[str, Any], clock: dt.datetime) -> None:
        self.parameters = parameters
        self.clock = clock

    def node(self, raw: Any, place: tuple[str | int, ...], counted: tuple[str, ...]) -> Node:
        if not isinstance(raw, dict) or not raw:
            raise GrammarError("a condition is an object such as {field: …, equals: …}", place)
        if sum(isinstance(part, str) for part in place) > _DEEPEST:
            raise GrammarError(f"nested deeper than {_DEEPEST} conditions", place)
        subjects = [key for key in raw if key in SUBJECTS]
        if len(subjects) != 1:
            if subjects:
                raise GrammarError(f"a condition has one of {_names(SUBJECTS)}, here: {' and '.join(subjects)}", place)
            first = next(iter(raw))
            meant = near(str(first), [*SUBJECTS, *OPERATORS])
            expected = f"expected one of {_names(SUBJECTS)}"
            raise GrammarError(f"unknown condition {first!r}{meant}; {expected}", (*place, first))
        subject = subjects[0]
        inner = (*place, subject)
        if subject in ("allOf", "anyOf", "not"):
            self._only(raw, {subject}, place)
            if subject == "not":
                return Not(self.node(raw["not"], inner, counted))
            parts = raw[subject]
            if not isinstance(parts, list) or not parts:
                raise GrammarError(f"{subject} expects a list of conditions", inner)
            nodes = tuple(self.node(part, (*inner, index), counted) for index, part in enumerate(parts))
            return All(nodes) if subject == "allOf" else AnyOf(nodes)
        if subject == "unknown":
            return self._not_known(raw, place)
        if subject == "related":
            self._only(raw, {"related"}, place)
            return self._related(raw["related"], inner, counted)
        test = self._test({key: value for key, value in raw.items() if key != subject}, place, counted)
        if subject == "field":
            return Field(self._path(raw["field"], inner, counted), test)
        if subject == "value":
            return Value(self._literal(raw["value"], inner), test)
        return self._count(raw["count"], test, inner, counted)

    def _not_known(self, raw: dict[str, Any], place: tuple[str | int, ...]) -> NotKnown:
        self._only(raw, {"unknown"}, place)
        reason = raw["unknown"]
        if not isinstance(reason, str) or not reason.strip():
            raise GrammarError("unknown expects the reason, in words", (*place, "unknown"))
        return NotKnown(reason)

    def _count(self, raw: Any, test: Test, place: tuple[str | int, ...], counted: tuple[str, ...]) -> Count:
        if not isinstance(raw, dict) or "field" not in raw:
            raise GrammarError("count expects {field: path[*], where: …}", place)
        self._only(raw, {"field", "where"}, place)
        path = self._path(raw["field"], (*place, "field"), counted)
        if not path.segments:  # the same array again, of the element: `a[*]` inside `a[*]`
            path = parse_path(raw["field"], (*place, "field"))
        if path.segments[-1:] != (EACH,):
            raise GrammarError(f"count needs a path that ends with [*], not {path.text!r}", (*place, "field"))
        where = raw.get("where")
        inner = () if path.start else path.segments
        return Count(path, None if where is None else self.node(where, (*place, "where"), inner), test)

    def _related(self, raw: Any, place: tuple[str | int, ...], counted: tuple[str, ...]) -> Related:
        if not isinstance(raw, dict):
            raise GrammarError("related expects {type: …, match: {theirs: …, ours: …}, where: …, count: …}", place)
        self._only(raw, {"type", "match", "where", "count"}, place)
        types = raw.get("type")
        types = types if isinstance(types, list) else [types]
        if not types or not all(isinstance(name, str) and "/" in name for name in types):
            raise GrammarError("related needs a type, such as Microsoft.Insights/diagnosticSettings", (*place, "type"))
        match = raw.get("match")
        if not isinstance(match, dict) or set(match) != {"theirs", "ours"}:
            raise GrammarError("related needs match: {theirs: path, ours: path}", (*place, "match"))
        count = raw.get("count", {"greaterOrEquals": 1})
        if not isinstance(count, dict):
            raise GrammarError("count of a relation is an operator with a number", (*place, "count"))
        where = raw.get("where")
        return Related(
            types=tuple(name.casefold() for name in types),
            theirs=parse_path(match["theirs"], (*place, "match", "theirs")),
            ours=self._path(match["ours"], (*place, "match", "ours"), counted),
            where=None if where is None else self.node(where, (*place, "where"), ()),
            test=self._test(count, (*place, "count"), counted),
        )

    def _test(self, raw: dict[str, Any], place: tuple[str | int, ...], counted: tuple[str, ...]) -> Test:
        names = [key for key in raw if key != "order"]
        if len(names) != 1:
            raise GrammarError(f"expected exactly one operator, found {_names(names) or 'none'}", place)
        name = names[0]
        if name not in OPERATORS:
            raise GrammarError(f"unknown operator {name!r}{near(str(name), OPERATORS)}", (*place, name))
        if "order" in raw and name != "atLeast":
            raise GrammarError("order goes with atLeast alone", (*place, "order"))
        inner = (*place, name)
        given = raw[name]
        if isinstance(given, dict) and set(given) == {"field"}:
            if name == "atLeast":
                raise GrammarError("atLeast expects a literal", inner)
            return Test(name, self._path(given["field"], (*inner, "field"), counted), None, self.clock)
        operand = self._literal(given, inner)
        try:
            if name == "atLeast" and "order" in raw:
                order = self._literal(raw["order"], (*place, "order"))
                if not isinstance(order, list) or len(order) < 2:
                    raise GrammarError("order is a list of at least two values, lowest first", (*place, "order"))
                prepared = at_least_operand(operand, order)
            else:
                prepared = OPERATORS[name].prepare(operand, self.clock)
        except GrammarError:
            raise
        except ValueError as error:
            raise GrammarError(f"{name} {error}", inner) from error
        return Test(name, operand, prepared, self.clock)

    def _literal(self, raw: Any, place: tuple[str | int, ...]) -> Any:
        """A value as written, with every `{param: name}` in it replaced."""
        if isinstance(raw, dict) and set(raw) == {"param"}:
            name = raw["param"]
            if name not in self.parameters:
                raise GrammarError(f"unknown parameter {name!r}{near(str(name), self.parameters)}", (*place, "param"))
            return self.parameters[name]
        if isinstance(raw, list):
            return [self._literal(item, (*place, index)) for index, item in enumerate(raw)]
        return raw

    def _path(self, raw: Any, place: tuple[str | int, ...], counted: tuple[str, ...]) -> Path:
        """A path; inside `count … where` the counted path may stand in front of it, as in Azure Policy."""
        path = parse_path(raw, place)
        if counted and not path.start and path.segments[: len(counted)] == counted:
            return Path(path.text, path.segments[len(counted) :])
        return path

    def _only(self, raw: dict[str, Any], allowed: set[str], place: tuple[str | int, ...]) -> None:
        for key in raw:
            if key not in allowed:
                raise GrammarError(f"unexpected {key!r}{near(str(key), allowed)}", (*place, key))


SUBJECTS: Final = ("allOf", "anyOf", "not", "field", "value", "count", "related", "unknown")
"""The keys of which a condition has exactly one."""


_BEGINNING: Final = 4
"""Letters that say enough for what is known to be taken by its beginning: `nist`, `azure.keyvault.purge`."""


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def near(name: str, known: Any) -> str:
    """`, did you mean X?` when a known name is near, else nothing."""
    import difflib  # here: only what is wrong needs it

    folded = {str(item).casefold(): str(item) for item in known}
    begun = sorted((item for item in folded if _letters(item).startswith(_letters(name))), key=len)
    found = begun[:1] if len(_letters(name)) >= _BEGINNING else []
    found = found or difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return f" (did you mean {folded[found[0]]!r}?)" if found else ""


def _names(names: Any) -> str:
    return ", ".join(str(name) for name in names)


def parts_of(node: Node) -> tuple[Node, ...]:
    """The conditions directly inside a condition."""
    match node:
        case All(parts) | AnyOf(parts):
            return parts
        case Not(part):
            return (part,)
        case Count(where=where) | Related(where=where):
            return () if where is None else (where,)
        case _:
            return ()


def is_of_here(node: Node) -> bool:
    """Whether a `where` asks about its own thing alone: then its verdict is the same whoever asks."""
    match node:
        case Related():
            return False  # what it finds, and whether there may be more, depends on who asks
        case Field(path, test) | Count(path, _, test):
            own = not path.start and not (isinstance(test.operand, Path) and test.operand.start)
            return own and all(map(is_of_here, parts_of(node)))
        case Value(_, test):
            return not (isinstance(test.operand, Path) and test.operand.start)
        case _:
            return all(map(is_of_here, parts_of(node)))


def related_types(raw: Any) -> Iterator[str]:
    """The casefolded types that the relations in a condition name, without reading the condition."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if key == "related" and isinstance(value, dict):
                types = value.get("type")
                named = types if isinstance(types, list) else [types]
                yield from (name.casefold() for name in named if isinstance(name, str))
            if value.__class__ in (dict, list):
                yield from related_types(value)
    elif isinstance(raw, list):
        for value in raw:
            if value.__class__ in (dict, list):
                yield from related_types(value)


def relations_of(node: Node) -> tuple[Related, ...]:
    """Every relation inside a condition, itself included."""
    own = (node,) if isinstance(node, Related) else ()
    return own + tuple(found for part in parts_of(node) for found in relations_of(part))
