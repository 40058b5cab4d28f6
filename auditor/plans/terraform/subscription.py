"""The subscription that each object of a plan lies in. Pure.

A configuration has one provider for each subscription that it works on: `azurerm`, `azurerm.hub`. An object that exists
says its subscription in its id. For one that is to be made the plan says with which provider, and for a provider what
its `subscription_id` is, when that is written there or stands in a variable of the root module.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from auditor.model.case_insensitive import get
from auditor.plans.change import NO_SUBSCRIPTION
from auditor.plans.terraform.nodes import Node
from auditor.plans.terraform.references import References

_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([0-9a-fA-F-]{36})(?:/|$)")
_DEFAULT: Final = "azurerm"
_TOLD: Final = {"id": "", "subscription_id": "/subscriptions/"}
"""Attributes that tell the subscription of an object, each with what is missing before it to make an id."""


class Subscriptions:
    """The subscription of each node: as its provider is told, else the only one that the ids of its other nodes name.

    A provider that is told one which the plan does not give stands for itself, so that what lies in two subscriptions
    is not taken for the same. One that is told none works on that of the default provider.
    """

    def __init__(
        self, plan: dict[str, Any], nodes: Iterable[Node], references: References, default: str | None = None
    ) -> None:
        """`default`: that of the default provider, where the plan does not tell it."""
        self._plan = plan
        self._default = default
        self._references = references
        self._keys: dict[str, str] = {}
        self._providers: dict[str, str] = {}
        self._seen: dict[str, set[str]] = defaultdict(set)
        for node in nodes:
            tree = node.after or node.before or {}
            for name, before in _TOLD.items():
                value = tree.get(name)
                match = _SUBSCRIPTION.match(before + value) if isinstance(value, str) else None
                if match:
                    self._seen[self._key(node)].add(match[1].lower())

    def of(self, node: Node) -> str:
        """The subscription that a new object is made in."""
        key = self._key(node)
        if key not in self._providers:
            self._providers[key] = self._provider(key)
        return self._providers[key]

    def _key(self, node: Node) -> str:
        """The provider of a node, the default one where the plan does not tell which of the root module it is."""
        key = (self._references.config(node) or {}).get("provider_config_key")
        if not isinstance(key, str):
            return _DEFAULT
        if key not in self._keys:
            told = get(self._written(key), "expressions", "subscription_id")
            self._keys[key] = _DEFAULT if told is None else key
        return self._keys[key]

    def _written(self, key: str) -> Any:
        return get(self._plan, "configuration", "provider_config", key)

    def _provider(self, key: str) -> str:
        told = get(self._written(key), "expressions", "subscription_id")
        value = get(told, "constant_value")
        references = get(told, "references")
        for text in references if isinstance(references, list) and ":" not in key else ():
            given = get(self._plan, "variables", str(text).removeprefix("var."), "value")
            value = value if given is None else given
        if isinstance(value, str) and value:
            return value
        if key == _DEFAULT and self._default:
            return self._default
        seen = self._seen[key]
        return next(iter(seen)) if len(seen) == 1 else NO_SUBSCRIPTION if key == _DEFAULT else key
