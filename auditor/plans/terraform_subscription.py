"""The subscription that a plan works on. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from auditor.plans.terraform_nodes import Node

NO_SUBSCRIPTION: Final = "00000000-0000-0000-0000-000000000000"
_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([0-9a-fA-F-]{36})(?:/|$)")


def subscription_of(plan: dict[str, Any], nodes: Iterable[Node]) -> str:
    """The subscription that the plan works on: as the provider is told, else the only one that its ids name."""
    told = _told(plan)
    if told:
        return told
    seen = set()
    for node in nodes:
        tree = node.after or node.before or {}
        for text in (tree.get("id"), f"/subscriptions/{tree.get('subscription_id')}"):
            match = _SUBSCRIPTION.match(text) if isinstance(text, str) else None
            if match:
                seen.add(match[1].lower())
    return seen.pop() if len(seen) == 1 else NO_SUBSCRIPTION


def _told(plan: dict[str, Any]) -> str | None:
    """`subscription_id` of the provider, when it is written there or stands in a variable."""
    place: Any = plan
    for key in ("configuration", "provider_config", "azurerm", "expressions", "subscription_id"):
        place = place.get(key) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        return None
    value = place.get("constant_value")
    variables = plan.get("variables")
    references = place.get("references")
    for text in references if isinstance(references, list) else ():
        given = variables.get(str(text).removeprefix("var.")) if isinstance(variables, dict) else None
        value = given.get("value") if isinstance(given, dict) else value
    return value if isinstance(value, str) and value else None
