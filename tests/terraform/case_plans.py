"""The resources of a rule's case as a Terraform plan that makes them, and the same plan with less that is known.

No Terraform runs: the attributes are those that `estate_hcl` would write.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from tests.terraform.estate_hcl import AZURERM, Estate
from tests.terraform.schema import SCHEMA, flags_of, is_block, present

Tree = dict[str, Any]
Way = tuple[str | int, ...]
_IDENTITY = ("name", "resource_group_name", "location", "tags")


def plan_of(bodies: Iterable[Tree]) -> Tree | None:
    """A plan that makes these resources; None where azurerm cannot say one of them."""
    changes, resources = [], []
    for kind, label, tree in Estate(bodies).made:
        if kind not in AZURERM:
            return None
        schema = present(SCHEMA[kind])
        after, unknown = _sides(tree, schema)
        own = {"address": f"{kind}.{label}", "mode": "managed", "type": kind, "name": label}
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown}
        changes.append({**own, "change": change})
        resources.append({**own, "expressions": _expressions(tree, schema)})
    return {
        "format_version": "1.2",
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": resources}},
    }


def _sides(tree: Tree, schema: Tree) -> tuple[Tree, Tree]:
    """What is known and what is not: the provider computes what nobody writes."""
    after: Tree = {}
    unknown: Tree = {}
    for name, entry in schema.items():
        if entry[0] in ("list", "set"):
            sides = [_sides(block, present(entry[2])) for block in tree.get(name, ())]
            after[name], unknown[name] = [known for known, _ in sides], [later for _, later in sides]
        elif name in tree:
            many = len(entry[0]) == 2 and entry[0][0] in "ls"
            after[name] = [tree[name]] if many and not isinstance(tree[name], list) else tree[name]
        elif "c" in flags_of(entry):
            unknown[name] = True
        else:
            after[name] = None
    return after, unknown


def _expressions(tree: Tree, schema: Tree) -> Tree:
    return {
        name: [_expressions(block, present(schema[name][2])) for block in value]
        if is_block(schema[name]) and schema[name][0] in ("list", "set")
        else {"constant_value": value}
        for name, value in tree.items()
        if name in schema
    }


def written_places(plan: Tree) -> Iterator[tuple[int, Way]]:
    """Every attribute and block that a plan writes: the number of the resource, and the way to it."""
    for number, change in enumerate(plan["resource_changes"]):
        for way in _ways(change["change"]["after"], present(SCHEMA[change["type"]])):
            if way[-1] not in _IDENTITY:
                yield number, way


def _ways(after: Tree, schema: Tree) -> Iterator[Way]:
    for name, entry in schema.items():
        if after.get(name) not in (None, []):
            yield (name,)
            for number, block in enumerate(after[name] if entry[0] in ("list", "set") else ()):
                yield from ((name, number, *way) for way in _ways(block, present(entry[2])))


def known_later(plan: Tree, number: int, way: Way) -> Tree:
    """The plan with something that refers to what is known only after apply."""
    plan = copy.deepcopy(plan)
    change = plan["resource_changes"][number]["change"]
    after, unknown = change["after"], change["after_unknown"]
    written = plan["configuration"]["root_module"]["resources"][number]["expressions"]
    *above, last = way
    for key in above:
        after, unknown, written = after[key], unknown[key], written[key]
    del after[last]
    unknown[last] = True
    written[last] = {"references": ["data.other.thing"]}
    return plan


def sensitive(plan: Tree, number: int, way: Way) -> Tree:
    """The plan with something that must not be shown."""
    plan = copy.deepcopy(plan)
    change = plan["resource_changes"][number]["change"]
    change["after_sensitive"] = _marks(change["after"], way)
    return plan


def _marks(value: Any, way: Way) -> Any:
    """A tree of marks as Terraform writes it: lists are whole, objects name what is marked."""
    if not way:
        return True
    inner = _marks(value[way[0]], way[1:])
    return [inner if at == way[0] else {} for at in range(len(value))] if isinstance(value, list) else {way[0]: inner}


def manifests_of(bodies: Iterable[Tree]) -> Tree:
    """A plan that makes these objects of a cluster, each as a `kubernetes_manifest`."""
    changes = []
    for number, body in enumerate(bodies):
        own = {"address": f"kubernetes_manifest.m{number}", "mode": "managed", "type": "kubernetes_manifest"}
        change = {"actions": ["create"], "before": None, "after": {"manifest": body}, "after_unknown": {"object": True}}
        changes.append({**own, "name": f"m{number}", "change": change})
    return {"format_version": "1.2", "resource_changes": changes, "configuration": {"root_module": {}}}


def manifest_places(plan: Tree) -> Iterator[tuple[int, Way]]:
    """Every part of the manifests but what they are."""
    for number, change in enumerate(plan["resource_changes"]):
        for way in _parts(change["change"]["after"]["manifest"]):
            if way not in (("kind",), ("apiVersion",)):
                yield number, ("manifest", *way)


def _parts(value: Any) -> Iterator[Way]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (key,)
        yield from ((key, *way) for way in _parts(item))


def manifest_known_later(plan: Tree, number: int, way: Way) -> Tree:
    """The plan with a part of a manifest that is known only after apply."""
    plan = copy.deepcopy(plan)
    change = plan["resource_changes"][number]["change"]
    change["after_unknown"] |= _marks(change["after"], way)
    holder = change["after"]
    for key in way[:-1]:
        holder = holder[key]
    if isinstance(holder, list):
        holder[int(way[-1])] = None
    else:
        del holder[way[-1]]
    return plan
