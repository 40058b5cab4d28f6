"""What a Terraform plan declares: one node for each managed or read object, on either side of the change. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from auditor.plans.change import Action
from auditor.plans.terraform.values import marked, merged

Key = str | int | None
Step = tuple[str, Key]
"""A module call of an address, with its index: `module.net["eu"]` is `("net", "eu")`."""

ACTIONS: Final[dict[tuple[str, ...], Action]] = {
    ("no-op",): "no-op",
    ("read",): "no-op",
    ("forget",): "no-op",
    ("create",): "create",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("create", "forget"): "replace",
    ("forget", "create"): "replace",
}
"""What the lists of actions of Terraform mean. What is forgotten lives on, only Terraform no longer looks after it."""

_OF_A_MODULE: Final = frozenset({"address", "resources", "child_modules"})
_STEP: Final = re.compile(r'module\.([^.\[]+)(?:\["((?:[^"\\]|\\.)*)"\]|\[(\d{1,9})\])?\.?')


class Node(Struct, eq=False):
    """A resource or data source of the plan. `after` and `before` hold `Unknown` and digests, never a secret.

    `module` are the calls that lead to it, `calls` their names alone, and `config` its own name in the configuration of
    its module. `sensitive`: something in `before` or `after` may be a digest.
    """

    address: str
    module: tuple[Step, ...]
    calls: tuple[str, ...]
    config: str
    type: str
    name: str
    key: Key
    data: bool
    action: Action
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    sensitive: bool


def nodes_of(plan: dict[str, Any]) -> list[Node]:
    """Every node of a plan. Objects that are left from an earlier replacement (deposed) are on their way out."""
    listed = isinstance(plan.get("resource_changes"), list)
    entries = [entry for _place, entry in entries_of(plan, "") if isinstance(entry, dict) and not entry.get("deposed")]
    found = [_of_change(entry) if listed else _of_values(entry, "create") for entry in entries]
    seen = {node.address for node in found}
    prior = _part(_part(_part(plan, "prior_state"), "values"), "root_module")
    found += [
        _of_values(item, "no-op")
        for _place, item in resources_in(prior, "")
        if isinstance(item, dict) and item.get("mode") == "data" and item.get("address") not in seen
    ]
    return [node for node in found if node.address and node.type]


def entries_of(plan: dict[str, Any], file: str) -> Iterator[tuple[str, Any]]:
    """The entries of `resource_changes`, each with its place; where a plan lists none, those of `planned_values`."""
    changes = plan.get("resource_changes")
    if isinstance(changes, list):
        for number, entry in enumerate(changes):
            yield f"{file}: resource_changes[{number}]", entry
    else:
        planned = plan.get("planned_values")
        root = planned.get("root_module") if isinstance(planned, dict) else planned
        if root is not None or "resource_changes" not in plan:
            yield from resources_in(root, f"{file}: planned_values.root_module")


def address_of(entry: Any) -> str:
    """The address of an entry; empty where it has none."""
    address = entry.get("address") if isinstance(entry, dict) else None
    return address if isinstance(address, str) else ""


def _of_change(item: dict[str, Any]) -> Node:
    change = _part(item, "change")
    actions = tuple(map(str, _list(change, "actions")))
    action = ACTIONS.get(actions, "update")
    before, after = change.get("before"), change.get("after")
    hidden_before, hidden_after = change.get("before_sensitive"), change.get("after_sensitive")
    old = _tree(before, None, hidden_before)
    new = _tree(after, change.get("after_unknown"), hidden_after)
    if action == "no-op" and (new is None or actions == ("forget",)):
        new = old
    if action == "no-op" and change.get("importing"):
        action = "update"  # nothing changes in Azure, but it is this configuration's from now on
    sensitive = marked(hidden_before) or marked(hidden_after)
    return _node(item, action, old, None if action == "delete" else new, sensitive)


def _tree(values: Any, unknown: Any, sensitive: Any) -> dict[str, Any] | None:
    found = merged(values, unknown, sensitive) if isinstance(values, dict) else None
    return found if isinstance(found, dict) else None


def _of_values(item: dict[str, Any], action: Action) -> Node:
    tree = _tree(item.get("values"), None, item.get("sensitive_values"))
    return _node(item, action, tree if action == "no-op" else None, tree, marked(item.get("sensitive_values")))


def _node(
    item: dict[str, Any], action: Action, before: dict[str, Any] | None, after: dict[str, Any] | None, sensitive: bool
) -> Node:
    address, kind, name = str(item.get("address") or ""), str(item.get("type") or ""), str(item.get("name") or "")
    module = steps_of(str(item.get("module_address") or _module_of(address)))
    key, data = item.get("index"), item.get("mode") == "data"
    return Node(
        address=address,
        module=module,
        calls=tuple(call for call, _key in module) if module else (),
        config=f"data.{kind}.{name}" if data else f"{kind}.{name}",
        type=kind,
        name=name,
        key=key if isinstance(key, str | int) else None,
        data=data,
        action=action,
        before=before,
        after=after,
        sensitive=sensitive,
    )


def _module_of(address: str) -> str:
    if not address.startswith("module."):
        return ""
    end = 0
    while step := _STEP.match(address, end):
        end = step.end()
    return address[:end].removesuffix(".")


@lru_cache(maxsize=4096)
def steps_of(address: str) -> tuple[Step, ...]:
    """The module calls of a module's address."""
    return tuple(
        (name, _unquoted(text) if text else int(number) if number else None)
        for name, text, number in _STEP.findall(address)
    )


def _unquoted(text: str) -> str:
    """The key that is written between quotes; as it is written where JSON knows no such escape."""
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def modules_of(plan: dict[str, Any], file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The modules of `planned_values`, each with its place."""
    root = _part(plan, "planned_values").get("root_module")
    for where, here in _modules(root, f"{file}: planned_values.root_module"):
        if isinstance(here, dict):
            yield where, here


def resources_in(module: Any, place: str) -> Iterator[tuple[str, Any]]:
    """The resources of a module and of those in it. What should be a list or a module and is none is given as it is."""
    for where, here in _modules(module, place):
        if not isinstance(here, dict) or (where != place and _OF_A_MODULE.isdisjoint(here)):
            yield where, here
            continue
        for number, item in _numbered(here.get("resources")):
            yield f"{where}.resources[{number}]", item


def _modules(module: Any, place: str) -> Iterator[tuple[str, Any]]:
    """A module and those in it, the outer ones first."""
    pending: list[tuple[Any, str]] = [(module, place)]
    while pending:
        here, where = pending.pop(0)
        yield where, here
        if not isinstance(here, dict):
            continue
        children = _numbered(here.get("child_modules"))
        pending += [(child, f"{where}.child_modules[{number}]") for number, child in children]


def _numbered(listed: Any) -> Iterable[tuple[int, Any]]:
    return enumerate(listed if isinstance(listed, list) else [] if listed is None else [listed])


def _part(tree: Any, key: str) -> dict[str, Any]:
    found = tree.get(key) if isinstance(tree, dict) else None
    return found if isinstance(found, dict) else {}


def _list(tree: dict[str, Any], key: str) -> list[Any]:
    found = tree.get(key)
    return found if isinstance(found, list) else []
