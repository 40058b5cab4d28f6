"""A storage account that a template declares again, to add to it, is one account. Pure.

A key of a vault can encrypt the account once its identity is let into the vault: templates declare the account, then
the permission, then the account again with the key and little else. Azure Storage keeps what a declaration leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from auditor.model.resource import Unknown
from auditor.plans.arm.merge import Item
from auditor.plans.arm.scope import Path

_ACCOUNT: Final = "microsoft.storage/storageaccounts"
_CONTRADICTION: Final = object()


def once(items: Iterable[tuple[Item, Path]]) -> list[Item]:
    """The resources of a template, each with where it is declared, every account once.

    Declarations that contradict each other all stay: which of them is the last to be deployed is not known. Those that
    have one place are rounds of a loop, whose names may only look the same while a parameter is not given.
    """
    kept: list[Item] = []
    firsts: dict[Any, tuple[Item, Path]] = {}
    for item, place in items:
        if item.kind.casefold() == _ACCOUNT:
            first, there = firsts.setdefault(_comparable(item.id), (item, place))
            if first is not item and first.doubt is None and (there != place or isinstance(item.id, str)):
                whole = _added(first.body, {**item.body, "apiVersion": first.body.get("apiVersion")}, item.doubt)
                if whole is not _CONTRADICTION:
                    first.body.update(whole)
                    continue
        kept.append(item)
    return kept


def _added(old: Any, new: Any, doubt: Unknown | None) -> Any:
    """What two declarations say together; what only a doubtful one says is unknown."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return old if _comparable(old) == _comparable(new) else _CONTRADICTION
    whole = dict(old)
    names = {name.casefold(): name for name in old}
    for key, value in new.items():
        if key == "id":
            continue
        name = names.get(key.casefold())
        whole[name or key] = part = (doubt or value) if name is None else _added(old[name], value, doubt)
        if part is _CONTRADICTION:
            return _CONTRADICTION
    return whole


def _comparable(value: Any) -> Any:
    """What is unknown is the same when the reason is: the expression stands in it."""
    if isinstance(value, Unknown):
        return Unknown, value.reason
    return value.casefold() if isinstance(value, str) else value
