"""What a Terraform plan says beside its `resource_changes`, each as a gap or by name: no part of it may vanish. Pure.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from auditor.model.gap import Gap
from auditor.model.paging import letters_of
from auditor.plans.terraform.nodes import address_of, resources_in

_LATER: Final = "unknown-until-apply"
MEMBERS: Final = {
    letters_of(name): name
    for name in (
        "action_invocations",
        "applyable",
        "checks",
        "complete",
        "configuration",
        "deferred_action_invocations",
        "deferred_changes",
        "errored",
        "format_version",
        "output_changes",
        "planned_values",
        "prior_state",
        "relevant_attributes",
        "resource_changes",
        "resource_drift",
        "terraform_version",
        "timestamp",
        "variables",
    )
}
"""What Terraform writes at the top of a plan, by their letters alone."""
_FLAGS: Final = ("applyable", "complete", "errored")
_WAITING: Final = {
    "deferred_changes": ("resource_change", "Terraform puts it off to a later run"),
    "action_invocations": ("", "Terraform runs an action, whose effect is not evaluated"),
    "deferred_action_invocations": (
        "action_invocation",
        "Terraform runs an action in a later run, whose effect is not evaluated",
    ),
}
"""Lists of what is not evaluated: where each entry has its address, and why it is a gap."""
_DRIFT: Final = "change made outside of Terraform"
_CHECKS: Final = {
    "error": "check of the configuration that cannot be evaluated",
    "fail": "check of the configuration that fails",
    "unknown": "check of the configuration that is decided during the apply",
}


def gaps_announced(plan: dict[str, Any], file: str, changes: bool) -> Iterator[Gap]:
    """What a plan says of itself. `changes`: whether one of its entries changes something."""
    for key in plan:
        name = MEMBERS.get(letters_of(key), key)
        if name != key:
            yield Gap(what=file, reason=f"Terraform does not write `{key}`: what it holds is not evaluated")
    for name in _FLAGS:
        if not isinstance(plan.get(name), bool | None):
            yield Gap(what=file, reason=f"its `{name}` is neither true nor false")
    if plan.get("errored") is True:
        yield Gap(what=file, reason="planning ended with an error, so the plan is not whole")
    if plan.get("complete") is False:
        reason = "Terraform says that this plan is not complete: a later run adds to it"
        yield Gap(what=file, reason=reason, kind=_LATER)
    if plan.get("applyable") is False and changes:
        yield Gap(what=file, reason="Terraform says that this plan cannot be applied")
    for name, (inside, reason) in _WAITING.items():
        listed = plan.get(name)
        if listed is not None and not isinstance(listed, list):
            yield Gap(what=file, reason=f"its `{name}` are not a list")
        for item in listed if isinstance(listed, list) else ():
            yield Gap(what=_address_in(item, inside) or file, reason=reason, kind=_LATER)
    for name in ("resource_drift", "checks"):
        if not isinstance(plan.get(name), list | None):
            yield Gap(what=file, reason=f"its `{name}` are not a list")
    for address in only_planned(plan):
        yield Gap(what=address, reason="the plan has its values, and no change that makes it")
    for address in planned_otherwise(plan):
        yield Gap(what=address, reason="its `planned_values` differ from what its change says it will be")


def waiting(plan: dict[str, Any]) -> int:
    """How many entries of a plan are gaps because they wait for a later run or are actions."""
    lists = (plan.get(name) for name in _WAITING)
    return sum(len(listed) for listed in lists if isinstance(listed, list))


def only_planned(plan: dict[str, Any]) -> list[str]:
    """The addresses that `planned_values` has and that no change makes."""
    changes, planned = plan.get("resource_changes"), _planned(plan)
    if not isinstance(changes, list) or not planned:
        return []
    deferred = plan.get("deferred_changes")
    later = [_address_in(item, "resource_change") for item in (deferred if isinstance(deferred, list) else ())]
    known = {*later, *(address_of(entry) for entry in changes)}
    return [address for address in dict.fromkeys(map(address_of, planned)) if address and address not in known]


def planned_otherwise(plan: dict[str, Any]) -> list[str]:
    """The addresses for which `planned_values` and the change say different things: Terraform writes both from one
    value. A resource that is gone after the change has no planned values."""
    changes = plan.get("resource_changes")
    entries = changes if isinstance(changes, list) else []
    afters = {address_of(entry): entry["change"].get("after") for entry in entries if _is_current(entry)}
    found = [
        address
        for item in _planned(plan)
        if (address := address_of(item)) in afters and "values" in item and item["values"] != afters[address]
    ]
    return list(dict.fromkeys(found))


def _is_current(entry: Any) -> bool:
    """Whether an entry is about a resource as it is named, not about one that was replaced before."""
    return isinstance(entry, dict) and not entry.get("deposed") and isinstance(entry.get("change"), dict)


def _planned(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The managed resources of `planned_values`."""
    values = plan.get("planned_values")
    root = values.get("root_module") if isinstance(values, dict) else None
    found = resources_in(root, "") if isinstance(root, dict) else ()
    return [item for _place, item in found if isinstance(item, dict) and item.get("mode") != "data"]


def named(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is not evaluated for a reason that has a name: the reason, and what it is."""
    drift = plan.get("resource_drift")
    for item in drift if isinstance(drift, list) else ():
        yield _DRIFT, address_of(item)
    checks = plan.get("checks")
    for item in checks if isinstance(checks, list) else ():
        status = item.get("status") if isinstance(item, dict) else None
        if status != "pass":
            address = item.get("address") if isinstance(item, dict) else None
            shown = address.get("to_display") if isinstance(address, dict) else None
            yield _CHECKS.get(str(status), _CHECKS["error"]), str(shown or "")


def _address_in(item: Any, inside: str) -> str:
    """The address of the member of an entry that has one."""
    return address_of(item.get(inside) if inside and isinstance(item, dict) else item)
