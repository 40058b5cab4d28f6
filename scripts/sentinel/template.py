"""The parts of a template that is written in two languages, Bicep and ARM JSON."""

from __future__ import annotations

from typing import Any, NamedTuple


class Code(NamedTuple):
    """An expression, in both languages."""

    bicep: str
    arm: str


class Parameter(NamedTuple):
    """A parameter of the template; `default` None: it must be given."""

    name: str
    type: str
    meaning: str
    default: Any = None


class Resource(NamedTuple):
    """A resource of the template. `above` is the symbol of its parent or, when `extends`, of what it extends."""

    symbol: str
    type: str
    version: str
    name: Any
    body: dict[str, Any]
    above: str | None = None
    extends: bool = False
    after: tuple[str, ...] = ()
    condition: Code | None = None


class Output(NamedTuple):
    """An output of the template."""

    value: Code
    meaning: str


class Template(NamedTuple):
    """What is deployed: into a workspace that is there already, under the symbol `workspace`."""

    parameters: tuple[Parameter, ...]
    resources: list[Resource]
    outputs: dict[str, Output]


WORKSPACE_TYPE = "Microsoft.OperationalInsights/workspaces"
