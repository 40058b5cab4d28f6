"""Security rules whose group is not in the change: each is judged as a group of its own. Pure.

A group is what rules judge, and of a group that is elsewhere the other rules are not known. A rule that lets somebody
in may be refused by a denial of the same change, so these stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol, TypeVar

from auditor.model.case_insensitive import get
from auditor.model.resource import Unknown, parent_of

GROUP: Final = "Microsoft.Network/networkSecurityGroups"
_MOST: Final = 100
"""Denials beside one rule; a group of Azure has a thousand rules at most."""


class _Rule(Protocol):
    @property
    def id(self) -> str | Unknown: ...

    @property
    def body(self) -> dict[str, Any]: ...


R = TypeVar("R", bound=_Rule)


def with_denials(rules: Sequence[R]) -> Iterator[tuple[R, list[R]]]:
    """Each rule, and what a group of its own holds: itself, then the denials of the same group."""
    denials: dict[str, list[R]] = {}
    for rule in rules:
        own = denials.setdefault(_group_of(rule), [])
        if _denies(rule) and len(own) < _MOST:
            own.append(rule)
    for rule in rules:
        beside = denials[_group_of(rule)] if _group_of(rule) else []
        yield rule, [rule, *(denial for denial in beside if denial is not rule)]


def _group_of(rule: _Rule) -> str:
    """The casefolded id of its group; empty where it is not known."""
    return (parent_of(rule.id) or "").casefold() if isinstance(rule.id, str) else ""


def _denies(rule: _Rule) -> bool:
    access = get(rule.body, "properties", "access")
    return isinstance(access, str) and access.casefold() == "deny"
