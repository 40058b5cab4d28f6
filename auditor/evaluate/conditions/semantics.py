"""What a condition means: the slow reference interpreter, and the evidence for its verdicts. Pure.

Three-valued (Kleene) logic: unknown or true is true, unknown and false is false, everything else unknown stays unknown.
`compile` must agree with this module on every resource; a property test holds it to that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

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
from auditor.evaluate.conditions.operators import OPERATORS, Verdict, absent_verdict
from auditor.evaluate.conditions.paths import Scope, elements, is_free, values_at
from auditor.evaluate.conditions.relations import Relations
from auditor.model.finding import Evidence
from auditor.model.packing import unpack
from auditor.model.resource import MISSING, Resource, Unknown

MOST_EVIDENCE: Final = 20
"""Pieces of evidence per finding; a rule that needs more is told apart by `each`."""
ASK_FOR_KEYS: Final = frozenset({"containsKey", "notContainsKey"})
_LONGEST: Final = 400
_FEW: Final = 5


def truth(node: Node, scope: Scope, relations: Relations) -> Verdict:
    """The verdict of a condition."""
    match node:
        case All(parts):
            return conjunction(truth(part, scope, relations) for part in parts)
        case AnyOf(parts):
            return _negate(conjunction(_negate(truth(part, scope, relations)) for part in parts))
        case Not(part):
            return _negate(truth(part, scope, relations))
        case Field(path, test):
            return conjunction(_holds(test, value, text, scope, path) for text, value in values_at(path, scope))
        case Value(value, test):
            return _holds(test, value, "value", scope)
        case Count(path, where, test):
            least, most, why, _names = _count(path, where, scope, relations)
            return _in_range(test, least, most, why, scope)
        case Related():
            least, most, why, _names = _related(node, scope, relations)
            return _in_range(node.test, least, most, why, scope)
        case NotKnown(reason):
            return Unknown(reason)


def conjunction(verdicts: Iterable[Verdict]) -> Verdict:
    """Kleene's and: false wins, then unknown."""
    unknown: Verdict = True
    for verdict in verdicts:
        if verdict is False:
            return False
        if unknown is True and verdict is not True:
            unknown = verdict
    return unknown


def _negate(verdict: Verdict) -> Verdict:
    return verdict if isinstance(verdict, Unknown) else not verdict


def is_strict_test(test: Test, path: Path) -> bool:
    """Whether a string is no boolean to a test, at a path of an object of Kubernetes."""
    of_boolean = test.operator in ("equals", "notEquals") and isinstance(test.prepared, bool)
    return of_boolean and not is_free(path.segments, len(path.segments) - 1)


def _holds(test: Test, value: Any, text: str, scope: Scope, path: Path | None = None) -> Verdict:
    """One value, read at a path, against a test."""
    if isinstance(value, Unknown):
        return Unknown(f"{text}: {value.reason}")
    operator = OPERATORS[test.operator]
    prepared = test.prepared
    if isinstance(test.operand, Path):
        prepared = _operand_at(test, scope)
        if isinstance(prepared, Unknown):
            return prepared
    if value is None or value is MISSING:
        return absent_verdict(test.operator, prepared)
    if path is not None and isinstance(value, str) and is_strict_test(test, path) and scope.is_strict(path):
        return Unknown(f"{text}: a string, where a boolean is expected")
    verdict = operator.test(value, prepared)
    return Unknown(f"{text}: {verdict.reason}") if isinstance(verdict, Unknown) else verdict


def _operand_at(test: Test, scope: Scope) -> Any:
    """The operand that another field holds. An operand that is absent or unfit leaves the verdict unknown."""
    values = values_at(test.operand, scope)
    if len(values) != 1:
        return Unknown(f"{test.operand.text} holds {len(values)} values")
    text, operand = values[0]
    if isinstance(operand, Unknown):
        return Unknown(f"{text}: {operand.reason}")
    if operand is MISSING:
        return Unknown(f"{text} is absent")
    try:
        return OPERATORS[test.operator].prepare(operand, test.clock)
    except ValueError as error:
        return Unknown(f"{text}: {test.operator} {error}")


Range = tuple[int, int | None, str, list[str]]
"""At least, at most (None: no bound), why the two differ, and the names of those that surely count."""


def _count(path: Path, where: Node | None, scope: Scope, relations: Relations) -> Range:
    least, most, why, unbounded = 0, 0, "", False
    names: list[str] = []
    outer = Path(path.text, path.segments[:-1], path.start)
    holders = values_at(outer, scope) if outer.segments else [(scope.prefix, scope.here)]
    for text, holder in holders:
        for name, element in elements(holder, text):
            if element is holder or (isinstance(element, Unknown) and not isinstance(holder, (list, dict))):
                unbounded, why = True, f"{name}: {element.reason}"  # the array itself is not known
                continue
            verdict = True if where is None else truth(where, scope.inside(element, name), relations)
            most += verdict is not False
            least += verdict is True
            if verdict is True:
                names.append(element_name(element, name))
            if isinstance(verdict, Unknown):
                why = why or verdict.reason
    return least, None if unbounded else most, why, names


def _related(node: Related, scope: Scope, relations: Relations) -> Range:
    keys, why = [], ""
    for text, key in values_at(node.ours, scope):
        if isinstance(key, Unknown):
            why = why or f"{text}: {key.reason}"
        elif key is not MISSING:
            keys.append(key)
    match = relations.matching(node, keys, scope.root)
    unbounded = why or (match.incomplete if keys else "")
    least, most = 0, 0
    names: list[str] = []

    def judge(resource: Resource) -> Verdict:
        return True if node.where is None else truth(node.where, scope.inside(resource), relations)

    for resource in match.found:
        verdict = judge(resource)
        most += verdict is not False
        least += verdict is True
        if verdict is True:
            names.append(resource.name)
        elif isinstance(verdict, Unknown):
            why = why or f"{resource.name}: {verdict.reason}"
    for packed in match.maybe:
        verdict = True if node.where is None else relations.remembered(node.where, packed, judge)
        most += verdict is not False
        if verdict is not False and not why:
            found = verdict.reason if isinstance(verdict, Unknown) else f"{node.theirs.text} is not known"
            why = f"{unpack(packed).name}: {found}"
    return least, None if unbounded else most, unbounded or why, names


def _in_range(test: Test, least: int, most: int | None, why: str, scope: Scope) -> Verdict:
    """The test on a number that lies between two bounds: known only when it is the same over the whole range.

    Operators on numbers change their verdict at the operand alone, so a few points beside it and the ends suffice.
    """
    if most == least:
        return _holds(test, least, "count", scope)
    points = {least, least + 1, *(() if most is None else (most, most - 1))}
    given = test.operand if isinstance(test.operand, list) else [test.operand]
    for number in given:
        if isinstance(number, int):
            points |= {number - 1, number, number + 1}
    if most is None:
        points.add(max(points) + 1)
    tried = [point for point in points if point >= least and (most is None or point <= most)]
    verdicts = [_holds(test, point, "count", scope) for point in tried]
    if all(verdict is True for verdict in verdicts) or all(verdict is False for verdict in verdicts):
        return verdicts[0]
    return Unknown(why or "the number is not known")


_NAMES: Final = ("name", "hostName", "host", "id")


def element_name(element: Any, text: str) -> str:
    """What people call an element: its name, its host, or its place in the array."""
    if isinstance(element, str) and element:
        return element[:200]
    if isinstance(element, dict):
        for key in _NAMES:
            value = element.get(key)
            if isinstance(value, str) and value:
                return value.rpartition("/")[2] if key == "id" else value
    return text


# --- evidence -----------------------------------------------------------------------------------------------------


def evidence(node: Node, scope: Scope, relations: Relations, wanted: bool = True) -> list[Evidence]:
    """Why a condition is not what was wanted: the fields that decided. Ask only for a condition that is not."""
    match node:
        case All(parts) | AnyOf(parts):
            failing = [part for part in parts if truth(part, scope, relations) is not wanted]
            return [piece for part in failing for piece in evidence(part, scope, relations, wanted)][:MOST_EVIDENCE]
        case Not(part):
            return evidence(part, scope, relations, not wanted)
        case Field(path, test):
            pieces = [
                Evidence(path=text, actual=shown(looked_at(test, value)), expected=phrase(test, wanted))
                for text, value in values_at(path, scope)
                if not wanted or _holds(test, value, text, scope, path) is not True
            ]
            return pieces[:MOST_EVIDENCE]
        case Value(value, test):
            return [Evidence(path="value", actual=shown(value), expected=phrase(test, wanted))]
        case Count(path, where, test):
            least, most, _why, names = _count(path, where, scope, relations)
            return [_counted(_full(path, scope), least, most, names, test, wanted)]
        case Related():
            least, most, _why, names = _related(node, scope, relations)
            return [_counted(f"related {', '.join(node.types)}", least, most, names, node.test, wanted)]
        case NotKnown():
            return []


def looked_at(test: Test, value: Any) -> Any:
    """What a test looks at: of an object that is asked for a key, the keys. What they hold may be a secret."""
    return keys_of(value) if test.operator in ASK_FOR_KEYS else value


def keys_of(value: Any) -> Any:
    """The keys of an object in their order; anything else as it is."""
    return list(value) if isinstance(value, dict) else value


def _counted(path: str, least: int, most: int | None, names: list[str], test: Test, wanted: bool) -> Evidence:
    """What a count found: how many, and the first of them by name."""
    number = str(least) if least == most else f"{least} to {'unknown' if most is None else most}"
    return Evidence(path=path, actual=found(number, names), expected=f"to find {phrase(test, wanted)}")


def found(number: str, names: list[str]) -> str:
    """How many were found, with the first names."""
    few = f" ({', '.join(names[:_FEW])}{' …' if len(names) > _FEW else ''})" if names else ""
    return f"found {number}{few}"


def _full(path: Path, scope: Scope) -> str:
    if path.start or not scope.prefix:
        return path.text.lstrip("$^.")
    return f"{scope.prefix}.{path.text}"


def phrase(test: Test, wanted: bool = True) -> str:
    """What a test expects, in words."""
    operand = test.operand
    if test.operator in _OF_A_KIND:
        return _OF_A_KIND[test.operator][(test.prepared is True) == wanted]
    if test.operator in ("before", "after") and isinstance(test.prepared, dt.datetime):
        text = test.prepared.strftime("%Y-%m-%dT%H:%M:%SZ")
    elif isinstance(operand, Path):
        text = f"the value of {operand.text}"
    elif test.operator == "matches" and len(operand) > _LONGEST_PATTERN:
        text = "the pattern of the rule"
    else:
        text = ", ".join(map(_word, operand)) if isinstance(operand, list) else _word(operand)
    words = OPERATORS[test.operator].expected.replace("{}", text or "''")
    return words if wanted else f"not {words}"


_OF_A_KIND: Final = {
    "exists": ("no value", "a value"),
    "hasValue": ("no value", "a value"),
    "isPublicAddress": ("no public address", "a public address"),
    "includesInternet": ("no large part of the Internet", "a large part of the Internet"),
    "includesMostPorts": ("fewer than nearly all ports", "nearly all ports"),
}
"""What operators look for that are asked with false or true."""

_LONGEST_PATTERN: Final = 60  # that people read


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def shown(value: Any) -> Any:
    """A value as evidence: plain data, cut when it is long."""
    if value is MISSING or value is None:
        return None
    if isinstance(value, Unknown):
        return f"unknown: {value.reason}"
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}… ({len(value)} characters)"
    if isinstance(value, (bool, int, float)):
        return value
    text = _brief(value)
    return value if text is None else text


def _brief(value: Any) -> str | None:
    """A short text for a large or unclean array or object; None when it may be shown as it is."""
    pending, seen = [value], 0
    while pending:
        item = pending.pop()
        seen += 1
        if seen > 30 or (isinstance(item, str) and len(item) > 100):
            return f"an array of {len(value)}" if isinstance(value, list) else f"an object with {len(value)} keys"
        if isinstance(item, (Unknown, dt.date)):
            return "an array" if isinstance(value, list) else "an object"
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    return None
