"""Which versions of azurerm may have made a plan, and how its resources are translated.

The plan tells the constraint that its configuration writes, the lock file beside the source the version itself. Where
neither settles the version, defaults that differ between versions are unknown.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.case_insensitive import get
from auditor.model.resource import MISSING, Unknown
from auditor.plans.terraform.azurerm import table_of
from auditor.plans.terraform.table import Attr, Block, Extra, Fixed, Part, Since, Table
from auditor.plans.terraform.translate import Writer, writer

_LOCKED: Final = re.compile(
    r'provider\s+"[^"]*/hashicorp/azurerm"\s*\{[^}]*?\bversion\s*=\s*"(\d{1,9})\.(\d{1,9})', re.DOTALL
)
_CONSTRAINT: Final = re.compile(r"(=|!=|>=|<=|>|<|~>)?\s*v?(\d{1,9})(?:\.(\d{1,9}))?((?:\.\d{1,9})*)")
_LAST: Final = 1_000_000_000
_OTHERS: Final = Unknown("its default differs between versions of azurerm, and the plan does not tell the version")


class Versions(Struct, frozen=True):
    """The versions of azurerm that may have made a plan: first and last, each major and minor, both included."""

    first: tuple[int, int] = (1, 0)
    last: tuple[int, int] = (_LAST, _LAST)


def versions_of(plan: dict[str, Any], source: str | None = None) -> Versions:
    """The versions that the lock file beside the source leaves, otherwise the constraints of all modules."""
    if source is not None:
        try:
            locked = _LOCKED.search((Path(source) / ".terraform.lock.hcl").read_text("utf-8", "replace"))
        except OSError:
            locked = None
        if locked:
            version = int(locked[1]), int(locked[2])
            return Versions(version, version)
    providers = get(plan, "configuration", "provider_config")
    found = Versions()
    for provider in providers.values() if isinstance(providers, dict) else ():
        constraint = provider.get("version_constraint") if isinstance(provider, dict) else None
        if isinstance(constraint, str) and provider.get("name") == "azurerm":
            left = _left(constraint)
            found = Versions(max(found.first, left.first), min(found.last, left.last))
    return found if found.first <= found.last else Versions()


def _left(constraint: str) -> Versions:
    """The versions that a constraint such as `>= 4.1, < 5` leaves; all where it is not understood."""
    first, last = (1, 0), (_LAST, _LAST)
    for part in constraint.split(","):
        match = _CONSTRAINT.fullmatch(part.strip())
        if match is None:
            return Versions()
        operator, major, minor, patch = match[1] or "=", int(match[2]), int(match[3] or 0), match[4]
        if operator in ("=", ">=", ">", "~>"):
            first = max(first, (major, minor))
        if operator in ("=", "<="):
            last = min(last, (major, minor))
        elif operator == "~>" and match[3] is not None:
            last = min(last, (major, minor) if patch else (major, _LAST))
        elif operator == "<":
            last = min(last, (major, minor) if patch.strip(".0") else _before(major, minor))
    return Versions(first, last)


def _before(major: int, minor: int) -> tuple[int, int]:
    return (major, minor - 1) if minor else (major - 1, _LAST)


class Translation(Struct, frozen=True):
    """A mapping table, and what writes its parts and those of its extras."""

    table: Table
    write: Writer
    extras: tuple[tuple[Extra, Writer], ...]


@cache
def translation_of(kind: str, versions: Versions) -> Translation | None:
    """How a Terraform type is translated, its defaults being those of a version; None where there is no table."""
    table = table_of(kind)
    if table is None:
        return None
    extras = tuple((extra, writer(_as_of(extra.parts, versions))) for extra in table.extras)
    return Translation(table, writer(_as_of(table.parts, versions)), extras)


def _as_of(parts: tuple[Part, ...], versions: Versions) -> tuple[Part, ...]:
    return tuple(_part_as_of(part, versions) for part in parts)


def _part_as_of(part: Part, versions: Versions) -> Part:
    if isinstance(part, Block):
        return replace(part, parts=_as_of(part.parts, versions))
    if isinstance(part, Attr) and isinstance(part.default, Since):
        return replace(part, default=_chosen(part.default, versions))
    if isinstance(part, Fixed) and isinstance(part.value, Since):
        return replace(part, value=_chosen(part.value, versions))
    return part


def _chosen(values: Since, versions: Versions) -> Any:
    """The value that all versions have; unknown where they differ."""
    found: list[Any] = [MISSING]
    for since, value in values.by_version:
        if since <= versions.first:
            found = [value]
        elif since <= versions.last:
            found.append(value)
    return found[0] if all(value == found[0] for value in found) else _OTHERS
