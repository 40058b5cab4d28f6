"""Which rights are there, which lack, and which rules would suffer. Pure."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from auditor.model import Record


class Right(Record, frozen=True, kw_only=True):
    """One right at one place. `allowed` is None when that cannot be said, and `reason` says why."""

    place: str  # `/clusters/NAME`, `/subscriptions/ID`
    type: str  # casefolded: what it lets be read
    right: str  # as the place calls it: `list pods`, `Microsoft.Sql/servers/read`
    allowed: bool | None
    reason: str | None = None


class Suffering(Record, frozen=True, kw_only=True):
    """A rule, and the rights that lack for it."""

    rule_id: str
    lacking: tuple[Right, ...]


def suffering(types_of: Mapping[str, frozenset[str]], rights: Sequence[Right]) -> list[Suffering]:
    """The rules that would answer in part. `types_of`: rule id → the casefolded types that it needs."""
    lacking = [right for right in rights if right.allowed is not True]
    found = (
        Suffering(rule_id=rule, lacking=tuple(right for right in lacking if right.type in types))
        for rule, types in sorted(types_of.items())
    )
    return [one for one in found if one.lacking]


def azure_right(kind: str) -> str:
    """The action that reads a type of Azure."""
    return f"{kind}/read"


def is_granted(action: str, permissions: Iterable[Mapping[str, Any]], data: bool = False) -> bool:
    """Whether permissions of ARM grant an action: `actions` less `notActions`, with `*` for anything.

    https://learn.microsoft.com/azure/role-based-access-control/role-definitions
    """
    grant, deny = ("dataActions", "notDataActions") if data else ("actions", "notActions")
    return any(
        _is_among(action, permission.get(grant)) and not _is_among(action, permission.get(deny))
        for permission in permissions
    )


def _is_among(action: str, patterns: Any) -> bool:
    return any(fnmatch.fnmatchcase(action.casefold(), str(pattern).casefold()) for pattern in patterns or ())
