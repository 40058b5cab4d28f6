"""A template as Bicep."""

from __future__ import annotations

import re
from typing import Any

from scripts.sentinel.template import WORKSPACE_TYPE, Code, Template


def bicep(template: Template) -> str:
    """The template as Bicep."""
    lines = [
        "// Table, data collection rule, right to publish, parser, analytics rules, hunting queries and workbook for",
        "// the findings of auditor. Made by `python -m scripts.sentinel` from what lies beside it.",
        "",
    ]
    for told in template.parameters:
        default = "" if told.default is None else f" = {_bicep(told.default)}"
        lines += [f"@description({_bicep(told.meaning)})", f"param {told.name} {told.type}{default}", ""]
    lines += [f"resource workspace '{WORKSPACE_TYPE}@2023-09-01' existing = {{", "  name: workspaceName", "}", ""]
    for one in template.resources:
        condition = f"if ({one.condition.bicep}) " if one.condition else ""
        body: dict[str, Any] = {"name": one.name}
        if one.above:
            body["scope" if one.extends else "parent"] = Code(one.above, "")
        body |= one.body
        if one.after:
            body["dependsOn"] = [Code(symbol, "") for symbol in one.after]
        lines += [f"resource {one.symbol} '{one.type}@{one.version}' = {condition}{_bicep(body)}", ""]
    for name, output in template.outputs.items():
        lines += [f"@description({_bicep(output.meaning)})", f"output {name} string = {output.value.bicep}", ""]
    return "\n".join(lines).rstrip() + "\n"


def _bicep(value: Any, indent: str = "") -> str:
    inner = indent + "  "
    match value:
        case Code():
            return value.bicep
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str() if "\n" in value and "'''" not in value:
            return f"'''\n{value}'''"
        case str():
            return "'" + re.sub(r"(['\\]|\$(?=\{))", r"\\\1", value).replace("\n", "\\n") + "'"
        case dict():
            if not value:
                return "{}"
            rows = [f"{inner}{_key(key)}: {_bicep(part, inner)}" for key, part in value.items()]
            return "\n".join(["{", *rows, f"{indent}}}"])
        case list():
            if not value:
                return "[]"
            return "\n".join(["[", *(inner + _bicep(part, inner) for part in value), f"{indent}]"])
        case _:
            raise TypeError(value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_]\w*", key) else f"'{key}'"
