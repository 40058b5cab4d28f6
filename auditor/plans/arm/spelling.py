"""Members of templates and parameter files in the casing of the docs: Resource Manager reads them in any. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Members = Mapping[str, str]
"""The members of an object, by their casefolded names."""


def _members(*names: str) -> Members:
    return {name.casefold(): name for name in names}


TEMPLATE: Final = _members(
    "$schema", "contentVersion", "definitions", "extensions", "functions", "imports", "languageVersion", "metadata",
    "outputs", "parameters", "resources", "variables",
)  # fmt: skip
RESOURCE: Final = _members(
    "apiVersion", "comments", "condition", "copy", "dependsOn", "existing", "extension", "identity", "import", "kind",
    "location", "name", "plan", "properties", "resourceGroup", "resources", "scope", "sku", "subscriptionId", "tags",
    "type", "zones",
)  # fmt: skip
DEPLOYMENT: Final = _members("expressionEvaluationOptions", "mode", "parameters", "scope", "template", "templateLink")
"""Of the properties of a deployment, and of its options."""
LOOP: Final = _members("copy", "count", "input", "mode", "name")
DECLARATION: Final = _members(
    "additionalProperties", "condition", "copy", "defaultValue", "items", "nullable", "properties", "type", "value"
)
"""Of the declaration of a parameter, a type or an output."""
PARAMETER_FILE: Final = _members(
    "$schema", "contentVersion", "extensionConfigs", "externalInputDefinitions", "languageVersion", "metadata",
    "parameters",
)  # fmt: skip
GIVEN: Final = _members("reference", "value")
"""Of an entry of a parameter file."""


def canonical(holder: Mapping[str, Any], members: Members) -> dict[str, Any]:
    """An object with its members in the casing of the docs; itself when they are. Of a member that is given in two
    casings the one of the docs, or the first, has the name, and the other keeps its own."""
    renamed = [key for key in holder if members.get(key.casefold(), key) != key]
    if not renamed and isinstance(holder, dict):
        return holder
    made: dict[str, Any] = {}
    for key, value in holder.items():
        name = members.get(key.casefold(), key)
        made[key if name in holder or name in made else name] = value
    return made


def in_two_casings(holder: Mapping[str, Any], members: Members) -> list[str]:
    """The members of a canonical object that it has in another casing too."""
    return [key for key in holder if members.get(key.casefold(), key) != key]
