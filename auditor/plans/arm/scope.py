"""A template with what it is given: parameters, variables, functions and outputs, each evaluated when first asked for.

Pure. A nested template is one of its own; with outer scope its expressions read the parameters and variables of the
template around it.
Source: learn.microsoft.com/azure/azure-resource-manager/templates/linked-templates, …/copy-variables, …/copy-outputs
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from auditor.model.resource import MISSING, Unknown
from auditor.plans.arm.context import Env, UserFunction, Work, kept
from auditor.plans.arm.evaluate import copied, value
from auditor.plans.arm.parameters import Declarations, Given, is_secure
from auditor.plans.arm.scope_ids import Place
from auditor.plans.arm.spelling import DECLARATION, LOOP, canonical
from auditor.plans.arm.values import Refused

MAX_TEMPLATES: Final = 30
"""Templates within templates."""

Ask = Callable[["Template", str, list[Any]], Any]
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a template is deployed, under which name, and why perhaps not."""

    place: Place
    location: Any  # of the resource group, or of the deployment where there is none
    name: Any
    doubt: Unknown | None = None
    path: Path = ()  # of the template in its file


class Template:
    """See `Names` of arm_env. `ask` answers the functions about deployment and resources."""

    def __init__(
        self,
        raw: Mapping[str, Any],
        situation: Situation,
        given: Given,
        work: Work,
        ask: Ask,
        parent: Template | None = None,
        outer: Env | None = None,
    ) -> None:
        """`outer`: where the deployment stands, for a nested template whose expressions are evaluated there."""
        self.raw = raw
        self.situation = situation
        self.parent = parent
        self.level: int = parent.level + 1 if parent else 0
        self._given = given
        self._work = work
        self._ask = ask
        self._outer = outer
        self._declared = Declarations(raw)
        self._values: dict[tuple[str, str], Any] = {}

    @property
    def work(self) -> Work:
        return self._work

    @property
    def env(self) -> Env:
        """Where the expressions of its resources stand."""
        return Env(self, self._outer.loops, self._outer.local) if self._outer else Env(self)

    @property
    def values(self) -> Template:
        """The template whose parameters, variables and place its expressions mean."""
        names = self._outer.names if self._outer else self
        return names.values if isinstance(names, Template) and names is not self else self

    def ask(self, name: str, arguments: list[Any]) -> Any:
        return self._ask(self, name, arguments)

    def parameter(self, name: str) -> Any:
        if self._outer:
            return self._outer.names.parameter(name)
        return self._once(("parameter", name.casefold()), lambda: self._parameter(name))

    def undeclared(self, names: Iterable[str]) -> list[str]:
        """Those of the names that no parameter of the template has."""
        return [name for name in names if self._declared.find(name) is None]

    def _parameter(self, name: str) -> Any:
        declared = self._declared.find(name)
        if declared is None:
            raise Refused(f"there is no parameter {name}")
        found = self._given(name.casefold())
        if found is MISSING or found is None:
            if "defaultValue" in declared:
                found = value(declared["defaultValue"], Env(self))
            elif found is MISSING and not self._declared.nullable(declared):
                return Unknown(f"parameter {name} is not given")
            else:
                found = None
        return self._declared.without_secrets(found, declared, name)

    def variable(self, name: str) -> Any:
        if self._outer:
            return self._outer.names.variable(name)
        return self._once(("variable", name.casefold()), lambda: self._variable(name))

    def _variable(self, name: str) -> Any:
        declared = _section(self.raw, "variables")
        loops = canonical(declared, LOOP).get("copy")
        for given in loops if isinstance(loops, list) else ():
            loop = canonical(given, LOOP) if isinstance(given, dict) else {}
            if _same(loop.get("name"), name):
                return copied(loop.get("input"), loop.get("count"), Env(self), name)
        for key, data in declared.items():
            if _same(key, name):
                return value(data, Env(self))
        raise Refused(f"there is no variable {name}")

    def function(self, name: str) -> UserFunction | None:
        if self._outer:
            return self._outer.names.function(name)
        namespace, _dot, member = name.rpartition(".")
        groups = self.raw.get("functions")
        for group in groups if isinstance(groups, list) else ():
            if isinstance(group, dict) and _same(group.get("namespace"), namespace):
                for key, function in _section(group, "members").items():
                    if _same(key, member) and isinstance(function, dict):
                        return _user_function(function)
        return None

    def output(self, name: str) -> Any:
        """The value of an output, for what refers to this deployment."""
        return self._once(("output", name.casefold()), lambda: self._output(name))

    def _output(self, name: str) -> Any:
        declared = next((item for key, item in _section(self.raw, "outputs").items() if _same(key, name)), None)
        if not isinstance(declared, dict):
            raise Refused(f"there is no output {name}")
        declared = canonical(declared, DECLARATION)
        condition = value(declared.get("condition", True), self.env)
        if condition is not True:
            return condition if isinstance(condition, Unknown) else None
        if is_secure(declared):
            return Unknown(f"output {name} is secret")
        loop = declared.get("copy")
        if isinstance(loop, dict):
            loop = canonical(loop, LOOP)
            return copied(loop.get("input"), loop.get("count"), self.env, "", name)
        return value(declared.get("value"), self.env)

    def _once(self, key: tuple[str, str], evaluate: Callable[[], Any]) -> Any:
        if key in self._values:
            return self._values[key]
        self._values[key] = Unknown(f"{key[0]} {key[1]} refers to itself")
        try:
            with self._work.deeper():
                found = kept(evaluate(), self._work)
        except Refused as refused:
            found = Unknown(str(refused))
        self._values[key] = found
        return found


class Outputs(Mapping[str, Any]):
    """The outputs of a deployment as reference() gives them, evaluated when asked for."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._names = [key for key, item in _section(template.raw, "outputs").items() if isinstance(item, dict)]

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return {"value": self._template.output(name)}

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _user_function(function: dict[str, Any]) -> UserFunction:
    declared, output = function.get("parameters"), function.get("output")
    names = [item.get("name") for item in declared if isinstance(item, dict)] if isinstance(declared, list) else []
    return UserFunction(
        tuple(name for name in names if isinstance(name, str)),
        output.get("value") if isinstance(output, dict) else None,
    )


def _section(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = raw.get(name)
    return found if isinstance(found, dict) else {}


def _same(one: Any, other: str) -> bool:
    return isinstance(one, str) and one.casefold() == other.casefold()
