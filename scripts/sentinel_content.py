"""Writes `reports/sentinel/main.bicep` and the same template as ARM JSON, `main.json`, from one list of resources:
the table (auditor/publish/columns.py) and the rules, queries, parser and workbook beside them.

    python scripts/sentinel_content.py            write them
    python scripts/sentinel_content.py --check    only say whether they are as they should be
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from auditor.publish.columns import COLUMNS, PARSER, STREAM, TABLE

FOLDER = Path(__file__).resolve().parent.parent / "reports" / "sentinel"
PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"  # Monitoring Metrics Publisher
WORKBOOK = "5a0f3a5e-6a3b-4c37-8a4d-5c1b7d2e9f10"
OPERATORS = {"gt": "GreaterThan", "lt": "LessThan", "eq": "Equal", "ne": "NotEqual"}


class Code(NamedTuple):
    """An expression, in both languages."""

    bicep: str
    arm: str


class Parameter(NamedTuple):
    """A parameter of the template; `default` None: it must be given."""

    name: str
    type: str
    meaning: str
    default: Any = None


class Resource(NamedTuple):
    """A resource of the template. `above` is the symbol of its parent or, when `extends`, of what it extends."""

    symbol: str
    type: str
    version: str
    name: Any
    body: dict[str, Any]
    above: str | None = None
    extends: bool = False
    after: tuple[str, ...] = ()
    condition: Code | None = None


def parameter(name: str) -> Code:
    return Code(name, f"[parameters('{name}')]")


WORKSPACE_TYPE = "Microsoft.OperationalInsights/workspaces"
WORKSPACE_ID = Code("workspace.id", f"[resourceId('{WORKSPACE_TYPE}', parameters('workspaceName'))]")
LOCATION = parameter("location")
GIVEN = Code("!empty(principalId)", "[not(empty(parameters('principalId')))]")
RULE_TYPE = "Microsoft.Insights/dataCollectionRules"
PARAMETERS = (
    Parameter("workspaceName", "string", "The Log Analytics workspace, in this resource group, that Sentinel reads."),
    Parameter(
        "location",
        "string",
        "Region; that of the workspace.",
        Code("resourceGroup().location", "[resourceGroup().location]"),
    ),
    Parameter(
        "principalId",
        "string",
        "Object id of the identity that auditor publishes with; empty: give it the right later.",
        "",
    ),
    Parameter(
        "principalType", "string", "ServicePrincipal (managed identities too), User or Group.", "ServicePrincipal"
    ),
    Parameter("retentionDays", "int", "Days that the table keeps records.", 365),
    Parameter("deployRules", "bool", "Deploy analytics rules; Microsoft Sentinel must be on for the workspace.", True),
)


def resources() -> list[Resource]:
    """All that is deployed, in order."""
    return [
        Resource("table", f"{WORKSPACE_TYPE}/tables", "2025-07-01", TABLE, _table(), above="workspace"),
        Resource(
            "rule",
            RULE_TYPE,
            "2023-03-11",
            "dcr-auditor",
            {"location": LOCATION, "kind": "Direct", "properties": _rule()},
            after=("table",),
        ),
        Resource(
            "ruleErrors",
            "Microsoft.Insights/diagnosticSettings",
            "2021-05-01-preview",
            "to-workspace",
            _errors(),
            above="rule",
            extends=True,
        ),
        Resource(
            "publisher",
            "Microsoft.Authorization/roleAssignments",
            "2022-04-01",
            _assignment_name(),
            _assignment(),
            above="rule",
            extends=True,
            condition=GIVEN,
        ),
        Resource(
            "parser",
            f"{WORKSPACE_TYPE}/savedSearches",
            "2020-08-01",
            PARSER,
            _parser(),
            above="workspace",
            after=("table",),
        ),
        *(
            Resource(
                _symbol(name),
                "Microsoft.SecurityInsights/alertRules",
                "2024-09-01",
                told["id"],
                _alert(told),
                above="workspace",
                extends=True,
                after=("parser",),
                condition=parameter("deployRules"),
            )
            for name, told in _yaml("Analytic Rules")
        ),
        *(
            Resource(
                _symbol(name),
                f"{WORKSPACE_TYPE}/savedSearches",
                "2020-08-01",
                told["id"],
                _hunting(told),
                above="workspace",
                after=("parser",),
            )
            for name, told in _yaml("Hunting Queries")
        ),
        Resource("workbook", "Microsoft.Insights/workbooks", "2023-06-01", WORKBOOK, _workbook()),
    ]


def _table() -> dict[str, Any]:
    columns = [{"name": c.name, "type": c.type, "description": c.meaning} for c in COLUMNS]
    schema = {"name": TABLE, "columns": columns}
    return {"properties": {"plan": "Analytics", "totalRetentionInDays": parameter("retentionDays"), "schema": schema}}


def _rule() -> dict[str, Any]:
    declared = [{"name": c.name, "type": c.type.lower()} for c in COLUMNS if c.name != "TimeGenerated"]
    return {
        "description": "Findings of auditor.",
        "streamDeclarations": {STREAM: {"columns": declared}},
        "destinations": {"logAnalytics": [{"name": "workspace", "workspaceResourceId": WORKSPACE_ID}]},
        "dataFlows": [
            {
                "streams": [STREAM],
                "destinations": ["workspace"],
                "transformKql": "source | extend TimeGenerated = now()",
                "outputStream": STREAM,
            }
        ],
    }


def _errors() -> dict[str, Any]:
    logs = [{"category": "LogErrors", "enabled": True}]
    return {"properties": {"workspaceId": WORKSPACE_ID, "logs": logs}}


def _assignment_name() -> Code:
    rule = f"resourceId('{RULE_TYPE}', 'dcr-auditor')"
    return Code(
        f"guid(rule.id, principalId, '{PUBLISHER}')", f"[guid({rule}, parameters('principalId'), '{PUBLISHER}')]"
    )


def _assignment() -> dict[str, Any]:
    role = f"subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{PUBLISHER}')"
    return {
        "properties": {
            "roleDefinitionId": Code(role, f"[{role}]"),
            "principalId": parameter("principalId"),
            "principalType": parameter("principalType"),
        }
    }


def _parser() -> dict[str, Any]:
    ((_name, told),) = _yaml("Parsers")
    properties = {
        "category": told["Category"],
        "displayName": told["Function"]["Title"],
        "functionAlias": told["FunctionAlias"],
        "query": told["FunctionQuery"],
        "version": 2,
    }
    return {"properties": properties}


def _alert(told: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "displayName": told["name"],
        "description": told["description"].strip(),
        "severity": told["severity"],
        "enabled": True,
        "query": told["query"],
        "queryFrequency": _iso(told["queryFrequency"]),
        "queryPeriod": _iso(told["queryPeriod"]),
        "triggerOperator": OPERATORS[told["triggerOperator"]],
        "triggerThreshold": told["triggerThreshold"],
        "suppressionDuration": "PT5H",
        "suppressionEnabled": False,
        "tactics": told["tactics"],
        "techniques": told["relevantTechniques"],
        "customDetails": told["customDetails"],
        "alertDetailsOverride": told["alertDetailsOverride"],
        "eventGroupingSettings": told["eventGroupingSettings"],
        "incidentConfiguration": _incident(told["incidentConfiguration"]),
        "templateVersion": told["version"],
    }
    if told["entityMappings"]:
        properties["entityMappings"] = told["entityMappings"]
    return {"kind": told["kind"], "properties": properties}


def _incident(told: dict[str, Any]) -> dict[str, Any]:
    grouping = {**told["groupingConfiguration"]}
    grouping["lookbackDuration"] = _iso(grouping["lookbackDuration"])
    return {**told, "groupingConfiguration": grouping}


def _hunting(told: dict[str, Any]) -> dict[str, Any]:
    tags = {
        "description": told["description"].strip(),
        "tactics": ",".join(told["tactics"]),
        "techniques": ",".join(told["relevantTechniques"]),
    }
    properties = {
        "category": "Hunting Queries",
        "displayName": told["name"],
        "query": told["query"],
        "version": 2,
        "tags": [{"name": name, "value": value} for name, value in tags.items()],
    }
    return {"properties": properties}


def _workbook() -> dict[str, Any]:
    text = (FOLDER / "Workbooks" / "AuditorFindings.json").read_text(encoding="utf-8")
    properties = {
        "displayName": "Auditor",
        "category": "sentinel",
        "sourceId": WORKSPACE_ID,
        "serializedData": json.dumps(json.loads(text), separators=(",", ":")),
    }
    return {"location": LOCATION, "kind": "shared", "properties": properties}


def _yaml(kind: str) -> list[tuple[str, dict[str, Any]]]:
    files = sorted((FOLDER / kind).glob("*.yaml"))
    return [(file.stem, yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files]


def _symbol(name: str) -> str:
    return name[0].lower() + name[1:]


def _iso(duration: str) -> str:
    """`1h` → `PT1H`, `14d` → `P14D`."""
    number, unit = duration[:-1], duration[-1].upper()
    return f"P{number}{unit}" if unit == "D" else f"PT{number}{unit}"


# --- Bicep ------------------------------------------------------------------------------------------------------------


def bicep() -> str:
    """The template in Bicep."""
    lines = [
        "// Table, data collection rule, right to publish, parser, analytics rules, hunting queries and workbook for",
        "// the findings of auditor. Made by scripts/sentinel_content.py from what lies beside it.",
        "",
    ]
    for told in PARAMETERS:
        default = "" if told.default is None else f" = {_bicep(told.default)}"
        lines += [f"@description({_bicep(told.meaning)})", f"param {told.name} {told.type}{default}", ""]
    lines += [f"resource workspace '{WORKSPACE_TYPE}@2023-09-01' existing = {{", "  name: workspaceName", "}", ""]
    for one in resources():
        condition = f"if ({one.condition.bicep}) " if one.condition else ""
        body: dict[str, Any] = {"name": one.name}
        if one.above:
            body["scope" if one.extends else "parent"] = Code(one.above, "")
        body |= one.body
        if one.after:
            body["dependsOn"] = [Code(symbol, "") for symbol in one.after]
        lines += [f"resource {one.symbol} '{one.type}@{one.version}' = {condition}{_bicep(body)}", ""]
    for name, (expression, _arm, meaning) in OUTPUTS.items():
        lines += [f"@description({_bicep(meaning)})", f"output {name} string = {expression}", ""]
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


# --- ARM --------------------------------------------------------------------------------------------------------------

_RULE = f"reference(resourceId('{RULE_TYPE}', 'dcr-auditor'), '2023-03-11')"
OUTPUTS = {
    "endpoint": ("rule.properties.endpoints.logsIngestion", f"[{_RULE}.endpoints.logsIngestion]", "For --endpoint."),
    "ruleId": ("rule.properties.immutableId", f"[{_RULE}.immutableId]", "For --rule."),
    "stream": (f"'{STREAM}'", STREAM, "For --stream."),
}


def arm() -> str:
    """The template in JSON."""
    declared = {}
    for told in PARAMETERS:
        declared[told.name] = {"type": told.type, "metadata": {"description": told.meaning}}
        if told.default is not None:
            declared[told.name]["defaultValue"] = _arm(told.default)
    listed = resources()
    types = {"workspace": (WORKSPACE_TYPE, "parameters('workspaceName')")}
    types |= {one.symbol: (one.type, f"'{one.name}'") for one in listed if isinstance(one.name, str)}
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": declared,
        "resources": [_arm_resource(one, types) for one in listed],
        "outputs": {
            name: {"type": "string", "metadata": {"description": meaning}, "value": expression}
            for name, (_bicep_text, expression, meaning) in OUTPUTS.items()
        },
    }
    return json.dumps(template, indent=2, ensure_ascii=False) + "\n"


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


def main() -> int:
    made = {FOLDER / "main.bicep": bicep(), FOLDER / "main.json": arm()}
    if "--check" in sys.argv:
        stale = [path.name for path, text in made.items() if not path.is_file() or path.read_text("utf-8") != text]
        print(f"Not as they should be: {', '.join(stale)}. Run make docs." if stale else "As they should be.")
        return int(bool(stale))
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
