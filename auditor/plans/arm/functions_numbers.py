"""The functions of ARM templates on numbers and truth values, with Microsoft's published semantics. Pure.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-numeric, …-comparison, …-logical
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.plans.arm.values import ANY_NUMBER, Function, Refused, kind_of, same, text, truth, whole

_BITS: Final = 1 << 63


def _whole_result(value: int) -> int:
    if not -_BITS <= value < _BITS:
        raise Refused("the number has more than 64 bits")
    return value


def _arithmetic(calculate: Callable[[int, int], int]) -> Callable[[Any, Any], int]:
    return lambda left, right: _whole_result(calculate(whole(left), whole(right)))


def _divided(left: int, right: int) -> int:
    if not right:
        raise Refused("a number cannot be divided by 0")
    return abs(left) // abs(right) * (-1 if (left < 0) != (right < 0) else 1)


def _remainder(left: int, right: int) -> int:
    return left - _divided(left, right) * right


def _compared(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return holds(left, right)
        return holds(_number(left), _number(right))

    return compare


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(f"a number is needed, not {kind_of(value)}")
    return value


def _chosen(choose: Callable[[list[int]], int]) -> Callable[..., int]:
    def among(*values: Any) -> int:
        numbers = values[0] if len(values) == 1 and isinstance(values[0], list) else values
        if not numbers:
            raise Refused("there is no number to choose from")
        return choose([whole(value) for value in numbers])

    return among


def to_int(value: Any) -> int:
    """Of a number or its text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 30:
        raise Refused(f"{kind_of(value)} is no whole number")
    try:
        return _whole_result(int(value))
    except (ValueError, OverflowError) as error:
        raise Refused("it is no whole number") from error


def to_float(value: Any) -> float:
    """Of a number or its text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 100:
        raise Refused(f"{kind_of(value)} is no number")
    try:
        number = float(value)
    except ValueError as error:
        raise Refused("it is no number") from error
    if number != number or number in (float("inf"), float("-inf")):
        raise Refused("it is no number")
    return number


def to_bool(value: Any) -> bool:
    """Of `true` and `false` in any casing, and of numbers."""
    if isinstance(value, bool | int):
        return bool(value)
    if text(value).lower() not in ("true", "false"):
        raise Refused("it is neither true nor false")
    return bool(value.lower() == "true")


def numbers(start: Any, count: Any) -> list[int]:
    """range(): so many numbers from the first on, 10,000 at most."""
    if not 0 <= whole(count) <= 10_000 or whole(start) + count >= 1 << 31:
        raise Refused("a range has 0 to 10,000 numbers")
    return list(range(start, start + count))


NUMBER_FUNCTIONS: Final[Mapping[str, Function]] = {
    "add": Function(_arithmetic(operator.add), 2),
    "bool": Function(to_bool, 1),
    "div": Function(_arithmetic(_divided), 2),
    "equals": Function(same, 2),
    "false": Function(lambda: False, 0),
    "float": Function(to_float, 1),
    "greater": Function(_compared(operator.gt), 2),
    "greaterorequals": Function(_compared(operator.ge), 2),
    "int": Function(to_int, 1),
    "less": Function(_compared(operator.lt), 2),
    "lessorequals": Function(_compared(operator.le), 2),
    "max": Function(_chosen(max), 1, ANY_NUMBER),
    "min": Function(_chosen(min), 1, ANY_NUMBER),
    "mod": Function(_arithmetic(_remainder), 2),
    "mul": Function(_arithmetic(operator.mul), 2),
    "not": Function(lambda value: not truth(value), 1),
    "null": Function(lambda: None, 0),
    "range": Function(numbers, 2),
    "sub": Function(_arithmetic(operator.sub), 2),
    "true": Function(lambda: True, 0),
}
