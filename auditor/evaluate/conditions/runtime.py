"""What generated code calls: reading keys in any casing, walking arrays, tests, relations. Pure.

All of it answers only what it is sure of and raises `Undecided` for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from auditor.evaluate.conditions.grammar import Related, Test
from auditor.evaluate.conditions.operators import OPERATORS, absent_verdict
from auditor.evaluate.conditions.relations import Relations
from auditor.model.case_insensitive import names_of
from auditor.model.resource import MISSING, Resource, Unknown


class Undecided(Exception):  # noqa: N818  (a signal, not an error)
    """The fast code is not sure."""


_last: tuple[Any, Mapping[str, str]] = (None, {})


def fold(holder: dict[str, Any], folded: str) -> Any:
    """The value of a key that is not there in its usual casing. Of what is judged, which does not change meanwhile."""
    global _last
    last, names = _last
    if last is not holder:
        names = names_of(holder)
        _last = holder, names  # one object lacks several keys in a row; held, so it stays the same object
    name = names.get(folded)
    return MISSING if name is None else holder[name]


def exact(holder: dict[str, Any], folded: str) -> Any:
    """The same of an object of Kubernetes, where another spelling is not the key."""
    if fold(holder, folded) is not MISSING:
        raise Undecided
    return MISSING


class Keys(set[tuple[Any, ...]]):
    """The keys of objects of which some are read: all that spell these as the rules do, if they have them at all, and
    no key twice. Keys of objects recur, so they are looked at once.

    `read` are the keys that are read. `strict`: they are of objects of Kubernetes, where another spelling is not the
    key.
    """

    __slots__ = ("read", "strict")

    def __init__(self, read: Iterable[str], *, strict: bool) -> None:
        super().__init__()
        self.read = set(read)
        self.strict = strict

    def spelled(self, holder: dict[str, Any]) -> dict[str, Any]:
        """What is read of an object whose keys are not among these, under the keys of the rules."""
        names = names_of(holder)
        if names.twice:
            raise Undecided
        found = {key: name for key in self.read if (name := names.get(key.casefold())) is not None}
        if all(key == name for key, name in found.items()):
            if len(self) >= _MOST_SHAPES:
                self.clear()
            self.add(tuple(holder))
            return holder
        if self.strict:
            raise Undecided
        return {key: holder[name] for key, name in found.items()}


_MOST_SHAPES: Final = 512


def items(value: Any) -> Iterable[Any]:
    """What a loop over `[*]` runs through."""
    if value.__class__ is list:
        found: list[Any] = value
        return found
    if value is MISSING or value is None:
        return ()
    if value.__class__ is dict:
        return list(value.values())
    raise Undecided


class Verdicts(dict[str, bool]):
    """Text → the verdict of one test on it. Values of enumerations recur, so verdicts on short texts are remembered."""

    __slots__ = ("_operand", "_test")

    def __init__(self, test: Test) -> None:
        super().__init__()
        self._test, self._operand = tester(test), test.prepared

    def __missing__(self, value: str) -> bool:
        verdict = self._test(value, self._operand)
        if verdict is not True and verdict is not False:
            raise Undecided
        if len(value) <= _LONGEST_TEXT and len(self) < _MOST_TEXTS:
            self[value] = verdict
        return verdict


_LONGEST_TEXT: Final = 160
_MOST_TEXTS: Final = 256


def tester(test: Test) -> Callable[[Any, Any], bool | Unknown]:
    """The function of an operator."""
    return OPERATORS[test.operator].test


def odd(value: Any, verdicts: Verdicts | None, absent: bool) -> bool:
    """The verdict of a comparison with a boolean on a value that is none. `verdicts`: on strings that spell one."""
    if value is None or value is MISSING:
        return absent
    if verdicts is not None and value.__class__ is str:
        return verdicts[value]
    raise Undecided


def known(value: Any) -> Any:
    """A value that is known."""
    if value.__class__ is Unknown:
        raise Undecided
    return value


def tested(value: Any, function: Callable[[Any, Any], bool | Unknown], prepared: Any, absent: bool) -> bool:
    """The verdict on a value of any kind."""
    if value is MISSING or value is None:
        return absent
    if value.__class__ is Unknown:
        raise Undecided
    verdict = function(value, prepared)
    if verdict is True or verdict is False:
        return verdict
    raise Undecided


def against(value: Any, operand: Any, test: Test) -> bool:
    """A value against the value of another field."""
    if operand is MISSING or operand is None or operand.__class__ is Unknown or value.__class__ is Unknown:
        raise Undecided
    operator = OPERATORS[test.operator]
    try:
        prepared = operator.prepare(operand, test.clock)
    except ValueError:
        raise Undecided from None
    return tested(value, operator.test, prepared, absent_verdict(test.operator, prepared))


def unknown_below(value: Any) -> Unknown:
    """What is read below something that is there and no object: unknown when that is."""
    if isinstance(value, Unknown):
        return value
    raise Undecided


def undecided() -> bool:
    """For what is not worth code of its own."""
    raise Undecided


class Lookup:
    """The related resources of one relation. Several rules ask the same of a resource, so the last answer is kept."""

    __slots__ = ("_asking", "_found", "_key", "_relation", "_relations")

    def __init__(self, relation: Related, relations: Relations) -> None:
        self._relation = relation
        self._relations = relations
        self._key: Any = None
        self._asking: Resource | None = None
        self._found: list[Resource] = []

    def one(self, key: Any, asking: Resource) -> list[Resource]:
        """Those that match a key."""
        if asking is not self._asking or key is not self._key:
            self._found = self.several([key], asking)
            self._key, self._asking = key, asking
        return self._found

    def several(self, values: list[Any], asking: Resource) -> list[Resource]:
        """Those that match any of several keys."""
        keys = [known(value) for value in values if value is not MISSING and value is not None]
        match = self._relations.matching(self._relation, keys, asking)
        if match.maybe or (keys and match.incomplete) or any(resource.partial for resource in match.found):
            raise Undecided
        return match.found
