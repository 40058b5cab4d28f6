"""A template as ARM JSON."""

from __future__ import annotations

import json
from typing import Any

from scripts.sentinel.template import WORKSPACE_TYPE, Code, Resource, Template


def arm(template: Template) -> str:
    """The template as ARM JSON."""
    declared = {}
    for told in template.parameters:
        declared[told.name] = {"type": told.type, "metadata": {"description": told.meaning}}
        if told.default is not None:
            declared[told.name]["defaultValue"] = _arm(told.default)
    types = {"workspace": (WORKSPACE_TYPE, "parameters('workspaceName')")}
    types |= {one.symbol: (one.type, f"'{one.name}'") for one in template.resources if isinstance(one.name, str)}
    document = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": declared,
        "resources": [_arm_resource(one, types) for one in template.resources],
        "outputs": {
            name: {"type": "string", "metadata": {"description": output.meaning}, "value": output.value.arm}
            for name, output in template.outputs.items()
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _arm_resource(one: Resource, types: dict[str, tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if one.condition:
        found["condition"] = one.condition.arm
    name = _arm(one.name)
    if one.above and not one.extends:
        kind, above = types[one.above]
        name = f"[format('{{0}}/{{1}}', {above}, '{one.name}')]"
    found |= {"type": one.type, "apiVersion": one.version, "name": name}
    after = list(one.after)
    if one.above and one.extends:
        kind, above = types[one.above]
        found["scope"] = f"[format('{kind}/{{0}}', {above})]" if one.above == "workspace" else f"{kind}/dcr-auditor"
        after += [one.above] if one.above != "workspace" else []
    found |= _arm(one.body)
    if after:
        found["dependsOn"] = [_reference(symbol, types) for symbol in after]
    return found


def _reference(symbol: str, types: dict[str, tuple[str, str]]) -> str:
    kind, name = types[symbol]
    above = "parameters('workspaceName'), " if kind.count("/") > 1 else ""
    return f"[resourceId('{kind}', {above}{name})]"


def _arm(value: Any) -> Any:
    match value:
        case Code():
            return value.arm
        case str():
            return f"[{value}" if value.startswith("[") else value  # a literal bracket is doubled
        case dict():
            return {key: _arm(part) for key, part in value.items()}
        case list():
            return [_arm(part) for part in value]
        case _:
            return value
