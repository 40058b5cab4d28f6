"""The ids of planned resources, also of those that do not exist yet, and the values that depend on them. Pure.

A resource that exists has its id. One that is to be made gets the id that it will have, as far as subscription,
resource group and name are known, else one made of its address. An attribute that is unknown only because it names such
a resource is then known too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from auditor.model.resource import Unknown, parent_of
from auditor.plans.terraform.azurerm import table_of
from auditor.plans.terraform.bodies import with_ids
from auditor.plans.terraform.nodes import Node
from auditor.plans.terraform.references import References, Target
from auditor.plans.terraform.subscription import Subscriptions
from auditor.plans.terraform.table import Child, Extension, Group, Onto, Subscription, Table
from auditor.plans.terraform.translate import chosen, composed
from auditor.plans.terraform.values import LATER, SENSITIVE, is_digest, judged

_GROUP_TYPE: Final = "Microsoft.Resources/resourceGroups"
_JOINED: Final = re.compile(r"(^|_)(ids?|name|scopes?|security_group)$")
_NAMES: Final = re.compile(r"_(ids?|name)$")
_SAME: Final = ("id", "resource_id", "resource_manager_id", "resource_versionless_id", "role_definition_resource_id")
_IN_VAULT: Final = {
    "azurerm_key_vault_certificate": "certificates",
    "azurerm_key_vault_key": "keys",
    "azurerm_key_vault_secret": "secrets",
}
"""Things whose id in Terraform is their address in the vault."""


class Side:
    """One side of a plan, before or after: trees with what references tell, and ids."""

    def __init__(self, nodes: Sequence[Node], references: References, side: str, subscriptions: Subscriptions) -> None:
        self._nodes = nodes
        self._references = references
        self._side = side
        self._subscriptions = subscriptions
        self._trees: dict[Node, dict[str, Any]] = {}
        self._ids: dict[Node, str | Unknown] = {}
        self._by_name: dict[tuple[str, str], list[Node]] | None = None

    def raw(self, node: Node) -> dict[str, Any] | None:
        """The values of a node on this side as the plan gives them; None when it is not there."""
        return node.after if self._side == "after" else node.before

    def tree(self, node: Node) -> dict[str, Any]:
        """The values of a node, with what references tell in the place of unknowns."""
        if node not in self._trees:
            raw = self.raw(node) or {}
            self._trees[node] = raw  # what refers back to itself meets the plain values
            config = self._references.config(node) if self._side == "after" else None
            if config is not None:
                self._trees[node] = self._joined(raw, config.get("expressions"), node)
        return self._trees[node]

    def judged(self, node: Node) -> dict[str, Any]:
        """The values of a node as they are judged: what is sensitive is not known."""
        tree = self.tree(node)
        return {key: judged(value) for key, value in tree.items()} if node.sensitive else tree

    def written(self, node: Node) -> Mapping[str, Any] | None:
        """What the configuration of a new resource writes; None where that does not matter, or is not known."""
        if self._side != "after" or node.action not in ("create", "replace"):
            return None
        config = self._references.config(node)
        expressions = config.get("expressions") if config else None
        return expressions if isinstance(expressions, dict) else None

    def id(self, node: Node) -> str | Unknown:
        """The id of a node; unknown where it hangs below something that is not known."""
        if node not in self._ids:
            self._ids[node] = LATER
            self._ids[node] = self._id(node)
        return self._ids[node]

    def arm_id(self, node: Node, kind: str, parent: str | Unknown, name: Any) -> str | Unknown:
        """The id of a thing of an ARM type below its parent."""
        if isinstance(parent, Unknown):
            return parent
        leaf = name if isinstance(name, str) and name else _of_address(node.address)
        return f"{parent.rstrip('/')}/{_below(kind)}/{leaf}"

    def parent(self, node: Node, scope: Child) -> str | Unknown:
        """The id of the resource that a child names, by id or by name."""
        tree = self.tree(node)
        found = chosen(tree, scope.ids) if scope.ids else None
        through = composed(f"/{scope.through}", tree) if scope.through else ""
        if isinstance(through, Unknown):
            return through
        if is_digest(found):
            return SENSITIVE
        if isinstance(found, str):
            for _level in range(scope.up):
                found = parent_of(found) or found
            return found + through
        name = chosen(tree, scope.name) if scope.name else None
        if not isinstance(name, str):
            return found if isinstance(found, Unknown) else name if isinstance(name, Unknown) else LATER
        known = self._named(node, scope.of, name)
        if len(known) == 1:
            parent = self.id(known[0])
            return parent if isinstance(parent, Unknown) else parent + through
        if is_digest(name):
            return SENSITIVE
        return f"{self._group(node)}/providers/{scope.of}/{name}{through}"

    def _named(self, node: Node, kind: str, name: str) -> list[Node]:
        """The nodes that a node can mean by a name: of its subscription, and of the resource group that it names."""
        group = self.tree(node).get("resource_group_name")

        def fits(other: Node) -> bool:
            own = self.tree(other).get("resource_group_name")
            elsewhere = isinstance(own, str) and isinstance(group, str) and own.casefold() != group.casefold()
            return not elsewhere and self._subscriptions.of(other) == self._subscriptions.of(node)

        return [other for other in self._called(kind, name) if fits(other)]

    def _called(self, kind: str, name: str) -> list[Node]:
        """The nodes of an ARM type that have a name."""
        if self._by_name is None:
            self._by_name = {}
            for node in self._nodes:
                own, table = (self.raw(node) or {}).get("name"), table_of(node.type)
                if isinstance(own, str) and table is not None:
                    self._by_name.setdefault((table.type.casefold(), own.casefold()), []).append(node)
        return self._by_name.get((kind.casefold(), name.casefold()), [])

    def _group(self, node: Node) -> str:
        """The id of the resource group that a node names."""
        name = self.tree(node).get("resource_group_name")
        return f"/subscriptions/{self._subscriptions.of(node)}/resourceGroups/{name if isinstance(name, str) else '-'}"

    def _id(self, node: Node) -> str | Unknown:
        raw = self.raw(node) or {}
        given = raw.get("id")
        table = table_of(node.type)
        if table is None:
            if isinstance(given, str) and given:
                return given.removesuffix(";rev=1")  # an API without revision is its first one
            return self._azapi_id(node) if node.type.startswith("azapi_") else f"/-/{_of_address(node.address)}"
        if isinstance(given, str) and _type_of(given) == table.type.casefold():
            return given.removesuffix(";rev=1")  # an API without revision is its first one
        return self._by_scope(node, table)

    def _by_scope(self, node: Node, table: Table) -> str | Unknown:
        tree = self.tree(node)
        name = table.name[1:] if table.name.startswith("=") else chosen(tree, table.name)
        match table.at:
            case Group():
                known = isinstance(tree.get("resource_group_name"), str) and isinstance(name, str)
                return self.arm_id(node, table.type, self._group(node), name if known else None)
            case Subscription():
                return self.arm_id(node, table.type, f"/subscriptions/{self._subscriptions.of(node)}", name)
            case Child() as scope:
                return self.arm_id(node, table.type, self.parent(node, scope), name)
            case Extension(target):
                found = judged(chosen(tree, target))
                return self.arm_id(node, table.type, found if isinstance(found, str | Unknown) else LATER, name)
            case Onto(target=scope):
                return self.parent(node, scope)

    def _azapi_id(self, node: Node) -> str | Unknown:
        tree = self.tree(node)
        kind, parent = tree.get("type"), tree.get("parent_id")
        if not isinstance(kind, str) or not isinstance(parent, str):
            return LATER
        kind = kind.partition("@")[0]
        if kind.count("/") > 1 and _type_of(parent) != kind.rpartition("/")[0].casefold():
            return LATER  # its parent is written as the id of something above, with more behind it
        return self.arm_id(node, kind, parent, tree.get("name"))

    def _joined(self, value: Any, expressions: Any, node: Node) -> Any:
        """A tree in which unknown ids and names are those of the objects that the configuration names."""
        if not isinstance(value, dict) or not isinstance(expressions, dict):
            return value
        joined = {}
        for key, expression in expressions.items():
            item = value.get(key)
            if item is None or expression is None:
                continue
            if key == "body":
                joined[key] = with_ids(item, [self._value(target) for target in self._targets(expression, node, "id")])
            elif _JOINED.search(key):
                joined[key] = self._referred(key, item, expression, node)
            elif isinstance(item, list) and item and isinstance(item[0], dict):
                written = expression if isinstance(expression, list) else [expression]
                joined[key] = [self._joined(block, _expression_of(block, item, written), node) for block in item]
        return {**value, **joined} if joined else value

    def _targets(self, expression: Any, node: Node, hint: str) -> list[Target]:
        return self._references.targets(expression, self._references.site(node), hint)

    def _referred(self, key: str, item: Any, expression: Any, node: Node) -> Any:
        items = item if isinstance(item, list) else [item]
        if not any(isinstance(part, Unknown) for part in items):
            return item
        hint = "name" if key.endswith("name") else "id"
        targets = self._targets(expression, node, hint)
        if hint == "name":
            return self._named_by(key, item, targets)
        meant = f"azurerm_{_NAMES.sub('', key)}"  # `subnet_id` wants a subnet, whatever else an object refers to
        fitting = [target for target in targets if target.node.type == meant]
        values = [self._value(target) for target in fitting or targets]
        if isinstance(item, list):
            return values if len(values) == len(item) else item
        if key.endswith("s") and values:
            return values
        return values[0] if len(values) == 1 else item

    def _named_by(self, key: str, item: Any, targets: list[Target]) -> Any:
        """The name of the one resource of Azure that is named; where it is not known, the last segment of its id.

        A plan does not distinguish `random_pet.p.id` from `subnet-${random_pet.p.id}`, so the name of the resource
        itself, and what refers to anything but a name in Azure, stays unknown.
        """
        if key == "name" or isinstance(item, list) or len(targets) != 1 or targets[0].path != ("name",):
            return item
        node = targets[0].node
        if not node.type.startswith("azapi_") and table_of(node.type) is None:
            return item
        name = (self.raw(node) or {}).get("name")
        return name if isinstance(name, str) else _of_address(node.address) if isinstance(name, Unknown) else item

    def _value(self, target: Target) -> Any:
        if target.node.type in _IN_VAULT and str(target.path[0]).endswith("id"):
            return self._in_vault(target.node, str(target.path[0]))
        if len(target.path) == 1 and target.path[0] == "id":
            return self.id(target.node)
        value: Any = self.tree(target.node)
        for key in target.path:
            if isinstance(value, dict):
                value = value.get(str(key), LATER)
            elif isinstance(value, list) and isinstance(key, int) and key < len(value):
                value = value[key]
        if isinstance(value, Unknown) and target.path[0] in _SAME:
            return self.id(target.node)
        return value if isinstance(value, str) else LATER

    def _in_vault(self, node: Node, attribute: str) -> Any:
        """The address of a key, secret or certificate, with a version that is not known yet unless it has none."""
        tree = self.tree(node)
        given, vault, name = tree.get(attribute), tree.get("key_vault_id"), tree.get("name")
        if isinstance(given, str) and given:
            return given
        if attribute.startswith("resource_"):
            return self.id(node)
        if not isinstance(vault, str) or not isinstance(name, str):
            return LATER
        kind = "secrets" if attribute.endswith("secret_id") else _IN_VAULT[node.type]
        address = f"https://{vault.rpartition('/')[2]}.vault.azure.net/{kind}/{name}"
        return address if attribute.startswith("versionless") else f"{address}/known-after-apply"


def _expression_of(block: Any, blocks: list[Any], written: list[Any]) -> Any:
    """The written block that became this planned one: the only one, or the only one whose constants agree."""
    if len(blocks) == len(written) == 1:
        return written[0]
    if not isinstance(block, dict):
        return None
    fitting = [
        expression
        for expression in written
        if isinstance(expression, dict)
        and all(
            block.get(name) == part["constant_value"]
            for name, part in expression.items()
            if isinstance(part, dict) and isinstance(part.get("constant_value"), str | bool | int)
        )
    ]
    return fitting[0] if len(fitting) == 1 else None


@lru_cache
def _below(kind: str) -> str:
    """What stands between the id of the parent and the name of a thing of an ARM type."""
    namespace, _slash, rest = kind.partition("/")
    if kind.casefold() == _GROUP_TYPE.casefold():
        return "resourceGroups"
    return rest.rpartition("/")[2] if "/" in rest else f"providers/{namespace}/{rest}"


def _type_of(resource_id: str) -> str | None:
    """The ARM type of an id, casefolded."""
    head, _sep, tail = resource_id.casefold().rpartition("/providers/")
    parts = tail.split("/")
    if head and len(parts) > 2 and len(parts) % 2:
        return "/".join([parts[0], *parts[1::2]])
    return _GROUP_TYPE.casefold() if not head and len(parts) == 5 and parts[3] == "resourcegroups" else None


def _of_address(address: str) -> str:
    return re.sub(r"[/\\?#%]", "_", address)
