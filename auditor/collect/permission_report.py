"""Which rights are there, which lack, and which rules would suffer. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.model.resource import Record


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
