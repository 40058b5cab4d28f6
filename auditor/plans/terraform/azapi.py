"""Resources of the azapi provider: their body is in ARM's shape already, as an object or as JSON text. Pure."""

from __future__ import annotations

import json
from typing import Any, Final

from auditor.model.resource import Unknown
from auditor.plans.body_writer import merge
from auditor.plans.terraform.ids import Side
from auditor.plans.terraform.merge import Made
from auditor.plans.terraform.nodes import Node
from auditor.plans.terraform.values import SENSITIVE
from auditor.sanitize.values import is_plain_setting

_AGE: Final = Unknown("it is there already, and the plan does not tell which API version made it")
"""Defaults of Azure depend on the API version that a resource was made with, not on the one that changes it."""


def azapi_made(node: Node, side: Side) -> list[Made]:
    """The resource, or what is written onto one that somebody else makes. Nothing where the type is unknown."""
    tree = side.judged(node)
    kind, _at, version = str(tree.get("type") or "").partition("@")
    onto = _is_update(node.type, tree)
    if not (onto or node.type == "azapi_resource") or not isinstance(tree.get("type"), str) or not kind:
        return []
    body, secret = {**_body(tree.get("body"))}, tree.get("sensitive_body")
    if isinstance(secret, dict):
        body = merge(body, _concealed(secret))
    if onto:
        given = tree.get("resource_id")
        target = given if isinstance(given, str) and given else side.id(node)
        return [Made(kind, target, body, node.address, onto=True)]
    own = side.id(node)
    made: dict[str, Any] = {"id": own, "name": tree.get("name"), "type": kind, **body}
    if version:
        made["apiVersion"] = version if node.action in ("create", "replace") else _AGE
    for key in ("location", "tags"):
        if tree.get(key) is not None:
            made[key] = tree[key]
    identity = _identity(tree.get("identity"))
    if identity is not None:
        made["identity"] = identity
    return [Made(kind, own, made, node.address)]


def _concealed(secret: Any) -> Any:
    """A `sensitive_body` that no mark conceals: a text is not known, unless it is a switch, a number or a reference."""
    if isinstance(secret, dict):
        return {key: _concealed(value) for key, value in secret.items()}
    if isinstance(secret, list):
        return [_concealed(item) for item in secret]
    return SENSITIVE if isinstance(secret, str) and not is_plain_setting(secret) else secret


def body_not_told(node: Node, config: dict[str, Any] | None) -> str | None:
    """Why the plan does not tell all of the body of a node; None where it does. `sensitive_body` is merged with it, and
    is write-only since azapi 2.4: its configuration alone says that there is one."""
    expressions = (config or {}).get("expressions")
    if not isinstance(expressions, dict) or "sensitive_body" not in expressions:
        return None
    told = isinstance((node.after or {}).get("sensitive_body"), dict)
    return None if told else "what its sensitive_body adds to its body is in no plan"


def _is_update(kind: str, tree: dict[str, Any]) -> bool:
    """Whether a resource writes onto another: `azapi_update_resource`, or a request that changes the other itself."""
    asked = str(tree.get("method") or "POST").upper() in ("PATCH", "PUT") and not tree.get("action")
    return kind == "azapi_update_resource" or (kind == "azapi_resource_action" and asked)


def _body(given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            return {"properties": Unknown("the body is no JSON")}
    if isinstance(given, Unknown):
        return dict.fromkeys(("properties", "sku", "kind"), given)
    return given if isinstance(given, dict) else {}


def _identity(given: Any) -> Any:
    block = given[0] if isinstance(given, list) and given else given
    if not isinstance(block, dict):
        return block if isinstance(block, Unknown) else None
    ids = block.get("identity_ids")
    found = {"type": block.get("type")}
    if isinstance(ids, list):
        found["userAssignedIdentities"] = {item: {} for item in ids if isinstance(item, str)}
    return found
