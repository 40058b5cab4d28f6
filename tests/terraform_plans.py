"""Terraform plans for tests, as `terraform show -json` writes them."""

from __future__ import annotations

from typing import Any

from auditor.plans.change import Change, Changes
from auditor.plans.terraform.plan import read_terraform_plan

Tree = dict[str, Any]
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers"
VAULT = {"name": "kv", "resource_group_name": "rg", "sku_name": "standard", "purge_protection_enabled": True}


def item(address: str, after: Tree | None, **change: Any) -> Tree:
    """One entry of `resource_changes`; `unknown`, `sensitive`, `before` and `actions` as keywords."""
    module, parts = "", address.split(".")
    while parts[0] == "module":
        module, parts = f"{module}.module.{parts[1]}".lstrip("."), parts[2:]
    mode = "data" if parts[0] == "data" else "managed"
    parts = parts[1:] if mode == "data" else parts
    name, bracket, key = parts[1].partition("[")
    entry = {
        "address": address,
        "mode": mode,
        "type": parts[0],
        "name": name,
        "change": {
            "actions": change.get("actions", ["create"]),
            "before": change.get("before"),
            "after": after,
            "after_unknown": change.get("unknown", {}),
            "after_sensitive": change.get("sensitive", {}),
        },
    }
    if module:
        entry["module_address"] = module
    if bracket:
        entry["index"] = int(key[:-1]) if key[:-1].isdecimal() else key[1:-2]
    return entry


def written(address: str, **expressions: Any) -> Tree:
    """One resource of the configuration; a list of texts is a list of references."""
    parts = address.split(".")
    mode = "data" if parts[0] == "data" else "managed"
    kind, name = parts[-2:]
    repeat = expressions.pop("for_each", None)
    block = {"mode": mode, "type": kind, "name": name, "expressions": {k: refs(v) for k, v in expressions.items()}}
    return {**block, "for_each_expression": {"references": repeat}} if repeat else block


def refs(value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [{key: refs(inner) for key, inner in block.items()} for block in value]
    return {"references": value} if isinstance(value, list) else {"constant_value": value}


def read(items: list[Tree], resources: list[Tree] | None = None, calls: Tree | None = None, **more: Any) -> Changes:
    plan: Tree = {"format_version": "1.2", "resource_changes": items, **more}
    if resources is not None:
        plan["configuration"] = {"root_module": {"resources": resources, "module_calls": calls or {}}}
    return read_terraform_plan(plan, "tfplan.json")


def of(changes: Changes, kind: str) -> list[Change]:
    return [c for c in changes.changes if (c.after or c.before) and (c.after or c.before).type.endswith(kind)]  # type: ignore[union-attr]


def body(changes: Changes, kind: str) -> Tree:
    (change,) = of(changes, kind)
    assert change.after is not None
    return change.after.body
