"""What ARM template expressions are evaluated with: the scope they stand in, and the bounds of the work. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from auditor.model.accounting import Accounting
from auditor.model.gap import Gap
from auditor.plans.arm.expressions import Node
from auditor.plans.arm.values import Refused, weigh, within_size

MAX_STEPS: Final = 1_000_000
"""What evaluating a template may cost; the largest public modules need a few thousand."""
MAX_DEPTH: Final = 240
MAX_COPIES: Final = 10_000
"""All copies of a template together; Resource Manager itself allows 800 resources."""
_REASON_LENGTH: Final = 200


@dataclass(slots=True)
class Work:
    """What has been done for a template so far, and what went wrong. `accounting` has the resources that it declares,
    each round of a loop and each resource of a nested template by itself."""

    file: str
    gaps: list[Gap] = field(default_factory=list)
    accounting: Accounting = field(default_factory=Accounting)
    steps: int = 0
    depth: int = 0
    copies: int = 0

    def spend(self, steps: int) -> None:
        """Refuse to go on where a template asks for more than any honest one does."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            reason = "the template asks for too much work"
            self.note("", reason)
            raise Refused(reason)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One name, resource or template further in; these cost more of the stack than a call in an expression."""
        self.depth += 4
        try:
            if self.depth > MAX_DEPTH:
                raise Refused("it is nested too deeply")
            yield
        finally:
            self.depth -= 4

    def lose(self, place: str, reason: str, *, type: str | None = None) -> None:
        """A gap of this file in which a declared resource ends."""
        self.accounting.gap()
        self.note(place, reason, type=type)

    def note(self, place: str, reason: str, kind: str = "unreadable", type: str | None = None) -> None:
        """A gap of this file."""
        what = f"{self.file}, {place}" if place else self.file
        gap = Gap(what=what, reason=shortened(reason), kind=kind, type=type)
        if gap not in self.gaps:
            self.gaps.append(gap)


@dataclass(frozen=True, slots=True)
class UserFunction:
    """A function that the template defines."""

    parameters: tuple[str, ...]
    output: Any


class Names(Protocol):
    """What a template gives its expressions."""

    @property
    def work(self) -> Work: ...

    def parameter(self, name: str) -> Any: ...

    def variable(self, name: str) -> Any: ...

    def function(self, name: str) -> UserFunction | None: ...

    def ask(self, name: str, arguments: list[Any]) -> Any:
        """The functions about the deployment and its resources; Unknown for a name that is none."""


@dataclass(frozen=True, slots=True)
class Env:
    """Where an expression stands: the names of its template, the loops around it, the variables of its lambdas, and
    inside of a function of the template that function's parameters."""

    names: Names
    loops: Mapping[str, Any] = field(default_factory=dict)  # loop name → index; "" for the loop of the resource
    local: Mapping[str, Any] = field(default_factory=dict)
    own: Mapping[str, Any] | None = None

    def looped(self, index: Any, *names: str) -> Env:
        """The same one loop further in."""
        return replace(self, loops={**self.loops, **{name.casefold(): index for name in names}})


def shortened(reason: str) -> str:
    """At most 200 characters."""
    return reason if len(reason) <= _REASON_LENGTH else f"{reason[: _REASON_LENGTH - 1]}…"


@dataclass(frozen=True, slots=True)
class Closure:
    """`lambda('x', body)`, with where it stands."""

    names: tuple[str, ...]
    body: Node
    env: Env

    def inside(self, *values: Any) -> Env:
        """Where its body is evaluated for these values."""
        return replace(self.env, local={**self.env.local, **dict(zip(self.names, values, strict=False))})


def kept(result: Any, work: Work) -> Any:
    """A new value, its size paid for."""
    if isinstance(result, dict | list):
        work.spend(weigh(result))
    elif isinstance(result, str):
        within_size(len(result))
        work.spend(len(result) >> 6)
    return result
