"""Follows the references of a configuration to the object that they name, through modules and outputs. Pure.

A plan says of an id that does not exist yet only that it is unknown. Its configuration says where the value comes from:
`azurerm_key_vault.kv.id` in one module, `module.vault.resource_id` in another. An expression that names exactly one
object of the plan is taken to be that object's attribute; one that names several, or none, stays unknown.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from msgspec import Struct

from auditor.plans.terraform.nodes import Key, Node, Step

_PART: Final = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d{1,9})\]|\.?([^.\[\]]+)')
_DEEPEST: Final = 20
_NOTHING: Final = ("path", "terraform", "local", "self")


class Site(Struct, frozen=True):
    """Where an expression stands: the module it is in, and the `for_each` and index of the object it belongs to."""

    module: tuple[Step, ...]
    repeat: tuple[str, ...] = ()
    key: Key = None


class Target(Struct, frozen=True):
    """An attribute of an object of the plan."""

    node: Node
    path: tuple[str | int, ...]


class References:
    """The configuration of a plan, with the nodes that it leads to.

    `dynamic`: what the dynamic blocks of a node refer to, where the source was given.
    """

    def __init__(
        self, plan: dict[str, Any], nodes: Iterable[Node], dynamic: Callable[[Node], dict[str, Any]] | None = None
    ) -> None:
        self._dynamic = dynamic
        self._configs: dict[Node, dict[str, Any] | None] = {}
        self._extended: dict[tuple[tuple[str, ...], str], dict[str, Any]] = {}
        configuration = plan.get("configuration")
        self._root = _dict(_dict(configuration).get("root_module"))
        self._modules: dict[tuple[str, ...], dict[str, Any]] = {}
        self._resources: dict[tuple[str, ...], dict[str, dict[str, Any]]] = {}
        self._nodes: dict[tuple[tuple[Step, ...], str], list[Node]] = defaultdict(list)
        self._instances: dict[tuple[tuple[Step, ...], str], set[Key]] = defaultdict(set)
        for node in nodes:
            self._nodes[node.module, node.config].append(node)
            for depth, (name, key) in enumerate(node.module):
                self._instances[node.module[:depth], name].add(key)

    def config(self, node: Node) -> dict[str, Any] | None:
        """The resource block of a node, None where the plan has none."""
        if node not in self._configs:
            found = self._written(node)
            self._configs[node] = found if found is None or self._dynamic is None else self._with_dynamic(node, found)
        return self._configs[node]

    def _with_dynamic(self, node: Node, block: dict[str, Any]) -> dict[str, Any]:
        """A resource block with what its dynamic blocks refer to: the same for every instance."""
        key = node.calls, node.config
        if key not in self._extended:
            extra = self._dynamic(node) if self._dynamic else {}
            self._extended[key] = {**block, "expressions": {**extra, **_dict(block.get("expressions"))}}
        return self._extended[key]

    def _written(self, node: Node) -> dict[str, Any] | None:
        names = node.calls
        if names not in self._resources:
            resources = self._module(names).get("resources")
            self._resources[names] = {
                f"{'data.' if item.get('mode') == 'data' else ''}{item.get('type')}.{item.get('name')}": item
                for item in (resources if isinstance(resources, list) else ())
                if isinstance(item, dict)
            }
        return self._resources[names].get(node.config)

    def site(self, node: Node) -> Site:
        """Where the expressions of a node stand."""
        return Site(node.module, _references((self.config(node) or {}).get("for_each_expression")), node.key)

    def targets(self, expression: Any, site: Site, hint: str) -> list[Target]:
        """What an expression refers to; nothing where any part of it cannot be followed to one object.

        `hint` is the attribute that is meant where a reference names a whole object.
        """
        return _unique(self._follow(_references(expression), site, (), hint, 0))

    def _module(self, names: tuple[str, ...]) -> dict[str, Any]:
        if names not in self._modules:
            module = self._root
            for name in names:
                module = _dict(_dict(_dict(module.get("module_calls")).get(name)).get("module"))
            self._modules[names] = module
        return self._modules[names]

    def _follow(
        self, references: tuple[str, ...], site: Site, rest: tuple[str | int, ...], hint: str, depth: int
    ) -> list[Target]:
        if depth > _DEEPEST:
            return []
        found: list[Target] = []
        repeated = any(text.startswith(("each.", "count.")) for text in references)
        for text in _essential(references):
            parts = tuple(_parts(text))
            if parts and parts[0] not in _NOTHING:
                found += self._one(parts, site, rest, hint, depth + 1, repeated)
        wanted = rest[-1] if rest else None
        fitting = [target for target in found if target.path and target.path[-1] == wanted]
        return fitting if wanted is not None and fitting else found

    def _one(
        self,
        parts: tuple[str | int, ...],
        site: Site,
        rest: tuple[str | int, ...],
        hint: str,
        depth: int,
        repeated: bool,
    ) -> list[Target]:
        head, tail = parts[0], parts[1:]
        if head in ("each", "count"):
            if head == "count" or not tail or tail[0] == "key":
                return []
            here = Site(site.module, (), site.key)
            return self._follow(("each.key", *site.repeat), here, (*tail[1:], *rest), hint, depth)
        if head == "var" and tail:
            return self._variable(str(tail[0]), site, (*tail[1:], *rest), hint, depth)
        if head == "module" and tail:
            return self._output(tail, site, rest, hint, depth, repeated)
        if head == "data":
            head, tail = f"data.{tail[0] if tail else ''}", tail[1:]
        if not tail:
            return []
        nodes = self._nodes.get((site.module, f"{head}.{tail[0]}"), [])
        tail = tail[1:]
        nodes, tail = _instances(nodes, tail, site.key if repeated else None)
        if not tail and rest and (picked := _picked(nodes, rest[0])):
            nodes, rest = picked, rest[1:]
        path = (*tail, *(rest if not tail else ())) or (hint,)
        return [Target(node, path) for node in nodes]

    def _variable(self, name: str, site: Site, rest: tuple[str | int, ...], hint: str, depth: int) -> list[Target]:
        if not site.module:
            return []
        above, (call_name, key) = site.module[:-1], site.module[-1]
        call = _dict(_dict(self._module(tuple(n for n, _k in above)).get("module_calls")).get(call_name))
        given = _references(_dict(call.get("expressions")).get(name))
        return self._follow(given, Site(above, _references(call.get("for_each_expression")), key), rest, hint, depth)

    def _output(
        self,
        tail: tuple[str | int, ...],
        site: Site,
        rest: tuple[str | int, ...],
        hint: str,
        depth: int,
        repeated: bool,
    ) -> list[Target]:
        name, tail = str(tail[0]), tail[1:]
        if not tail:  # the module as a whole, of which something is taken: `each.value.id` of `for_each = module.m`
            tail, rest = rest, ()
        keys = self._instances.get((site.module, name), set())
        key: Key = None
        if tail and tail[0] in keys:
            key, tail = tail[0], tail[1:]
        elif len(keys) == 1:
            key = next(iter(keys))
        elif repeated and site.key in keys:
            key = site.key
        elif keys:
            return []
        module = (*site.module, (name, key))
        outputs = _dict(self._module(tuple(n for n, _k in module)).get("outputs"))
        if not tail or str(tail[0]) not in outputs:
            return []
        given = _references(_dict(outputs[str(tail[0])]).get("expression"))
        return self._follow(given, Site(module), (*tail[1:], *rest), hint, depth)


def _instances(nodes: list[Node], tail: tuple[str | int, ...], key: Key) -> tuple[list[Node], tuple[str | int, ...]]:
    """The instances that a traversal means, and what follows after its index."""
    if tail and any(node.key == tail[0] for node in nodes if node.key is not None):
        return [node for node in nodes if node.key == tail[0]], tail[1:]
    if len(nodes) > 1 and key is not None and (same := [node for node in nodes if node.key == key]):
        return same, tail
    return nodes, tail


def _picked(nodes: list[Node], key: str | int) -> list[Node]:
    """The one of a map of all instances: by its key, or by its name, as modules make them."""
    named = [node for node in nodes if (node.after or node.before or {}).get("name") == key]
    return [node for node in nodes if node.key == key and node.key is not None] or named


def _references(expression: Any) -> tuple[str, ...]:
    """The references of an expression, also of one that is written as nested blocks."""
    if isinstance(expression, list):
        return tuple(text for item in expression for text in _references(item))
    if not isinstance(expression, dict):
        return ()
    found = expression.get("references")
    if isinstance(found, list):
        return tuple(text for text in found if isinstance(text, str) and text)
    return ()


def _essential(references: Iterable[str]) -> Iterator[str]:
    """The longest form of every traversal: a plan names `a.b.id` and, after it, `a.b`."""
    texts = list(dict.fromkeys(references))
    for text in texts:
        if not any(other != text and other.startswith(text) and other[len(text)] in ".[" for other in texts):
            yield text


def _parts(text: str) -> Iterator[str | int]:
    for quoted, number, plain in _PART.findall(text):
        yield int(number) if number else plain or quoted.replace('\\"', '"').replace("\\\\", "\\")


def _unique(targets: list[Target]) -> list[Target]:
    return list(dict.fromkeys(targets))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
