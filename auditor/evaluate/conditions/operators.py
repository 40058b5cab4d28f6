"""The operators of conditions: one closed table. Pure.

Names and meaning are Azure Policy's, plus the few that a posture rule needs and Azure Policy lacks
(learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule). An operator sees one present
value (never absent, null or unknown: the caller answers for those) and a prepared operand, and says True, False or
`Unknown`.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from auditor.evaluate.conditions.ranges import (
    EVERYWHERE,
    PORTS,
    SERVICE_TAG,
    includes_internet,
    includes_most_ports,
    internet_up_to,
)
from auditor.evaluate.conditions.scalars import (
    addresses_of,
    number_of,
    parse_duration,
    parse_time,
    parse_version,
    reaches_public,
    shown,
    text_of,
)
from auditor.kubernetes.label_selectors import selects
from auditor.model.resource import Unknown, kind_of

Verdict = bool | Unknown
Scalar = str | int | float | bool


class Operator(NamedTuple):
    """`prepare(operand, clock)` raises ValueError in the author's words; `test(value, prepared)` is the verdict."""

    prepare: Callable[[Any, dt.datetime], Any]
    test: Callable[[Any, Any], Verdict]
    expected: str  # a phrase, `{}` stands for the operand
    absent: bool = False  # the verdict for an absent or null value


def same(value: Any, operand: Any) -> bool:
    """Equality as Azure Policy has it: strings without case, and a string that spells a boolean or number equals it."""
    if isinstance(value, str):
        if isinstance(operand, str):
            return value == operand or value.casefold() == operand.casefold()
        return not isinstance(operand, (list, dict)) and _spells(value, operand)
    if isinstance(operand, str):
        return not isinstance(value, (list, dict)) and _spells(operand, value)
    if isinstance(value, list) and isinstance(operand, list):
        return len(value) == len(operand) and all(map(same, value, operand))
    if isinstance(value, dict) and isinstance(operand, dict):
        theirs = {str(key).casefold(): item for key, item in operand.items()}
        ours = {str(key).casefold(): item for key, item in value.items()}
        return ours.keys() == theirs.keys() and all(same(item, theirs[key]) for key, item in ours.items())
    return isinstance(value, bool) == isinstance(operand, bool) and bool(value == operand)


def _spells(text: str, value: Any) -> bool:
    if isinstance(value, bool):
        return text.casefold() == ("true" if value else "false")
    return value is not None and number_of(text) == value


def comparable(value: Any, operand: Any) -> bool:
    """Whether a value is of a kind that an operand can be compared with.

    A string that spells a boolean or a number is one, as in ARM, and any number may stand where a string does (ports).
    Everything else of another kind is not what the schema has there: no verdict on it would be sure.
    """
    if isinstance(value, (dict, list)) or isinstance(operand, (dict, list)):
        return type(value) is type(operand)
    if isinstance(value, str):
        return isinstance(operand, str) or _spells_a(operand, value)
    if isinstance(operand, str):
        return not isinstance(value, bool) or _spells_a(value, operand)
    return isinstance(value, bool) == isinstance(operand, bool)


def _spells_a(value: Any, text: str) -> bool:
    """Whether a text spells a value of this kind: a boolean or a number."""
    return text.casefold() in _BOOLEANS if isinstance(value, bool) else number_of(text) is not None


_BOOLEANS: Final = ("", "true", "false")
"""What a text that stands for a boolean may be; an empty one says nothing."""


# --- preparing operands -------------------------------------------------------------------------------------------


def _any(operand: Any, _clock: dt.datetime) -> Any:
    if operand is None:
        raise ValueError("null is no operand: use `exists: false`")
    return operand


def _list(operand: Any, _clock: dt.datetime) -> list[Any]:
    if not isinstance(operand, list):
        raise ValueError("expects a list")
    return operand


def _string(operand: Any, _clock: dt.datetime) -> str:
    if not isinstance(operand, str):
        raise ValueError("expects a string")
    return operand


def _scalar(operand: Any, _clock: dt.datetime) -> Scalar:
    if not isinstance(operand, (str, int, float)):
        raise ValueError("expects a string or a number")
    return operand


def _boolean(operand: Any, _clock: dt.datetime) -> bool:
    if isinstance(operand, bool):
        return operand
    if isinstance(operand, str) and operand.casefold() in ("true", "false"):
        return operand.casefold() == "true"
    raise ValueError("expects true or false")


def _like_pattern(operand: Any, clock: dt.datetime) -> list[str]:
    return _string(operand, clock).casefold().split("*")


def _mask(operand: Any, clock: dt.datetime, flags: int = 0) -> re.Pattern[str]:
    classes = {"#": r"\d", "?": r"[^\W\d_]", ".": "."}
    source = "".join(classes.get(char) or re.escape(char) for char in _string(operand, clock))
    return re.compile(source, flags | re.DOTALL)


def _folded_mask(operand: Any, clock: dt.datetime) -> re.Pattern[str]:
    return _mask(operand, clock, re.IGNORECASE)


def _regex(operand: Any, clock: dt.datetime) -> Any:
    import re2  # here, because few rules need it and it costs start-up time

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        return re2.compile(_string(operand, clock), options=options)
    except re2.error as error:
        why = error.args[0] if error.args else error
        told = why.decode(errors="replace") if isinstance(why, bytes) else why
        raise ValueError(f"is no regular expression of RE2: {told}") from error


def _version(operand: Any, _clock: dt.datetime) -> tuple[int, ...]:
    version = parse_version(operand)
    if version is None:
        raise ValueError("expects a version such as 1.30")
    return version


def _moment(operand: Any, clock: dt.datetime) -> dt.datetime:
    if isinstance(operand, str):
        span = parse_duration(operand)
        if span is not None:
            return clock + span
    # A bare number would be seconds since 1970, which nobody means who writes 30.
    moment = None if isinstance(operand, int) else parse_time(operand)
    if moment is None:
        raise ValueError("expects an ISO 8601 time, or a duration such as P30D or -P90D")
    return moment


def _networks(operand: Any, clock: dt.datetime) -> list[Any]:
    given = operand if isinstance(operand, list) else [operand]
    try:
        return [ipaddress.ip_network(_string(text, clock), strict=False) for text in given]
    except ValueError as error:
        raise ValueError("expects a CIDR such as 10.0.0.0/8, or a list of them") from error


def _address(operand: Any, _clock: dt.datetime) -> str:
    try:
        return str(ipaddress.ip_address(operand.strip() if isinstance(operand, str) else ""))
    except ValueError as error:
        raise ValueError("expects an address such as 255.255.255.255") from error


def _host_names(operand: Any, _clock: dt.datetime) -> frozenset[str]:
    given = operand if isinstance(operand, list) else [operand]
    if not all(isinstance(name, str) for name in given):
        raise ValueError("expects a host name such as a.example.com, or a list of them")
    return frozenset(name.casefold() for name in given)


def _labels(operand: Any, _clock: dt.datetime) -> dict[str, Any]:
    if not isinstance(operand, dict):
        raise ValueError("expects labels, such as {app: web}")
    return operand


def _ports(operand: Any, _clock: dt.datetime) -> list[int]:
    given = operand if isinstance(operand, list) else [operand]
    if not given or not all(isinstance(port, int) and 0 <= port <= 65535 for port in given):
        raise ValueError("expects a port number, or a list of them")
    return given


# --- the tests ----------------------------------------------------------------------------------------------------


def _equals(value: Any, operand: Any) -> Verdict:
    if same(value, operand):
        return True
    return False if comparable(value, operand) else _odd(value, operand)


def _in(value: Any, operand: list[Any]) -> Verdict:
    if any(same(value, item) for item in operand):
        return True
    return _odd(value, operand[0]) if operand and not any(comparable(value, item) for item in operand) else False


def _odd(value: Any, operand: Any) -> Unknown:
    return Unknown(f"{kind_of(value)}, where {kind_of(operand)} is expected")


def _like(value: Any, parts: list[str]) -> Verdict:
    text = text_of(value)
    if text is None:
        return Unknown(f"{kind_of(value)}, where a string is expected")
    text = text.casefold()
    if len(parts) == 1:
        return text == parts[0]
    first, *middle, last = parts
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _match(value: Any, pattern: re.Pattern[str]) -> Verdict:
    text = text_of(value)
    return Unknown(f"{kind_of(value)}, where a string is expected") if text is None else bool(pattern.fullmatch(text))


def _matches(value: Any, pattern: Any) -> Verdict:
    text = text_of(value)
    if text is None:
        return Unknown(f"{kind_of(value)}, where a string is expected")
    return bool(pattern.search(text.encode()))  # as bytes: then RE2's wrapper need not count characters


def _contains(value: Any, operand: Any) -> Verdict:
    if isinstance(value, list):
        doubts = [item for item in value if isinstance(item, Unknown) or not comparable(item, operand)]
        if any(same(item, operand) for item in value if not isinstance(item, Unknown)):
            return True
        odd = doubts[0] if doubts else None
        return odd if isinstance(odd, Unknown) else _odd(odd, operand) if doubts else False
    text, part = text_of(value), text_of(operand)
    if text is None or part is None:
        return Unknown(f"{kind_of(value)}, where a string or an array is expected")
    return part.casefold() in text.casefold()


def _contains_key(value: Any, operand: str) -> Verdict:
    if not isinstance(value, dict):
        return Unknown(f"{kind_of(value)}, where an object is expected")
    return any(isinstance(key, str) and key.casefold() == operand.casefold() for key in value)


def _ordered(relation: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Verdict]:
    def test(value: Any, operand: Scalar) -> Verdict:
        left, right = number_of(value), number_of(operand)
        if left is not None and right is not None:
            return relation(left, right)
        if isinstance(value, str) and isinstance(operand, str):
            return relation(value.casefold(), operand.casefold())
        return Unknown(f"{shown(value)} cannot be compared with {operand}")

    return test


def _at_least(value: Any, operand: tuple[int, Mapping[str, int]]) -> Verdict:
    floor, ranks = operand
    text = text_of(value)
    rank = None if text is None else ranks.get(text.casefold())
    return Unknown(f"{shown(value)} is not among {', '.join(ranks)}") if rank is None else rank >= floor


def at_least_operand(operand: Any, order: Sequence[Any]) -> tuple[int, Mapping[str, int]]:
    """The prepared operand of `atLeast`: the rank that is asked for, and every rank by its folded name."""
    ranks = {str(text_of(item)).casefold(): rank for rank, item in enumerate(order)}
    folded = str(text_of(operand)).casefold()
    if folded not in ranks:
        raise ValueError(f"{operand} is not in its order")
    return ranks[folded], ranks


def _version_at_least(value: Any, floor: tuple[int, ...]) -> Verdict:
    version = parse_version(value)
    if version is None:
        return Unknown(f"{shown(value)} is not a version")
    width = max(len(version), len(floor))
    return version + (0,) * (width - len(version)) >= floor + (0,) * (width - len(floor))


def _in_time(relation: Callable[[dt.datetime, dt.datetime], bool]) -> Callable[[Any, dt.datetime], Verdict]:
    def test(value: Any, moment: dt.datetime) -> Verdict:
        found = parse_time(value)
        return Unknown(f"{shown(value)} is not a time") if found is None else relation(found, moment)

    return test


def _includes_port(value: Any, ports: list[int]) -> Verdict:
    text = text_of(value)
    if text is None:
        return Unknown(f"{kind_of(value)}, where ports are expected")
    if text.strip().casefold() in ("*", "any"):
        return True
    if not text.strip():  # templates leave it empty beside a list of ranges
        return False
    found = PORTS.fullmatch(text.strip())
    if not found:
        return Unknown(f"{shown(value)} is no port and no range of ports")
    first, last = int(found[1]), int(found[2] or found[1])
    return any(first <= port <= last for port in ports)


def _covered_by(value: Any, names: frozenset[str]) -> Verdict:
    """A wildcard stands for one label, as in certificates and ingresses."""
    if not isinstance(value, str):
        return Unknown(f"{kind_of(value)}, where a host name is expected")
    host = value.casefold()
    return host in names or f"*.{host.partition('.')[2]}" in names


def _selects(value: Any, labels: dict[str, Any]) -> Verdict:
    if not isinstance(value, dict | str):
        return Unknown(f"{kind_of(value)}, where a label selector is expected")
    return selects(value, labels)


def _in_cidr(value: Any, networks: list[Any]) -> Verdict:
    span = addresses_of(value)
    if span is None:
        return Unknown(f"{shown(value)} is not an address")
    first, last = span
    return any(first.version == network.version and first in network and last in network for network in networks)


def _is_public(value: Any, wanted: bool) -> Verdict:
    if not isinstance(value, str):
        return Unknown(f"{kind_of(value)}, where an address is expected")
    if value.casefold() in EVERYWHERE:
        return wanted
    span = addresses_of(value)
    if span is None:
        if SERVICE_TAG.fullmatch(value):
            return not wanted
        return Unknown(f"{value} is not an address")
    first, last = span
    return reaches_public(first, last) == wanted


def has_value(value: Any) -> bool:
    """Whether a value is more than an empty list or a blank text, which services take for no value."""
    return bool(value.strip()) if isinstance(value, str) else value != []


def _agrees(test: Callable[[Any], Verdict]) -> Callable[[Any, bool], Verdict]:
    """A test whose operand says which answer is wanted."""

    def wanted(value: Any, operand: bool) -> Verdict:
        verdict = test(value)
        return verdict if isinstance(verdict, Unknown) else verdict == operand

    return wanted


# --- the table ----------------------------------------------------------------------------------------------------

_POSITIVE: Final[Mapping[str, Operator]] = {
    "equals": Operator(_any, _equals, "{}"),
    "in": Operator(_list, _in, "one of {}"),
    "like": Operator(_like_pattern, _like, "like {}"),
    "match": Operator(_mask, _match, "a match of {}"),
    "matchInsensitively": Operator(_folded_mask, _match, "a match of {}"),
    "contains": Operator(_scalar, _contains, "to contain {}"),
    "containsKey": Operator(_string, _contains_key, "to have the key {}"),
}
"""Operators that Azure Policy negates with a name of its own."""

_NEGATED: Final = {
    "equals": "notEquals",
    "in": "notIn",
    "like": "notLike",
    "match": "notMatch",
    "matchInsensitively": "notMatchInsensitively",
    "contains": "notContains",
    "containsKey": "notContainsKey",
}


def _negation(operator: Operator, positive: str) -> Operator:
    def test(value: Any, operand: Any) -> Verdict:
        verdict = operator.test(value, operand)
        return verdict if isinstance(verdict, Unknown) else not verdict

    phrase = {"equals": "anything but {}", "in": "none of {}"}.get(positive, f"not {operator.expected}")
    return Operator(operator.prepare, test, phrase, absent=True)


def _no_order(_operand: Any, _clock: dt.datetime) -> Any:
    raise ValueError("needs `order: [low, …, high]` beside it")


OPERATORS: Final[Mapping[str, Operator]] = {
    **_POSITIVE,
    **{_NEGATED[name]: _negation(operator, name) for name, operator in _POSITIVE.items()},
    "less": Operator(_scalar, _ordered(lambda a, b: a < b), "less than {}"),
    "lessOrEquals": Operator(_scalar, _ordered(lambda a, b: a <= b), "at most {}"),
    "greater": Operator(_scalar, _ordered(lambda a, b: a > b), "more than {}"),
    "greaterOrEquals": Operator(_scalar, _ordered(lambda a, b: a >= b), "at least {}"),
    "exists": Operator(_boolean, lambda _value, operand: bool(operand), "to exist: {}"),
    "hasValue": Operator(_boolean, _agrees(has_value), "a value: {}"),
    "atLeast": Operator(_no_order, _at_least, "at least {}"),
    "versionAtLeast": Operator(_version, _version_at_least, "version {} or newer"),
    "before": Operator(_moment, _in_time(lambda a, b: a < b), "before {}"),
    "after": Operator(_moment, _in_time(lambda a, b: a > b), "after {}"),
    "inCidr": Operator(_networks, _in_cidr, "inside {}"),
    "isPublicAddress": Operator(_boolean, _is_public, "a public address: {}"),
    "includesInternet": Operator(_boolean, _agrees(includes_internet), "a large part of the Internet: {}"),
    "includesInternetUpTo": Operator(_address, internet_up_to, "a large part of the Internet up to {}"),
    "includesPort": Operator(_ports, _includes_port, "to include port {}"),
    "includesMostPorts": Operator(_boolean, _agrees(includes_most_ports), "nearly all ports: {}"),
    "coveredBy": Operator(_host_names, _covered_by, "covered by {}"),
    "matches": Operator(_regex, _matches, "to match {}"),
    "selects": Operator(_labels, _selects, "to select {}"),
}
"""Every operator by name. `absent_verdict` answers for absent values."""


def absent_verdict(operator: str, prepared: Any) -> bool:
    """What an operator answers for an absent or null value."""
    return not prepared if operator in ("exists", "hasValue") else OPERATORS[operator].absent
