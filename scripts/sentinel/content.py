"""What is deployed to Microsoft Sentinel: the table (auditor/publish/table_schema.py), and the rules, queries, parser
and workbook in `reports/sentinel`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from auditor.publish.table_schema import COLUMNS, PARSER, STREAM, TABLE
from scripts.sentinel.template import WORKSPACE_TYPE, Code, Output, Parameter, Resource, Template

FOLDER = Path(__file__).resolve().parent.parent.parent / "reports" / "sentinel"
PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"  # Monitoring Metrics Publisher
WORKBOOK = "5a0f3a5e-6a3b-4c37-8a4d-5c1b7d2e9f10"
OPERATORS = {"gt": "GreaterThan", "lt": "LessThan", "eq": "Equal", "ne": "NotEqual"}


def parameter(name: str) -> Code:
    return Code(name, f"[parameters('{name}')]")


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
_RULE = f"reference(resourceId('{RULE_TYPE}', 'dcr-auditor'), '2023-03-11')"
OUTPUTS = {
    "endpoint": Output(
        Code("rule.properties.endpoints.logsIngestion", f"[{_RULE}.endpoints.logsIngestion]"), "For --endpoint."
    ),
    "ruleId": Output(Code("rule.properties.immutableId", f"[{_RULE}.immutableId]"), "For --rule."),
    "stream": Output(Code(f"'{STREAM}'", STREAM), "For --stream."),
}


def template() -> Template:
    """All of it."""
    return Template(PARAMETERS, _resources(), OUTPUTS)


def _resources() -> list[Resource]:
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
