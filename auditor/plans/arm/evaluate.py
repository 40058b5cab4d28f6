"""Evaluates ARM template expressions offline: trees to values, in the scope of a template. Pure.

What cannot be known is `Unknown`, with the expression in its reason; so is all that follows from it, except where the
result does not depend on it. Parts are evaluated only where Resource Manager would evaluate them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.model.resource import Unknown
from auditor.plans.arm.context import MAX_COPIES, MAX_DEPTH, Closure, Env, Work, kept, shortened
from auditor.plans.arm.expressions import ExpressionError, Literal, Member, Node, is_expression, parse, unescaped
from auditor.plans.arm.format import format_end
from auditor.plans.arm.functions_arrays import ARRAY_FUNCTIONS, concat_end
from auditor.plans.arm.functions_network import NETWORK_FUNCTIONS
from auditor.plans.arm.functions_numbers import NUMBER_FUNCTIONS
from auditor.plans.arm.functions_text import TEXT_FUNCTIONS
from auditor.plans.arm.lazy_functions import SPECIAL_FUNCTIONS
from auditor.plans.arm.spelling import LOOP, canonical
from auditor.plans.arm.values import (
    Declared,
    Function,
    Refused,
    is_known,
    member,
    plain,
    text,
    unknown_in,
    weigh,
    whole,
)

_ENDS: Final[Mapping[str, Callable[..., str]]] = {"concat": concat_end, "format": format_end}
FUNCTIONS: Final[Mapping[str, Function]] = {
    **ARRAY_FUNCTIONS,
    **NETWORK_FUNCTIONS,
    **NUMBER_FUNCTIONS,
    **TEXT_FUNCTIONS,
}


def value(data: Any, env: Env) -> Any:
    """A piece of a template with its expressions evaluated. Raises Refused where it is too deep or too much."""
    work = env.names.work
    if isinstance(data, str):
        return plain(_text_value(data, env)) if data.startswith("[") else data
    if not isinstance(data, dict | list):
        return data
    work.spend(1 + len(data))
    work.depth += 1
    try:
        if work.depth > MAX_DEPTH:
            raise Refused("it is nested too deeply")
        return [value(item, env) for item in data] if isinstance(data, list) else _object(data, env)
    finally:
        work.depth -= 1


def _object(data: dict[str, Any], env: Env) -> Any:
    made: dict[str, Any] = {}
    for key, item in data.items():
        if key.casefold() == "copy" and is_property_copy(item):
            for loop in item if isinstance(item, list) else [item]:
                name, copies = _property_copy(canonical(loop, LOOP), env)
                made[name] = copies if isinstance(item, list) else Unknown("a loop of properties stands in no list")
            continue
        name = _text_value(key, env) if key.startswith("[") else key
        if isinstance(name, Unknown | Declared):
            return plain(name)
        made[text(name)] = value(item, env)
    return made


def is_property_copy(item: Any) -> bool:
    """`copy` as an array of named loops: it makes properties. A single one, which Resource Manager refuses, is meant to
    be one."""
    if not isinstance(item, list):
        return isinstance(item, dict) and _is_loop(item) and "input" in canonical(item, LOOP)
    return all(isinstance(loop, dict) and _is_loop(loop) for loop in item)


def _is_loop(item: dict[str, Any]) -> bool:
    loop = canonical(item, LOOP)
    return isinstance(loop.get("name"), str) and "count" in loop


def _property_copy(loop: dict[str, Any], env: Env) -> tuple[str, Any]:
    return loop["name"], copied(loop.get("input"), loop["count"], env, loop["name"])


def copied(data: Any, count: Any, env: Env, *names: str) -> Any:
    """An array of so many evaluations of a piece of a template."""
    times = value(count, env)
    if isinstance(times, Unknown):
        return times
    if not 0 <= whole(times) <= MAX_COPIES:
        raise Refused(f"a loop has 0 to {MAX_COPIES:,} rounds")
    return [value(data, env.looped(index, *names)) for index in range(times)]


def _text_value(data: str, env: Env) -> Any:
    if not is_expression(data):
        return unescaped(data)
    try:
        found = evaluate(parse(data), env)
    except ExpressionError as error:
        env.names.work.note(shortened(data), f"it is not an expression: {error}")
        found = Unknown(str(error))
    except Refused as refused:
        found = Unknown(str(refused))
    if isinstance(found, Unknown) and " in [" not in found.reason:
        return Unknown(shortened(f"{found.reason}, in {data}"), found.end)
    if isinstance(found, Closure):
        return Unknown(f"a lambda is no value, in {data}")
    return found


def evaluate(node: Node, env: Env) -> Any:
    """The value of a tree. Raises Refused where Resource Manager would not go on, or we do not."""
    if isinstance(node, Literal):
        return node.value
    work = env.names.work
    work.spend(1)
    work.depth += 1
    try:
        if work.depth > MAX_DEPTH:
            raise Refused("it is nested too deeply")
        if isinstance(node, Member):
            return member(evaluate(node.base, env), evaluate(node.key, env), safe=node.safe)
        special = SPECIAL_FUNCTIONS.get(node.name)
        if special is not None:
            return special(node.arguments, env, evaluate)
        arguments = [evaluate(argument, env) for argument in node.arguments]
        if any(isinstance(argument, Closure) for argument in arguments):
            raise Refused(f"{node.name}() takes no lambda")
        function = FUNCTIONS.get(node.name)
        if function is not None:
            return _called(node.name, function, arguments, work)
        if "." in node.name:
            return _user_function(node.name, arguments, env)
        return env.names.ask(node.name, arguments)
    finally:
        work.depth -= 1


def _called(name: str, function: Function, arguments: list[Any], work: Work) -> Any:
    most = function.least if function.most is None else function.most
    if not function.least <= len(arguments) <= most:
        raise Refused(f"{name}() does not take {len(arguments)} arguments")
    for argument in arguments:
        if function.deep:
            if isinstance(argument, dict | list):
                work.spend(weigh(argument))
            unknown = unknown_in(argument)
            if unknown is not None:
                return _ending(name, arguments, unknown)
        elif not is_known(argument):
            return _ending(name, arguments, plain(argument))
    return kept(function.call(*arguments), work)


def _ending(name: str, arguments: list[Any], unknown: Unknown) -> Unknown:
    """What a function gives of an argument that is not known; of a text that is put together its end may be."""
    find = _ENDS.get(name)
    return Unknown(unknown.reason, find(*arguments) if find else "")


def _user_function(name: str, arguments: list[Any], env: Env) -> Any:
    function = env.names.function(name)
    if function is None:
        raise Refused(f"there is no function {name}()")
    if len(arguments) != len(function.parameters):
        raise Refused(f"{name}() takes {len(function.parameters)} arguments")
    own = dict(zip(function.parameters, (plain(argument) for argument in arguments), strict=True))
    return value(function.output, Env(env.names, own=own))
