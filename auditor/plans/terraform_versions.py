"""Which major version of azurerm a plan was made with, and how its resources are translated.

The plan tells the constraint that its configuration writes, the lock file beside the source the version itself. Where
neither settles the major version, defaults that differ between them are unknown.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from auditor.keys import get
from auditor.model import MISSING, Unknown
from auditor.plans.azurerm import table_of
from auditor.plans.terraform_table import Attr, Block, Extra, Fixed, Part, Since, Table
from auditor.plans.terraform_translate import Writer, writer

_LOCKED: Final = re.compile(r'provider\s+"[^"]*/hashicorp/azurerm"\s*\{[^}]*?\bversion\s*=\s*"(\d{1,9})\.', re.DOTALL)
_CONSTRAINT: Final = re.compile(r"(=|!=|>=|<=|>|<|~>)?\s*(\d{1,9})((?:\.\d+)*)")
_MAJORS: Final = frozenset(range(1, 10))
_OTHERS: Final = Unknown("its default differs between versions of azurerm, and the plan does not tell the version")


def major_of(plan: dict[str, Any], source: str | None = None) -> int | None:
    """The major version of azurerm; None where the plan and the folder of its source do not settle it."""
    if source is not None:
        try:
            locked = _LOCKED.search((Path(source) / ".terraform.lock.hcl").read_text("utf-8", "replace"))
        except OSError:
            locked = None
        if locked:
            return int(locked[1])
    told = get(plan, "configuration", "provider_config", "azurerm", "version_constraint")
    return _only_major(told) if isinstance(told, str) else None


def _only_major(constraint: str) -> int | None:
    """The only major version that a constraint such as `>= 4.1, < 5` leaves."""
    left = _MAJORS
    for part in constraint.split(","):
        match = _CONSTRAINT.fullmatch(part.strip())
        if match is None:
            return None
        operator, major, rest = match[1], int(match[2]), match[3]
        whole = not rest.strip(".0")
        if operator in (None, "=") or (operator == "~>" and rest):
            left &= {major}
        elif operator in (">=", ">", "~>"):
            left &= {one for one in _MAJORS if one >= major}
        elif operator in ("<", "<="):
            left &= {one for one in _MAJORS if one < major or (one == major and not (operator == "<" and whole))}
    return next(iter(left)) if len(left) == 1 else None


class Translation(Struct, frozen=True):
    """A mapping table, and what writes its parts and those of its extras."""

    table: Table
    write: Writer
    extras: tuple[tuple[Extra, Writer], ...]


@cache
def translation_of(kind: str, major: int | None) -> Translation | None:
    """How a Terraform type is translated, its defaults being those of a version; None where there is no table."""
    table = table_of(kind)
    if table is None:
        return None
    extras = tuple((extra, writer(_as_of(extra.parts, major))) for extra in table.extras)
    return Translation(table, writer(_as_of(table.parts, major)), extras)


def _as_of(parts: tuple[Part, ...], major: int | None) -> tuple[Part, ...]:
    return tuple(_part_as_of(part, major) for part in parts)


def _part_as_of(part: Part, major: int | None) -> Part:
    if isinstance(part, Block):
        return replace(part, parts=_as_of(part.parts, major))
    if isinstance(part, Attr) and isinstance(part.default, Since):
        return replace(part, default=_chosen(part.default, major))
    if isinstance(part, Fixed) and isinstance(part.value, Since):
        return replace(part, value=_chosen(part.value, major))
    return part


def _chosen(values: Since, major: int | None) -> Any:
    if major is None:
        return _OTHERS
    found: Any = MISSING
    for first, value in values.by_major:
        if first <= major:
            found = value
    return found
