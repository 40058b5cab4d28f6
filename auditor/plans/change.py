"""What every reader of a change returns. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.accounting import Accounting
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource
from auditor.sanitize.messages import message
from auditor.sanitize.resources import sanitized

NO_SUBSCRIPTION: Final = "00000000-0000-0000-0000-000000000000"
"""Stands for the subscription where a change does not tell it."""
UNCHANGED: Final = "unchanged resource"
DELETED: Final = "resource that is deleted"
"""Why elements of a change are not evaluated, as an accounting names the reason."""
Action = Literal["create", "update", "replace", "delete", "no-op"]


class Change(Struct, frozen=True):
    """One resource of a change, in its ARM or Kubernetes shape.

    `after` is None when it is deleted, `before` when it is created or not known. Values that are not known before the
    change is applied are `model.Unknown`, and the resource is `partial`.
    """

    action: Action
    after: Resource | None
    before: Resource | None = None


class Lines(Struct, frozen=True):
    """Where something is written: the file as the user names it, its first and its last line, counted from 1."""

    file: str
    first: int
    last: int


class Addition(Struct, frozen=True):
    """A change of something that only adds to a resource which the change does not make: an association, a rule.

    `target` is the id of the resource; `before` and `after` are that part of its body, None where there is none. The
    resource `stand_in` (an id) is judged for it where the target is not known.
    """

    target: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    origin: Origin
    stand_in: str


class Changes(Struct, frozen=True):
    """A change as a whole. `covers` are the casefolded types for which "there is none" can be said.

    `written`: where each address of a Terraform plan is written, as far as the source was given. `unread`: types of
    Terraform that are not read, with how many resources there are of each. `accounting`: what became of each element of
    the document (an entry of `resource_changes`, a resource of a template, a change of a what-if, a manifest).
    """

    changes: tuple[Change, ...]
    accounting: Accounting
    gaps: tuple[Gap, ...] = ()
    covers: frozenset[str] = frozenset()
    written: Mapping[str, Lines] = {}
    additions: tuple[Addition, ...] = ()
    unread: Mapping[str, int] = {}


def without_secrets(changes: Changes) -> Changes:
    """The change without the secrets of its resources and of what is said of it."""
    return replace(
        changes,
        changes=tuple(
            replace(one, after=one.after and sanitized(one.after), before=one.before and sanitized(one.before))
            for one in changes.changes
        ),
        additions=tuple(
            replace(one, after=one.after and _sanitized(one.after), before=one.before and _sanitized(one.before))
            for one in changes.additions
        ),
        gaps=tuple(replace(gap, what=message(gap.what), reason=message(gap.reason)) for gap in changes.gaps),
    )


def _sanitized(part: dict[str, Any]) -> dict[str, Any]:
    """A part of a body."""
    return sanitized(Resource("", part, Origin())).body
