"""Entries of a Terraform plan that say too little to be evaluated, each as a gap: no entry may vanish. Pure.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from auditor.ingest.stray_members import stray, stray_members
from auditor.model.gap import Gap
from auditor.plans.terraform.announcements import MEMBERS, gaps_announced
from auditor.plans.terraform.nodes import ACTIONS, address_of, entries_of, modules_of

_TYPE: Final = re.compile(r"[a-z][a-z0-9_-]*")
_ATTRIBUTE: Final = re.compile(r"[a-z0-9_]+")
_IN_BLOCKS: Final = ("azurerm_", "kubernetes_")
"""Providers whose attributes and blocks have names in snake case throughout."""
_MODES: Final = ("managed", "data")
_OF_A_MODULE: Final = ("resources", "child_modules")


def gaps_of_entries(plan: dict[str, Any], file: str) -> Iterator[Gap]:
    """What a plan announces and does not hold, and the entries of `resource_changes` that are not understood."""
    changes = plan.get("resource_changes")
    instead = isinstance(plan.get("planned_values"), dict) and changes is None
    if "resource_changes" in plan and not isinstance(changes, list) and not instead:
        yield Gap(what=file, reason="its `resource_changes` are not a list")
    entries = changes if isinstance(changes, list) else []
    for place, entry in () if entries else entries_of(plan, file):
        if not isinstance(entry, dict) or not address_of(entry) or not isinstance(entry.get("type"), str):
            yield Gap(what=address_of(entry) or place, reason="the entry is no resource with an address and a type")
        elif not isinstance(entry.get("values"), dict) and entry.get("mode") != "data":
            yield Gap(what=address_of(entry), reason="the entry does not say what it will be")
    addresses = Counter(_identity(entry) for entry in entries)
    for number, entry in enumerate(entries):
        what = address_of(entry) or f"{file}: resource_changes[{number}]"
        reason = _problem(entry)
        if reason:
            yield Gap(what=what, reason=reason)
        elif addresses[_identity(entry)] > 1:
            yield Gap(what=what, reason="the plan has several changes of this address")
    for place, key, count in stray_entries(plan, file):
        yield Gap(what=place, reason=stray(key, count))
    yield from gaps_announced(plan, file, any(_actions(entry) not in _NOTHING for entry in entries))


def stray_entries(plan: dict[str, Any], file: str) -> Iterator[tuple[str, str, int]]:
    """Members that Terraform does not write and that hold entries: the place, the member and how many there are."""
    for key, count in stray_members(plan, (), MEMBERS, _is_entry):
        yield file, key, count
    if not isinstance(plan.get("resource_changes"), list):
        planned = plan.get("planned_values")
        for key, count in stray_members(_dict(planned), ("root_module",), ("outputs",), _is_entry):
            yield f"{file}: planned_values", key, count
        for place, module in modules_of(plan, file):
            for key, count in stray_members(module, _OF_A_MODULE, (), _is_entry):
                yield place, key, count


def _is_entry(value: Any) -> bool:
    """A resource of a plan, or a module with resources."""
    if not isinstance(value, dict):
        return False
    return "address" in value or any(key in value for key in _OF_A_MODULE)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


_NOTHING: Final = (("no-op",), ("read",), ())


def _problem(entry: Any) -> str | None:
    """Why an entry cannot be evaluated; None when it can."""
    if not isinstance(entry, dict):
        return "the entry is not an object"
    if not address_of(entry) or not isinstance(entry.get("type"), str):
        return "the entry has no address or no type"
    if not _TYPE.fullmatch(entry["type"]):
        return "its type is not the name of a Terraform type"
    if f".{entry['type']}." not in f".{address_of(entry)}":
        return "its address and its type do not agree"
    change = entry.get("change")
    if not isinstance(change, dict):
        return "the entry has no change"
    actions = _actions(entry)
    is_data = entry["address"].startswith("data.") or ".data." in entry["address"]
    if entry.get("mode", "managed") not in _MODES or (entry.get("mode") == "data") is not is_data:
        return "its mode and its address do not agree"
    if actions not in ACTIONS:
        return f"its actions are not known: {', '.join(actions)[:80] or 'none'}"
    if entry.get("deposed") and ACTIONS[actions] not in ("delete", "no-op"):
        return "it is an object that was replaced before, and it is not deleted"
    if is_data or ACTIONS[actions] in ("delete", "no-op"):
        return None
    if change.get("after_sensitive") is True:
        return "all of it is sensitive, so that none of it is known"
    if change.get("after_unknown") is True:
        return "all of it is known only after the change is applied"
    after = change.get("after")
    if not isinstance(after, dict):
        return "the change does not say what it will be"
    odd = _odd_name(after) if entry["type"].startswith(_IN_BLOCKS) else None
    return None if odd is None else f"Terraform does not write `{odd[:80]}`: what it holds is not evaluated"


def _odd_name(block: dict[str, Any]) -> str | None:
    """The first name in a block, or in a block of it, that is no name of an attribute. Keys of maps are the author's
    own."""
    for name, value in block.items():
        if not _is_attribute(name):
            return name
        for inner in value if isinstance(value, list) else ():
            odd = _odd_name(inner) if isinstance(inner, dict) else None
            if odd is not None:
                return odd
    return None


@lru_cache(maxsize=4096)
def _is_attribute(name: str) -> bool:
    return _ATTRIBUTE.fullmatch(name) is not None


def _actions(entry: Any) -> tuple[str, ...]:
    change = entry.get("change") if isinstance(entry, dict) else None
    actions = change.get("actions") if isinstance(change, dict) else None
    return tuple(map(str, actions)) if isinstance(actions, list) else ()


def _identity(entry: Any) -> tuple[str, str] | None:
    if not isinstance(entry, dict) or not address_of(entry):
        return None
    return address_of(entry), str(entry.get("deposed") or "")
