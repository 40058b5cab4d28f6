"""Warns of conditions that are easy to get wrong: of what they name, and of how the rule's own cases change. Pure.

Some patterns are seen in the condition itself; others are found by changing a case in a way that must not matter (a
range written as its two halves), or that must matter (a text emptied), and evaluating it again. Each warning is fixed
in the rule, or accepted under `lint:` with the reason.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from auditor.evaluate.bound_rule import bind
from auditor.evaluate.conditions.grammar import EACH, All, AnyOf, Count, Field, Node, Not, Path, Related
from auditor.model.finding import Severity
from auditor.ruleset.rule_schema_model import CLOCK, CaseForm, RuleSource
from auditor.ruleset.rule_testing import fixture, merge, run_case, strip


class LintWarning(NamedTuple):
    """A suspicious place of a rule. `check` and `field` are what an entry under `lint:` names to accept it."""

    check: str
    field: str
    message: str


class _Leaf(NamedTuple):
    """A field test with its surroundings. `types`: of the related resources that it reads, empty for the resource of
    the rule itself; `segments` lead there from the root of that resource; `path` is the same as text."""

    field: Field
    in_when: bool
    negated: bool
    types: tuple[str, ...]
    segments: tuple[str, ...]
    path: str


def lint(source: RuleSource) -> list[str]:
    """Warnings that the rule does not accept, and acceptances of what is not there, each in words."""
    found = list(dict.fromkeys(_warnings(source)))
    accepted = {(entry.check, entry.field) for entry in source.lint}
    unneeded = accepted - {(warning.check, warning.field) for warning in found}
    return [
        *(f"{each.check}: {each.field}: {each.message}" for each in found if (each.check, each.field) not in accepted),
        *(f"lint: no warning {check} of {field} is left; remove the entry" for check, field in sorted(unneeded)),
    ]


def _warnings(source: RuleSource) -> Iterator[LintWarning]:
    leaves = list(_leaves_of(source))
    yield from _chosen_names(leaves)
    yield from _text_comparisons(leaves)
    yield from _silent_absences(source, leaves)
    yield from _empty_values(source, leaves)
    yield from _split_ranges(source)


# --- what a condition names ---------------------------------------------------------------------------------------

_LABELS: Final = ("tags", "labels", "annotations", "podlabels")
_CONFIGURING: Final = (
    "appgw.ingress.kubernetes.io/",
    "azure.workload.identity/",
    "kubernetes.io/ingress.class",
    "nginx.ingress.kubernetes.io/",
    "service.beta.kubernetes.io/",
)
"""Annotations that a controller acts on: who writes them changes what happens, not only how it is named."""

_NOTHING: Final = "^$"
_EXCLUDING: Final = ("notEquals", "notIn", "notLike", "notMatch", "notContains", "notMatchInsensitively")


def _chosen_names(leaves: list[_Leaf]) -> Iterator[LintWarning]:
    """A `when` that leaves resources out by what whoever writes them chooses freely."""
    for leaf in leaves:
        if not leaf.in_when or leaf.types:
            continue
        folded = tuple(map(str.casefold, leaf.segments[:2]))
        if any(part in _LABELS for part in folded) and not leaf.segments[-1].startswith(_CONFIGURING):
            yield LintWarning(
                "chosen-name", leaf.path, "`when` depends on a tag, label or annotation that anybody writes"
            )
        elif folded in (("name",), ("metadata", "name"), ("displayname",), ("resourcegroup",)):
            test = leaf.field.test.operator
            if leaf.field.test.operand == _NOTHING:  # the default of a parameter of the estate
                continue
            if leaf.negated != (test in _EXCLUDING) or test.casefold().endswith(("match", "matches", "like")):
                yield LintWarning(
                    "chosen-name", leaf.path, "`when` leaves out by name, which whoever creates it chooses"
                )


_IDENTIFIER: Final = re.compile(
    r"(^id|Id|ID|[pP]ath|[iI]mage|[rR]egistry|[rR]eference|[uU]r[il]|[hH]ost([nN]ame)?|[sS]cope)$"
)
_NORMALIZED: Final = ("images", "hostpaths")
"""Fields that the engine derives by parsing, so that their parts are compared in one spelling."""

_SEGMENTS: Final = re.compile(r"\^?/.*[/$]")
"""Patterns of whole segments of an id, which has one spelling."""

_PATTERNS: Final = ("matches", "match", "notMatch", "matchInsensitively", "notMatchInsensitively")
_BLANK: Final = (r"\S", r"^\S", _NOTHING)
"""Patterns that only ask whether there is a text."""

_PORTS: Final = re.compile(r"ports?(ranges?)?$", re.I)
_EQUALITIES: Final = ("equals", "notEquals", "in", "notIn", "like", "notLike", "contains", "notContains")


def _text_comparisons(leaves: list[_Leaf]) -> Iterator[LintWarning]:
    """Texts that have several spellings, compared by an expression or letter by letter."""
    for leaf in leaves:
        keys = [key for key in leaf.segments if key != EACH]
        operator, operand = leaf.field.test.operator, leaf.field.test.operand
        if not keys or keys[0].casefold() in _NORMALIZED:
            continue
        if operator in _PATTERNS and isinstance(operand, str) and _IDENTIFIER.search(keys[-1]):
            if operand not in _BLANK and not _SEGMENTS.fullmatch(operand):
                yield LintWarning("text-pattern", leaf.path, "an expression on a path, an id, an address or an image")
        elif operator in _EQUALITIES and isinstance(operand, str | list) and _PORTS.search(keys[-1]):
            yield LintWarning("plain-port", leaf.path, "ports are compared as text, which misses ranges")


# --- how cases change ---------------------------------------------------------------------------------------------


def _empty_values(source: RuleSource, leaves: list[_Leaf]) -> Iterator[LintWarning]:
    """An empty text or list that counts as a value, because `exists` is asked where a value is meant."""
    asked = {(leaf.types, leaf.segments, leaf.path) for leaf in leaves if leaf.field.test.operator == "exists"}
    for types, segments, path in sorted(asked):
        for case in source.cases:
            emptied = _edited(case, types, segments, lambda value: type(value)())
            if emptied is None:
                continue
            given, without, empty = (_found(source, each) for each in (case, _edited(case, types, segments), emptied))
            if empty == given != without:
                yield LintWarning("empty-value", path, f"empty, it counts as a value (case {case.name!r})")
                break


def _silent_absences(source: RuleSource, leaves: list[_Leaf]) -> Iterator[LintWarning]:
    """A field of `when` without which a failing resource is left out, although no case says that it should be."""
    derived = all(name.startswith("auditor/") for name in source.rule.resource)  # whose fields a lens always writes
    if derived or source.rule.severity not in (Severity.CRITICAL, Severity.HIGH):
        return
    asked = {leaf.segments: leaf.path for leaf in leaves if leaf.in_when and not leaf.types}
    for segments, path in sorted(asked.items()):
        if segments[-1:] in ((), ("name",), ("type",), (EACH,)):  # which every resource and element has
            continue
        silent, decided = "", False
        for case in source.cases:
            without, outcomes = _edited(case, (), segments), _outcomes(_found(source, case))
            if without is None:
                decided = decided or not outcomes - {"not-applicable", "unknown"}
            elif "fail" in outcomes and not _outcomes(_found(source, without)) - {"not-applicable"}:
                silent = case.name
        if silent and not decided:
            yield LintWarning("silent-absence", path, f"without it there is no answer (case {silent!r})")


def _outcomes(found: Any) -> set[Any]:
    return set(found.values()) if isinstance(found, dict) else {found}


_HALVES: Final = {"0.0.0.0/0": ("0.0.0.0/1", "128.0.0.0/1"), "::/0": ("::/1", "8000::/1")}
_PORT_HALVES: Final = ("0-32767", "32768-65535")
_ALL_PORTS: Final = ("*", "0-65535", "1-65535")


def _split_ranges(source: RuleSource) -> Iterator[LintWarning]:
    """A list in which two halves of a range do not add up to the whole of it."""
    for case in source.cases:
        for key in sorted(_split_keys([case.given, case.with_], "")):
            whole = _whole(case)
            split = whole.model_copy(
                update={"given": _split(whole.given, key, ""), "with_": _split(whole.with_, key, "")}
            )
            if _found(source, split) != _found(source, whole):
                yield LintWarning(
                    "split-range", key, f"two halves do not add up to the whole range (case {case.name!r})"
                )


def _halves(item: Any, key: str) -> tuple[str, str] | None:
    if not isinstance(item, str):
        return None
    return _PORT_HALVES if item in _ALL_PORTS and "port" in key.casefold() else _HALVES.get(item)


def _split_keys(value: Any, key: str) -> Iterator[str]:
    """The keys of lists that hold a range to split."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _split_keys(item, str(name))
    elif isinstance(value, list):
        for item in value:
            if _halves(item, key):
                yield key
            yield from _split_keys(item, key)


def _split(value: Any, wanted: str, key: str) -> Any:
    """A copy in which lists below the wanted key have two halves for each whole range."""
    if isinstance(value, dict):
        return {name: _split(item, wanted, str(name)) for name, item in value.items()}
    if not isinstance(value, list):
        return value
    parts: list[Any] = []
    for item in value:
        halves = _halves(item, key) if key == wanted else None
        parts += halves or [_split(item, wanted, key)]
    return parts


# --- shared -------------------------------------------------------------------------------------------------------


def _leaves_of(source: RuleSource) -> Iterator[_Leaf]:
    bound = bind(source.rule, CLOCK)
    each = bound.each.segments if bound.each else ()
    for node, in_when in ((bound.when, True), (bound.condition, False)):
        if node is not None:
            yield from _leaves(node, in_when, False, (), each, each)


def _leaves(
    node: Node, in_when: bool, negated: bool, types: tuple[str, ...], start: tuple[str, ...], each: tuple[str, ...]
) -> Iterator[_Leaf]:
    """The field tests in a condition. `start`: what relative paths begin below; `each`: below which `^` begins."""

    def absolute(path: Path) -> tuple[str, ...]:
        return {"$": (), "^": each}.get(path.start, start) + path.segments

    match node:
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from _leaves(part, in_when, negated, types, start, each)
        case Not(part):
            yield from _leaves(part, in_when, not negated, types, start, each)
        case Count(path=path, where=where) if where is not None:
            yield from _leaves(where, in_when, negated, () if path.start else types, absolute(path), each)
        case Related(types=others, where=where) if where is not None:
            yield from _leaves(where, in_when, negated, others, (), each)
        case Field(path=path):
            segments = absolute(path)
            yield _Leaf(node, in_when, negated, () if path.start else types, segments, _spelled(segments))


def _spelled(segments: tuple[str, ...]) -> str:
    text = ""
    for segment in segments:
        text += segment if segment == EACH else f"['{segment}']" if "." in segment else f".{segment}"
    return text.removeprefix(".") or "@"


def _whole(case: CaseForm) -> CaseForm:
    """The case with its fixture filled in."""
    given = merge(fixture(case.base), case.given) if case.base else strip(case.given)
    return case.model_copy(update={"base": None, "given": given})


def _found(source: RuleSource, case: CaseForm | None) -> Any:
    return None if case is None else run_case(source, case).found


def _edited(
    case: CaseForm, types: tuple[str, ...], segments: tuple[str, ...], change: Callable[[Any], Any] | None = None
) -> CaseForm | None:
    """The case with the texts and lists at a place changed, or without `change` what is there taken away; None when
    nothing is there."""
    whole = _whole(case)
    given, others = copy.deepcopy(whole.given), copy.deepcopy(whole.with_)
    bodies = [other for other in others if str(other.get("type", "")).casefold() in types] if types else [given]
    if not sum(_edit(body, segments, change) for body in bodies):
        return None
    return whole.model_copy(update={"given": given, "with_": others})


def _edit(value: Any, segments: tuple[str, ...], change: Callable[[Any], Any] | None) -> int:
    """Changes a body in its place; the number of changes."""
    if not segments:
        return 0
    first, *rest = segments
    if first == EACH:
        items = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
        return sum(_edit(item, tuple(rest), change) for item in items)
    if not isinstance(value, dict):
        return 0
    changes = 0
    for key in [key for key in value if str(key).casefold() == first.casefold()]:
        if rest:
            changes += _edit(value[key], tuple(rest), change)
        elif change is None:
            changes += 1
            del value[key]
        elif isinstance(value[key], (str, list)) and value[key]:
            changes += 1
            value[key] = change(value[key])
    return changes
