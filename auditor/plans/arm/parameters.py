"""The values of a template's parameters: what is given, what is the default, and what is secret. Pure.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/parameters, …/parameter-files, …/definitions
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.model.errors import InputError
from auditor.model.resource import MISSING, Unknown
from auditor.plans.arm.spelling import DECLARATION, GIVEN, PARAMETER_FILE, canonical, in_two_casings

Given = Callable[[str], Any]
"""The value that is given for a parameter, by its name in small letters; MISSING for none."""

_SECURE: Final = frozenset({"securestring", "secureobject"})
_MAX_REFERENCES: Final = 20
_FORMS: Final = {"value", "reference"}
_HINT: Final = "A parameter file has `parameters`, each with a `value`."


def given_in(parameters: Any) -> Given:
    """Of a parameter file as read, or of a mapping of names to values. Raises InputError where it holds none."""
    found = _by_name(_entries(parameters), lambda name: _two_casings(f"parameter {name}"))
    return lambda name: found.get(name, MISSING)


def _by_name(entries: Mapping[str, Any], doubled: Callable[[str], Any]) -> dict[str, Any]:
    """The entries by their casefolded names. Of a name in two casings, what `doubled` makes of it."""
    found: dict[str, Any] = {}
    for name, entry in entries.items():
        folded = str(name).casefold()
        found[folded] = doubled(name) if folded in found else entry
    return found


def _two_casings(what: str) -> Unknown:
    return Unknown(f"{what} is given in two casings")


def names_in(parameters: Any) -> list[str]:
    """The names of the parameters that are given."""
    return list(_entries(parameters))


def _entries(parameters: Any, *, inside: bool = False) -> dict[str, Any]:
    if not isinstance(parameters, Mapping):
        raise InputError("The parameter file holds no parameters: it is no object.", _HINT)
    written = next((item for key, item in parameters.items() if key.casefold() == "parametersjson"), None)
    if isinstance(written, str) and not inside:  # the output of `bicep build-params`
        try:
            return _entries(json.loads(written), inside=True)
        except ValueError as error:
            raise InputError("The parameter file holds no parameters: `parametersJson` is no JSON.", _HINT) from error
    whole = canonical(parameters, PARAMETER_FILE)
    if "parameters" in whole and all(key.casefold() in PARAMETER_FILE for key in whole):
        listed = whole["parameters"]
        if not isinstance(listed, Mapping):
            raise InputError("The parameter file holds no parameters: `parameters` is no object.", _HINT)
        return {name: value_of(entry, name) for name, entry in listed.items()}
    if all(isinstance(entry, Mapping) and canonical(entry, GIVEN).keys() & _FORMS for entry in parameters.values()):
        return {name: value_of(entry, name) for name, entry in parameters.items()}
    return dict(parameters)


def value_of(entry: Any, name: str) -> Any:
    """The value of `{"value": …}`, or why it is not known."""
    if isinstance(entry, Unknown):
        return entry
    if isinstance(entry, Mapping):
        form = canonical(entry, GIVEN)
        if in_two_casings(form, GIVEN):
            return _two_casings(f"the value of parameter {name}")
        if "value" in form:
            return form["value"]
        if "reference" in form:
            return Unknown(f"parameter {name} is a secret of a Key Vault")
    return Unknown(f"parameter {name} is given in a form that is not known")


class Declarations:
    """The parameters and types that a template declares."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        declared = raw.get("parameters")
        declared = declared if isinstance(declared, dict) else {}
        self._parameters: dict[str, dict[str, Any]] = _by_name(
            {name: _declaration(item, name) for name, item in declared.items() if isinstance(item, dict)},
            lambda name: {"defaultValue": _two_casings(f"parameter {name}")},
        )
        types = raw.get("definitions")
        self._types: dict[str, Any] = types if isinstance(types, dict) else {}

    def find(self, name: str) -> dict[str, Any] | None:
        """The declaration of a parameter."""
        return self._parameters.get(name.casefold())

    def nullable(self, declared: Mapping[str, Any]) -> bool:
        """Whether it may be left out."""
        return bool(declared.get("nullable") or self._resolved(declared).get("nullable"))

    def without_secrets(self, value: Any, declared: Mapping[str, Any], name: str, depth: int = 0) -> Any:
        """The value with everything unknown that its type calls secure. What is empty tells nothing, and stays."""
        resolved = self._resolved(declared)
        if is_secure(resolved) or is_secure(declared):
            return value if not value and not isinstance(value, Unknown) else Unknown(f"parameter {name} is secret")
        if depth > _MAX_REFERENCES:
            return value
        inner, items, rest = (resolved.get(key) for key in ("properties", "items", "additionalProperties"))
        if isinstance(value, dict) and (isinstance(inner, dict) or isinstance(rest, dict)):
            folded = {key.casefold(): kind for key, kind in inner.items()} if isinstance(inner, dict) else {}
            return {
                key: self._inside(item, folded.get(key.casefold(), rest), f"{name}.{key}", depth)
                for key, item in value.items()
            }
        if isinstance(value, list) and isinstance(items, dict):
            return [self._inside(item, items, f"{name}[{at}]", depth) for at, item in enumerate(value)]
        return value

    def _inside(self, value: Any, declared: Any, name: str, depth: int) -> Any:
        return self.without_secrets(value, declared, name, depth + 1) if isinstance(declared, dict) else value

    def _resolved(self, declared: Mapping[str, Any]) -> Mapping[str, Any]:
        """The type that `$ref` leads to."""
        for _step in range(_MAX_REFERENCES):
            reference = declared.get("$ref")
            if not isinstance(reference, str):
                break
            found = self._types.get(reference.rpartition("/")[2])
            if not isinstance(found, dict):
                break
            declared = found
        return declared


def _declaration(written: dict[str, Any], name: str) -> dict[str, Any]:
    declared = canonical(written, DECLARATION)
    doubled = in_two_casings(declared, DECLARATION)
    return {**declared, "defaultValue": _two_casings(f"{doubled[0]} of parameter {name}")} if doubled else declared


def is_secure(declared: Mapping[str, Any]) -> bool:
    """Declared as `securestring` or `secureObject`."""
    kind = declared.get("type")
    return isinstance(kind, str) and kind.casefold() in _SECURE
