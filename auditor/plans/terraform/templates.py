"""ARM templates that Terraform deploys (`azurerm_resource_group_template_deployment`, …) → what they make. Pure.

The template stands in the plan as a text, and so do its parameters. Where either is not known before the apply, there
is a gap instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from auditor.model.errors import InputError
from auditor.model.gap import Gap
from auditor.model.resource import Unknown
from auditor.plans.arm.template import read_arm_template
from auditor.plans.change import Change
from auditor.plans.terraform.nodes import Node


def deployed(node: Node, subscription: str) -> Iterator[Change | Gap]:
    """What the template of a deployment makes, and what cannot be read of it."""
    tree = node.after or {}
    template = _object(tree.get("template_content") or tree.get("template_body"))
    given = _object(tree.get("parameters_content") or tree.get("parameters_body") or "{}")
    for part, name in ((template, "template"), (given, "parameters")):
        if not isinstance(part, dict):
            why = part.reason if isinstance(part, Unknown) else "no JSON"
            yield Gap(what=node.address, reason=f"its {name} cannot be read: {why}", kind="unknown-until-apply")
            return
    group = tree.get("resource_group_name")
    try:
        made = read_arm_template(
            template,
            node.address,
            {"contentVersion": "1.0.0.0", "parameters": given},
            subscription_id=subscription,
            resource_group=group if isinstance(group, str) else "-",
        )
    except InputError as error:
        yield Gap(what=node.address, reason=str(error))
        return
    for change in made.changes:
        if change.after is not None:
            yield replace(change, action=node.action)
    yield from made.gaps


def _object(given: Any) -> Any:
    """The object that a text holds; unknown stays unknown, anything else is None."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            return None
    return given if isinstance(given, dict | Unknown) else None
