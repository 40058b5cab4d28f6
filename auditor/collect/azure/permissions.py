"""What the asking identity may do at a place, as Resource Manager says.

Source: the reference of `Microsoft.Authorization/permissions`, and "Understand Azure role definitions": what is granted
is in the `actions` of some role and not in its `notActions`, with `*` for anything.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from typing import Any, Final

from auditor.collect.azure.api_versions import version_of
from auditor.collect.azure.arm import Arm

_TYPE: Final = "Microsoft.Authorization/permissions"

Permissions = tuple[dict[str, Any], ...]
"""One for each role that the identity has at a place: `actions`, `notActions`, `dataActions`, `notDataActions`."""


def permissions_at(place: str, arm: Arm) -> Permissions:
    """Those of a subscription or resource group. Raises `CallFailed`."""
    return tuple(arm.all(f"{place}/providers/{_TYPE}", version_of(_TYPE).asked))


def may_read(kind: str, permissions: Permissions) -> bool:
    """Whether resources of a type may be read."""
    return is_granted(f"{kind}/read", permissions)


def is_granted(action: str, permissions: Iterable[Mapping[str, Any]], data: bool = False) -> bool:
    """Whether permissions grant an action; `data`: one on what a resource holds."""
    grant, deny = ("dataActions", "notDataActions") if data else ("actions", "notActions")
    return any(
        _is_among(action, permission.get(grant)) and not _is_among(action, permission.get(deny))
        for permission in permissions
    )


def _is_among(action: str, patterns: Any) -> bool:
    return any(fnmatch.fnmatchcase(action.casefold(), str(pattern).casefold()) for pattern in patterns or ())
