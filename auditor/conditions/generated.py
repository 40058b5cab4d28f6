"""What generated code calls: reading keys in any casing, walking arrays, tests, relations. Pure.

All of it answers only what it is sure of and raises `Undecided` for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from auditor.conditions.grammar import Path, Related, Test
from auditor.conditions.operators import OPERATORS
from auditor.conditions.relations import Relations
from auditor.keys import names_of
from auditor.model import MISSING, Resource, Unknown


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
    if test.operator == "exists":
        return (value is not MISSING and value is not None) is prepared
    return tested(value, operator.test, prepared, operator.absent)


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


def operand_path(test: Test) -> Path | None:
    """The path of an operand that another field holds."""
    return test.operand if isinstance(test.operand, Path) else None
