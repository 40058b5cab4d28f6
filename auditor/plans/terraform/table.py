"""What a mapping table says: which attribute of a Terraform type becomes which property of an ARM type. Pure data.

A table (one file a type, in `azurerm/`) lists every known spelling of an attribute, newest first, the place of its
value in ARM, how the value is translated, and the default that the provider applies, by version where these differ. A
default is used only when the plan does not name the attribute at all: a real plan names it, with the provider's default
already in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from auditor.model.resource import MISSING, Unknown

Scalar = str | int | float | bool
How = Mapping[Any, Any] | Callable[[Any], Any]
"""A translation: of values by a mapping (what is not in it stays), or by one of the functions below."""


class Since(Struct, frozen=True):
    """A value that differs between versions of azurerm, each with the first that has it (major, minor)."""

    by_version: tuple[tuple[tuple[int, int], Any], ...]


class Attr(Struct, frozen=True):
    """An attribute. `names`: its spellings, `new|old`; `to`: the ARM path below the current place.

    `default`: the provider's, for a plan that does not name the attribute; `otherwise`: what an absent value means.
    `unset`: the provider computes the attribute when it is not written; unknown and not written then means absent.
    `unless`: an attribute beside it that brings a value of its own. What is not written then stays unknown where that
    attribute is written, and has the default where it is not.
    """

    names: str
    to: str
    how: How | None = None
    default: Any = MISSING
    otherwise: Any = MISSING
    unset: bool = False
    unless: str = ""


class Composed(Struct, frozen=True):
    """Several attributes as one text: `{account_tier}_{account_replication_type}`."""

    template: str
    to: str


class Below(Struct, frozen=True):
    """An attribute that names another part of the same resource: it becomes the id of that part."""

    names: str
    to: str
    collection: str
    many: bool = False


class Fixed(Struct, frozen=True):
    """A property that always has this value where its block is written."""

    to: str
    value: Any


class Block(Struct, frozen=True):
    """A nested block. `to` ends with `[*]` for an array, else the first block counts; empty: the place stays the same.

    `unset`: the provider computes the block when it is not written; unknown and not written then means none (a dynamic
    block whose `for_each` is unknown looks the same in a plan). `implied`: an absent block means all its defaults.
    `ids`: the elements have ids, below that of the resource. `where`: only blocks whose attribute has this value,
    absent being false. The name `.` stands for the attributes of the resource itself.
    """

    names: str
    to: str
    parts: tuple[Part, ...]
    unset: bool = False
    implied: bool = False
    ids: bool = False
    where: tuple[str, bool] | None = None


Part = Attr | Below | Block | Composed | Fixed


class Group(Struct, frozen=True):
    """In a resource group, which the attribute `resource_group_name` names."""


class Subscription(Struct, frozen=True):
    """On the subscription itself."""


class Child(Struct, frozen=True):
    """Below the resource whose id one of the attributes `ids` holds, or whose name `name` holds (its ARM type: `of`).

    `through` stands between the parent and the child, with attributes in braces: `apis/{api_name}`. `up`: the id that
    is held belongs to something so many levels below the parent.
    """

    ids: str
    of: str
    name: str = ""
    through: str = ""
    up: int = 0


class Extension(Struct, frozen=True):
    """Set on any other resource, whose id the attribute holds."""

    target: str


class Onto(Struct, frozen=True):
    """Not a resource in ARM: its properties belong to the resource that the attributes name."""

    target: Child


Scope = Group | Subscription | Child | Extension | Onto


class Extra(Struct, frozen=True):
    """A child in ARM that Terraform writes inside its parent: `block` (empty: the parent's own attributes)."""

    kind: str  # the last segment of its type
    name: str  # an attribute of the block, or `=literal`
    block: str
    parts: tuple[Part, ...]


class Table(Struct, frozen=True):
    """How one Terraform type becomes an ARM type. `name`: the attribute that holds the name, or `=literal`."""

    type: str
    at: Scope
    parts: tuple[Part, ...]
    name: str = "name"
    extras: tuple[Extra, ...] = ()


ENABLED: Final = {True: "Enabled", False: "Disabled"}
LOWER_ENABLED: Final = {True: "enabled", False: "disabled"}
INVERTED: Final = {True: False, False: True}
TRUE_FALSE: Final = {True: "True", False: "False"}


def objects(key: str) -> Callable[[Any], Any]:
    """A list of values as a list of objects: `["a"]` → `[{key: "a"}]`."""
    return lambda value: [{key: item} for item in value] if isinstance(value, list) else value


def by_id(value: Any) -> Any:
    """A list of ids as a list of references."""
    return objects("id")(value)


def joined(value: Any) -> Any:
    """A list of texts as one, with commas."""
    if not isinstance(value, list):
        return value
    odd = next((item for item in value if isinstance(item, Unknown)), None)
    return ", ".join(str(item) for item in value) if odd is None else odd


def as_list(value: Any) -> Any:
    """A single value as a list of one."""
    return value if isinstance(value, list) else [value]


@lru_cache(maxsize=4096)
def spellings(names: str) -> tuple[str, ...]:
    """Every spelling of an attribute, newest first."""
    return tuple(names.split("|"))
