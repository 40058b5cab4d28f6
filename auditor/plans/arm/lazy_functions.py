"""The functions of ARM templates that evaluate their arguments themselves, or know where they stand. Pure.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-lambda, …-logical, …-deployment
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cmp_to_key
from typing import Any, Final

from auditor.model.resource import Unknown
from auditor.plans.arm.context import Closure, Env, kept
from auditor.plans.arm.expressions import Node
from auditor.plans.arm.functions_arrays import create_object, items, try_get
from auditor.plans.arm.values import Refused, array, is_known, kind_of, plain, same, text, truth, unknown_in, whole

Nodes = Sequence[Node]
Evaluate = Callable[[Node, Env], Any]
Special = Callable[[Nodes, Env, Evaluate], Any]


def _count(nodes: Nodes, least: int, most: int | None = None) -> None:
    if not least <= len(nodes) <= (most or least):
        raise Refused(f"it does not take {len(nodes)} arguments")


def _if(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    """One of two; when it is not known which, what both are, if that is the same."""
    _count(nodes, 3)
    condition = plain(evaluate(nodes[0], env))
    if not isinstance(condition, Unknown):
        return evaluate(nodes[1 if truth(condition) else 2], env)
    either = [plain(evaluate(node, env)) for node in nodes[1:]]
    known = not any(isinstance(one, Closure) or unknown_in(one) for one in either)
    return either[0] if known and same(*either) else condition


def _all(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    return _logical(nodes, env, evaluate, decisive=False)


def _any(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    return _logical(nodes, env, evaluate, decisive=True)


def _logical(nodes: Nodes, env: Env, evaluate: Evaluate, *, decisive: bool) -> Any:
    """and() and or(): one decisive value decides, whatever is unknown."""
    _count(nodes, 1, len(nodes))
    doubt: Unknown | None = None
    for node in nodes:
        found = plain(evaluate(node, env))
        if isinstance(found, Unknown):
            doubt = doubt or found
        elif truth(found) is decisive:
            return decisive
    return doubt or not decisive


def _coalesce(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    """The first that is not null."""
    _count(nodes, 1, len(nodes))
    for node in nodes:
        found = evaluate(node, env)
        if found is not None:
            return found
    return None


def _create_array(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    return kept([_value(evaluate(node, env)) for node in nodes], env.names.work)


def _create_object(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    return kept(create_object(*(_value(evaluate(node, env)) for node in nodes)), env.names.work)


def _value(found: Any) -> Any:
    if isinstance(found, Closure):
        raise Refused("a lambda is no value")
    return plain(found)


def _try_get(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    _count(nodes, 2, 100)
    return try_get(*(evaluate(node, env) for node in nodes))


def _parameters(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    _count(nodes, 1)
    name = plain(evaluate(nodes[0], env))
    if isinstance(name, Unknown):
        return Unknown(name.reason)
    if env.own is None:
        return env.names.parameter(text(name))
    found = next((key for key in env.own if key.casefold() == text(name).casefold()), None)
    if found is None:
        raise Refused(f"there is no parameter {name}")
    return env.own[found]


def _variables(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    _count(nodes, 1)
    name = plain(evaluate(nodes[0], env))
    return Unknown(name.reason) if isinstance(name, Unknown) else env.names.variable(text(name))


def _copy_index(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    """copyIndex([loop], [offset]); without a loop that of the resource."""
    _count(nodes, 0, 2)
    given = [plain(evaluate(node, env)) for node in nodes]
    unknown = next((one for one in given if isinstance(one, Unknown)), None)
    if unknown is not None:
        return unknown
    loop = given.pop(0) if given and isinstance(given[0], str) else ""
    if loop.casefold() not in env.loops:
        raise Refused(f"there is no loop {loop}" if loop else "there is no loop here")
    index = env.loops[loop.casefold()]
    return index if isinstance(index, Unknown) else index + (whole(given[0]) if given else 0)


def _lambda(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    _count(nodes, 1, 4)
    return Closure(tuple(text(evaluate(node, env)) for node in nodes[:-1]), nodes[-1], env)


def _lambda_variables(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    _count(nodes, 1)
    name = text(evaluate(nodes[0], env))
    if name not in env.local:
        raise Refused(f"there is no variable {name} here")
    return env.local[name]


class _Lambda:
    """The lambda among the arguments of a function, ready to be called."""

    def __init__(self, node: Node, env: Env, evaluate: Evaluate) -> None:
        closure = evaluate(node, env)
        if not isinstance(closure, Closure):
            raise Refused(f"a lambda is needed, not {kind_of(closure)}")
        self._closure = closure
        self._evaluate = evaluate

    def __call__(self, *values: Any) -> Any:
        return _value(self._evaluate(self._closure.body, self._closure.inside(*values)))


def _array(node: Node, env: Env, evaluate: Evaluate) -> list[Any] | Unknown:
    found = _value(evaluate(node, env))
    return found if isinstance(found, Unknown) else array(found)


def _map(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    _count(nodes, 2)
    given, call = _array(nodes[0], env, evaluate), _Lambda(nodes[1], env, evaluate)
    if isinstance(given, Unknown):
        return given
    return kept([call(item, index) for index, item in enumerate(given)], env.names.work)


def _filter(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    _count(nodes, 2)
    given, call = _array(nodes[0], env, evaluate), _Lambda(nodes[1], env, evaluate)
    if isinstance(given, Unknown):
        return given
    kept_items = []
    for index, item in enumerate(given):
        wanted = call(item, index)
        if isinstance(wanted, Unknown):
            return wanted
        if truth(wanted):
            kept_items.append(item)
    return kept_items


def _reduce(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    _count(nodes, 3)
    given, call = _array(nodes[0], env, evaluate), _Lambda(nodes[2], env, evaluate)
    result = _value(evaluate(nodes[1], env))
    if isinstance(given, Unknown):
        return given
    for index, item in enumerate(given):
        result = call(result, item, index)
    return result


def _sort(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    """The lambda says whether the first of two comes before the second."""
    _count(nodes, 2)
    given, call = _array(nodes[0], env, evaluate), _Lambda(nodes[1], env, evaluate)
    if isinstance(given, Unknown):
        return given
    doubt: list[Unknown] = []

    def before(left: Any, right: Any) -> bool:
        answer = call(left, right)
        if isinstance(answer, Unknown):
            doubt.append(answer)
            return False
        return truth(answer)

    ordered = sorted(given, key=cmp_to_key(lambda a, b: -1 if before(a, b) else int(before(b, a))))
    return doubt[0] if doubt else ordered


def _keyed(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    """The elements of an array with the texts that the first lambda makes of them; unknown when one of these is."""
    given, call = _array(nodes[0], env, evaluate), _Lambda(nodes[1], env, evaluate)
    if isinstance(given, Unknown):
        return given
    pairs = []
    for item in given:
        key = call(item)
        if isinstance(key, Unknown):
            return key
        pairs.append((text(key), item))
    return pairs


def _to_object(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    _count(nodes, 2, 3)
    pairs = _keyed(nodes, env, evaluate)
    if isinstance(pairs, Unknown):
        return pairs
    call = _Lambda(nodes[2], env, evaluate) if len(nodes) > 2 else None
    return kept({key: call(item) if call else item for key, item in pairs}, env.names.work)


def _group_by(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    _count(nodes, 2)
    pairs = _keyed(nodes, env, evaluate)
    if isinstance(pairs, Unknown):
        return pairs
    groups: dict[str, list[Any]] = {}
    for key, item in pairs:
        groups.setdefault(key, []).append(item)
    return groups


def _map_values(nodes: Nodes, env: Env, evaluate: Evaluate) -> Any:
    _count(nodes, 2)
    given, call = plain(evaluate(nodes[0], env)), _Lambda(nodes[1], env, evaluate)
    if not is_known(given):
        return given
    return kept({item["key"]: call(item["value"]) for item in items(given)}, env.names.work)


SPECIAL_FUNCTIONS: Final[Mapping[str, Special]] = {
    "and": _all,
    "coalesce": _coalesce,
    "copyindex": _copy_index,
    "createarray": _create_array,
    "createobject": _create_object,
    "filter": _filter,
    "groupby": _group_by,
    "if": _if,
    "lambda": _lambda,
    "lambdavariables": _lambda_variables,
    "map": _map,
    "mapvalues": _map_values,
    "or": _any,
    "parameters": _parameters,
    "reduce": _reduce,
    "sort": _sort,
    "toobject": _to_object,
    "tryget": _try_get,
    "variables": _variables,
}
