"""Entries of a Terraform plan that say too little to be evaluated, each as a gap: no entry may vanish. Pure.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from auditor.model import Gap
from auditor.plans.terraform_nodes import ACTIONS, entries_of

_TYPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_LATER: Final = "unknown-until-apply"
_LISTS: Final = ("resource_changes", "planned_values", "prior_state", "configuration", "deferred_changes")


def gaps_of_entries(plan: dict[str, Any], file: str) -> Iterator[Gap]:
    """What a plan announces and does not hold, and the entries of `resource_changes` that are not understood."""
    for key in plan:
        if key not in _LISTS and key.casefold() in _LISTS:
            yield Gap(what=file, reason=f"Terraform does not write `{key}`: what it holds is not evaluated")
    changes = plan.get("resource_changes")
    instead = "planned_values" in plan and changes is None
    if "resource_changes" in plan and not isinstance(changes, list) and not instead:
        yield Gap(what=file, reason="its `resource_changes` are not a list")
    entries = changes if isinstance(changes, list) else []
    for place, entry in () if entries else entries_of(plan, file):
        if not isinstance(entry, dict) or not _address(entry) or not isinstance(entry.get("type"), str):
            yield Gap(what=_address(entry) or place, reason="the entry is no resource with an address and a type")
    addresses = Counter(_identity(entry) for entry in entries)
    for number, entry in enumerate(entries):
        what = _address(entry) or f"{file}: resource_changes[{number}]"
        reason = _problem(entry)
        if reason:
            yield Gap(what=what, reason=reason)
        elif addresses[_identity(entry)] > 1:
            yield Gap(what=what, reason="the plan has several changes of this address")
    yield from _announced(plan, entries, file)


def _announced(plan: dict[str, Any], entries: list[Any], file: str) -> Iterator[Gap]:
    """What the plan says about itself."""
    if plan.get("complete") is False:
        yield Gap(
            what=file, reason="Terraform says that this plan is not complete: a later run adds to it", kind=_LATER
        )
    if plan.get("applyable") is False and any(_actions(entry) not in _NOTHING for entry in entries):
        yield Gap(what=file, reason="Terraform says that this plan cannot be applied")
    invocations = plan.get("action_invocations")
    for item in invocations if isinstance(invocations, list) else ():
        what = _address(item) or file
        yield Gap(what=what, reason="Terraform runs an action, whose effect is not evaluated", kind=_LATER)


_NOTHING: Final = (("no-op",), ("read",), ())


def _problem(entry: Any) -> str | None:
    """Why an entry cannot be evaluated; None when it can."""
    if not isinstance(entry, dict):
        return "the entry is not an object"
    if not _address(entry) or not isinstance(entry.get("type"), str):
        return "the entry has no address or no type"
    if not _TYPE.fullmatch(entry["type"]):
        return "its type is not the name of a Terraform type"
    if f".{entry['type']}." not in f".{_address(entry)}":
        return "its address and its type do not agree"
    change = entry.get("change")
    if not isinstance(change, dict):
        return "the entry has no change"
    actions = _actions(entry)
    if actions not in ACTIONS:
        return f"its actions are not known: {', '.join(actions)[:80] or 'none'}"
    if entry.get("mode") == "data" or entry.get("deposed") or ACTIONS[actions] in ("delete", "no-op"):
        return None
    if change.get("after_sensitive") is True:
        return "all of it is sensitive, so that none of it is known"
    if change.get("after_unknown") is True:
        return "all of it is known only after the change is applied"
    return None if isinstance(change.get("after"), dict) else "the change does not say what it will be"


def _actions(entry: Any) -> tuple[str, ...]:
    change = entry.get("change") if isinstance(entry, dict) else None
    actions = change.get("actions") if isinstance(change, dict) else None
    return tuple(map(str, actions)) if isinstance(actions, list) else ()


def _identity(entry: Any) -> tuple[str, str] | None:
    if not isinstance(entry, dict) or not _address(entry):
        return None
    return _address(entry), str(entry.get("deposed") or "")


def _address(entry: Any) -> str:
    address = entry.get("address") if isinstance(entry, dict) else None
    return address if isinstance(address, str) else ""
