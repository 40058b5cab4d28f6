"""The demo estate as Terraform files: the mapping tables read backwards; azapi for what azurerm cannot say.

What this proves, and what not: every attribute written here is one that azurerm 5 has, or Terraform refuses it; ids
that are known after apply, references, and what Terraform keeps apart survive the way there and back. That an
attribute *means* the property that its table names is not proven by reading the same table twice; rules' own cases and
the verdicts of other tools speak for that.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from auditor.model.resource import MISSING
from auditor.plans.body_writer import segments
from auditor.plans.terraform.azurerm import INDEX, table_of
from auditor.plans.terraform.table import (
    Attr,
    Below,
    Block,
    Child,
    Composed,
    Extension,
    Fixed,
    Group,
    Onto,
    Part,
    Table,
    spellings,
)
from tests.terraform.schema import SCHEMA, flags_of, is_block, present

Body = dict[str, Any]
SUBNET = "Microsoft.Network/virtualNetworks/subnets"
PLACEHOLDERS: dict[str, Any] = {"s": "-", "n": 0, "b": False, "ls": ["-"], "ss": ["-"], "ms": {}, "ln": [0], "sn": [0]}
"""What stands for a required attribute that no table maps, because no rule asks for it."""
_OLD = {"azurerm_sql_server", "azurerm_sql_firewall_rule", "azurerm_sql_active_directory_administrator"}
_BY_SCOPE = re.compile(r"azurerm_(management_group|resource_group|resource)_policy_exemption")


def _kinds() -> dict[str, str]:
    found: dict[str, str] = {}
    for kind in INDEX:
        table = table_of(kind)
        assert table is not None
        if isinstance(table.at, Onto) or kind in _OLD or _BY_SCOPE.fullmatch(kind) or not present(SCHEMA[kind]):
            continue
        found.setdefault(table.type.casefold(), kind)
    return {**found, "microsoft.resources/subscriptions/resourcegroups": "azurerm_resource_group"}


KINDS = _kinds()
AZURERM = frozenset(KINDS.values()) | {"azurerm_subnet_network_security_group_association"}
"""The types that are written here with azurerm; the others are azapi's."""


def at(body: Any, path: str) -> Any:
    """The value at an ARM path, whatever the casing of its keys."""
    for key in segments(path):
        if not isinstance(body, dict):
            return MISSING
        body = next((value for name, value in body.items() if name.casefold() == key.casefold()), MISSING)
    return body


def back(part: Attr, value: Any) -> Any:
    """A value of ARM as the attribute that became it; MISSING where there is none."""
    how = part.how
    if how is None:
        return value
    if not callable(how):
        return next((mine for mine, theirs in how.items() if _same(theirs, value)), value)
    special = SPECIAL.get(how.__name__)
    if special:
        return special(value)
    probe = how(["\0"]) if how("\0") != ["\0"] else "one"
    if probe == "one":
        return value[0] if isinstance(value, list) and value else value
    if isinstance(probe, list) and isinstance(probe[0], dict) and isinstance(value, list):
        (key,) = probe[0]
        return [at(item, key) for item in value]
    if isinstance(probe, str):
        return [item.strip() for item in re.split("[,;]", value) if item.strip()]
    raise AssertionError(f"{part.names}: {how} cannot be read backwards")


SPECIAL: dict[str, Callable[[Any], Any]] = {
    "_any": lambda value: value,
    "role_definition_id": lambda value: value,
    "_assigned": lambda value: list(value),
    "_sku": lambda value: value,  # with the number of units, which `_tree` adds
    "_units": lambda value: MISSING,
    "_on_above_zero": lambda value: MISSING,
    "_elsewhere": lambda value: MISSING,
    "_hidden": lambda value: MISSING,
    "_keys": lambda value: f"{value[0].get('keyVaultUri', 'https://kv')}/keys/{value[0].get('keyName', 'key')}",
    "_of_a_vault": lambda value: MISSING,
    "_public_entry": lambda value: any(
        item.get("mode") == "External" and item.get("enabled") is True for item in value
    ),
    "_conditions": lambda value: [{_snake(item["field"]): item["equals"] for item in value if "equals" in item}],
    "_tier": lambda value: (
        {"Burstable": "B", "GeneralPurpose": "GP", "MemoryOptimized": "MO"}[value] + "_Standard_D4ds_v5"
    ),
    "segment": lambda value: MISSING,  # of the address that `_vault` gives
    "_vault": lambda value: value.rstrip("/") + "/keys/key",
    "_zones": lambda value: [at(item, "properties.privateDnsZoneId") for item in value],
}


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _same(one: Any, other: Any) -> bool:
    return one.casefold() == other.casefold() if isinstance(one, str) and isinstance(other, str) else one == other


def tree_of(parts: Iterable[Part], body: Any, schema: dict[str, Any]) -> dict[str, Any] | None:
    """The attributes and blocks that become a body; None when a fixed part says something else."""
    found: dict[str, Any] = {}
    for part in parts:
        if isinstance(part, Fixed):
            value = at(body, part.to)
            if value is not MISSING and not _same(value, part.value) and part.to not in ("kind", "apiVersion"):
                return None
            continue
        if isinstance(part, Composed):
            texts = str(at(body, part.to)).split("_")
            found |= dict(zip(re.findall(r"{(\w+)}", part.template), texts, strict=False))
            continue
        if part.names == ".":
            found |= tree_of(part.parts, at(body, part.to), schema) or {}
            continue
        name = next((name for name in spellings(part.names) if name in schema), None)
        if name is None or (isinstance(part, Block) and not is_block(schema[name])):
            continue
        if isinstance(part, Block):
            found |= _blocks(part, name, body, present(schema[name][2]), found)
        elif isinstance(part, Below):
            value = at(body, part.to)
            ids = value if isinstance(value, list) else [value]
            names = [str(at(item, "id")).rpartition("/")[2] for item in ids if isinstance(item, dict)]
            if names:
                found[name] = names if part.many else names[0]
        elif (value := at(body, part.to)) is not MISSING and value is not None:
            value = back(part, value)
            if value is not MISSING and name not in found:
                found[name] = value
    return found


def _blocks(part: Block, name: str, body: Any, schema: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    if part.to.endswith("[*]"):
        items = at(body, part.to[:-3])
        items = [item for item in items if _fits(part, item)] if isinstance(items, list) else []
        trees = [tree_of(part.parts, item, schema) for item in items]
        kept = [tree for tree in trees if tree is not None]
        if part.where:
            kept = [{**tree, part.where[0]: part.where[1]} for tree in kept]
        return {name: [*found.get(name, []), *kept]} if kept else {}
    inside = at(body, part.to) if part.to else body
    if inside is MISSING or not isinstance(inside, dict):
        return {}
    tree = tree_of(part.parts, inside, schema)
    if not tree and not (tree == {} and any(isinstance(each, Fixed) for each in part.parts) and part.to):
        return {}
    return {name: [tree]}


def _fits(part: Block, item: Any) -> bool:
    """False for an element whose own elements are all of another kind: blocks of several names make one array."""
    for inner in part.parts:
        items = at(item, inner.to[:-3]) if isinstance(inner, Block) and inner.to.endswith("[*]") else None
        if isinstance(inner, Block) and isinstance(items, list) and items:
            kinds = [kind for kind in inner.parts if isinstance(kind, Fixed)]
            if kinds and not any(_same(at(each, kind.to), kind.value) for each in items for kind in kinds):
                return False
    return True


AZAPI_ONLY = {"microsoft.apimanagement/service/backends", "microsoft.security/securitycontacts"}
"""Of what the tables make, that whose demo says more than azurerm can."""
HEADER = """terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
    azapi = { source = "azure/azapi" }
  }
}
provider "azurerm" {
  features {}
  subscription_id = "SUBSCRIPTION"
}
"""


class Estate:
    """The resources of an estate as Terraform resources that refer to one another."""

    def __init__(self, bodies: Iterable[Body]) -> None:
        self.left_out: list[Body] = []
        self._addresses: dict[str, str] = {}
        self._edges: dict[str, set[str]] = defaultdict(set)
        self.made: list[tuple[str, str, dict[str, Any]]] = []
        chosen = [(KINDS[body["type"].casefold()], body) for body in _apart(list(bodies), self.left_out)]
        self.left_out += [body for kind, body in chosen if _tree_of(kind, body) is None]
        chosen = [(kind, body) for kind, body in chosen if _tree_of(kind, body) is not None]
        for number, (kind, body) in enumerate(chosen):
            label = re.sub(r"\W", "_", body["name"].rpartition("/")[2]).lower()
            self._addresses[body["id"].casefold()] = f"{kind}.{'_' if label[0].isdigit() else ''}{label}_{number}"
        self.made += [("azapi_resource", f"other_{n}", _azapi(body)) for n, body in enumerate(self.left_out)]
        for kind, body in chosen:
            tree = self._tree(kind, body)
            self.made.append((kind, self._addresses[body["id"].casefold()].partition(".")[2], tree))
            if kind == "azurerm_subnet":
                self.made += self._associations(body)

    def _tree(self, kind: str, body: Body) -> dict[str, Any]:
        table = table_of(kind)
        schema = present(SCHEMA[kind])
        assert table is not None
        tree = _tree_of(kind, body) or {}
        for extra in table.extras:
            child = next(iter(body.get("_extras", {}).get(extra.kind.casefold(), ())), None)
            if child is None or (extra.block and extra.block not in schema):
                continue
            inner = tree_of(extra.parts, child, present(schema[extra.block][2]) if extra.block else schema) or {}
            if not extra.name.startswith("="):
                inner[extra.name] = child["name"].rpartition("/")[2]
            tree |= {extra.block: [inner]} if extra.block else inner
        tree |= _identity(table, schema, body)
        if kind == "azurerm_api_management" and "sku_name" in tree:
            tree["sku_name"] = f"{tree['sku_name']}_{body['sku'].get('capacity', 1)}"
        return {name: value for name, value in tree.items() if name in schema}

    def _associations(self, body: Body) -> Iterator[tuple[str, str, dict[str, Any]]]:
        label = self._addresses[body["id"].casefold()].partition(".")[2]
        for key, word in (("networkSecurityGroup", "network_security_group"),):
            target = at(body, f"properties.{key}.id")
            if target is not MISSING:
                kind = f"azurerm_subnet_{word}_association"
                yield kind, label, {"subnet_id": body["id"], f"{word}_id": target}

    def text(self, subscription: str) -> str:
        """All of it as one file."""
        parts = [HEADER.replace("SUBSCRIPTION", subscription), *(self._resource(*made) for made in self.made)]
        return "\n".join(parts)

    def _resource(self, kind: str, label: str, tree: dict[str, Any]) -> str:
        lines = self._lines(f"{kind}.{label}", tree, present(SCHEMA[kind]), "  ")
        return f'resource "{kind}" "{label}" {{\n' + "".join(f"{line}\n" for line in lines) + "}\n"

    def _lines(self, own: str, tree: dict[str, Any], schema: dict[str, Any], indent: str) -> Iterator[str]:
        absent = {name: PLACEHOLDERS[entry[0]] for name, entry in schema.items() if "r" in flags_of(entry)}
        for name, value in (absent | tree).items():
            entry = schema.get(name)
            if entry is None or flags_of(entry) == "c":
                continue
            if is_block(entry):
                for block in value:
                    yield f"{indent}{name} {{"
                    yield from self._lines(own, block, present(entry[2]), indent + "  ")
                    yield f"{indent}}}"
            else:
                yield f"{indent}{name} = {self._value(own, name, value, entry[0])}"

    def _value(self, own: str, name: str, value: Any, kind: str) -> str:
        if isinstance(value, dict):
            inner = (f"{json.dumps(key)} = {self._value(own, name, item, 's')}" for key, item in value.items())
            return "{ " + ", ".join(inner) + " }"
        if len(kind) == 2 and not isinstance(value, list):
            value = [value]
        if isinstance(value, list):
            return "[" + ", ".join(self._value(own, name, item, kind[-1]) for item in value) + "]"
        if kind[-1] == "s" and isinstance(value, str):
            target = self._addresses.get(value.casefold().rstrip("/"))
            if target and target != own and not self._reaches(target, own):
                self._edges[own].add(target)
                return f"{target}.id"
            return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
        return json.dumps(str(value).lower() if kind == "s" else value)

    def _reaches(self, start: str, end: str) -> bool:
        seen, pending = set(), [start]
        while pending:
            here = pending.pop()
            if here == end:
                return True
            if here not in seen:
                seen.add(here)
                pending += self._edges[here]
        return False


def _tree_of(kind: str, body: Body) -> dict[str, Any] | None:
    table = table_of(kind)
    assert table is not None
    return tree_of(table.parts, body, present(SCHEMA[kind]))


def _azapi(body: Body) -> dict[str, Any]:
    parent, _slash, tail = re.sub("/providers/", "\0", body["id"], flags=re.IGNORECASE).rpartition("\0")
    parent, steps = parent.replace("\0", "/providers/"), tail.split("/")[1:]
    if len(steps) > 2:
        parent = body["id"].rpartition("/")[0].rpartition("/")[0]
    content = {key: body[key] for key in ("properties", "sku", "kind") if key in body}
    found = {"type": f"{body['type']}@2024-01-01", "name": steps[-1], "parent_id": parent, "body": json.dumps(content)}
    return {**found, **({"location": body["location"]} if body.get("location") else {})}


def _identity(table: Table, schema: dict[str, Any], body: Body) -> dict[str, Any]:
    """Name, place and parent."""
    resource_id, found = body["id"], {}
    leaf = str(body["name"]).rpartition("/")[2]
    for name in spellings(table.name):
        if name in schema:
            found[name] = leaf
            break
    for key in ("location", "tags", "zones"):
        if key in schema and body.get(key):
            found[key] = body[key]
    parts = resource_id.split("/")
    group = parts[4] if len(parts) > 4 and parts[3].casefold() == "resourcegroups" else None
    if group and "resource_group_name" in schema and isinstance(table.at, Group | Child):
        found["resource_group_name"] = group
    if isinstance(table.at, Child):
        parent = resource_id.rpartition("/")[0].rpartition("/")[0]
        if table.at.through:
            steps = table.at.through.split("/")
            have = parent.split("/")[-len(steps) :]
            parent = "/".join(parent.split("/")[: -len(steps)])
            found |= {step[1:-1]: value for step, value in zip(steps, have, strict=True) if step.startswith("{")}
        by_id = next((name for name in spellings(table.at.ids) if name in schema), None) if table.at.ids else None
        if by_id:
            found[by_id] = parent
        else:
            found[table.at.name] = parent.rpartition("/")[2]
    if isinstance(table.at, Extension):
        scope = re.split(r"/providers/[^/]+/[^/]+/[^/]+$", resource_id, flags=re.IGNORECASE)[0]
        found[next(name for name in spellings(table.at.target) if name in schema)] = scope
    return found


def _apart(bodies: list[Body], left_out: list[Body]) -> list[Body]:
    """The bodies as Terraform keeps them: subnets beside their network, children of some kinds inside their parent."""
    inside = {
        f"{table.type}/{extra.kind}".casefold(): (kind, extra.kind.casefold())
        for kind in KINDS.values()
        if (table := table_of(kind)) is not None
        for extra in table.extras
    }
    found: list[Body] = []
    children: list[tuple[Body, str]] = []
    for body in bodies:
        kind = body["type"].casefold()
        if kind == "microsoft.resources/subscriptions":
            continue
        if kind in inside and kind not in KINDS and not (kind.endswith("/tenant") and body["name"] != "access"):
            children.append((body, inside[kind][1]))
        elif kind in KINDS and kind not in AZAPI_ONLY:
            found.append({**body, "properties": dict(body.get("properties") or {})})
        else:
            left_out.append(body)
    by_id = {body["id"].casefold(): body for body in found}
    for child, kind in children:
        parent = by_id.get(child["id"].rpartition("/")[0].rpartition("/")[0].casefold())
        if parent is None:
            left_out.append(child)
        else:
            parent.setdefault("_extras", {}).setdefault(kind, []).append(child)
    for body in list(found):
        properties = body["properties"]
        if body["type"].casefold() == "microsoft.network/virtualnetworks":
            for subnet in properties.pop("subnets", []):
                own = {"type": SUBNET, "id": f"{body['id']}/subnets/{subnet['name']}", "name": subnet["name"]}
                found.append({**own, "properties": dict(subnet["properties"])})
        if body["type"].casefold() == "microsoft.containerservice/managedclusters":
            pools = properties.get("agentPoolProfiles") or []
            properties["agentPoolProfiles"] = [pool for pool in pools if pool.get("mode") == "System"][:1]
    default = {
        f"{body['id']}/agentPools/{pool['name']}".casefold()
        for body in found
        for pool in body["properties"].get("agentPoolProfiles", [])
    }
    return [body for body in found if body["id"].casefold() not in default]
