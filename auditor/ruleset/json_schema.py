"""The JSON Schema of a rule file, conditions included, from which an editor completes and underlines. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from auditor.evaluate.conditions.grammar import SUBJECTS
from auditor.evaluate.conditions.operators import OPERATORS
from auditor.ruleset.rule_schema_model import RuleForm

_CONDITION: Final = {"$ref": "#/$defs/Condition"}
_PATH: Final = {"type": "string", "description": "A path, such as properties.rules[*].access."}


def schema(frameworks: Iterable[str]) -> dict[str, Any]:
    """The schema; `frameworks` are the names that may stand under `controls`."""
    form = RuleForm.model_json_schema(by_alias=True)
    for key in ("when", "assert"):
        told = form["properties"][key]
        form["properties"][key] = {**_CONDITION, "description": told["description"]}
    ids = {"type": "array", "items": {"type": "string"}}
    form["properties"]["controls"] = {
        "type": "object",
        "properties": dict.fromkeys(sorted(frameworks), ids),
        "additionalProperties": False,
        "default": {},
    }
    form["$defs"]["Condition"] = _condition()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **form}


def _condition() -> dict[str, Any]:
    operators = {name: _operand(name) for name in OPERATORS}
    parts = {"type": "array", "items": _CONDITION, "minItems": 1}
    return {
        "type": "object",
        "description": "One of allOf, anyOf, not, related, unknown, or a field, value or count with one operator.",
        "properties": {
            "allOf": parts,
            "anyOf": parts,
            "not": _CONDITION,
            "field": _PATH,
            "value": {"description": "A literal, or {param: name}."},
            "count": _object({"field": _PATH, "where": _CONDITION}, "field"),
            "related": _object(
                {
                    "type": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                    "match": _object({"theirs": _PATH, "ours": _PATH}, "theirs", "ours"),
                    "where": _CONDITION,
                    "count": _object(operators),
                },
                "type",
                "match",
            ),
            "unknown": {"type": "string", "description": "Unknown, with the reason: what the resource cannot show."},
            **operators,
            "order": {"type": "array", "minItems": 2, "description": "With atLeast: the values, lowest first."},
        },
        "additionalProperties": False,
        "oneOf": [{"required": [subject]} for subject in SUBJECTS],
    }


def _operand(name: str) -> dict[str, Any]:
    return {"description": f"What is found is {OPERATORS[name].expected.format('this')}."}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
