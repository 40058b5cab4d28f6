"""PSRule's suppressions: `suppression` and `rule.exclude` of `ps-rule.yaml`, and SuppressionGroup documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from auditor.exemptions.entry import EVERYTHING
from auditor.exemptions.importers.drafts import Foreign, Unmapped
from auditor.exemptions.schema import TODO

_AS_GLOB: Final[Mapping[str, Callable[[str], str]]] = {
    "in": lambda text: text,
    "equals": lambda text: text,
    "startsWith": lambda text: f"{text}*",
    "endsWith": lambda text: f"*{text}",
    "contains": lambda text: f"*{text}*",
    "like": lambda text: text,
}
"""What conditions on a name ask for, as a glob."""


def settings(raw: dict[str, Any], file: str) -> Iterator[Foreign]:
    """Rule → names of targets, as a list or as `targetName`; and rules that are not run at all."""
    suppressed = raw.get("suppression")
    for rule, given in suppressed.items() if isinstance(suppressed, dict) else ():
        for name in _texts(given.get("targetName") if isinstance(given, dict) else given):
            yield Foreign(_rule(rule), file, (_named(name),))
    run = raw.get("rule")
    for rule in _texts(run.get("exclude")) if isinstance(run, dict) else ():
        yield Foreign(_rule(rule), f"{file}, rule.exclude")


def group(raw: dict[str, Any], place: str, synopsis: str) -> Iterator[Foreign | Unmapped]:
    """A SuppressionGroup. Its condition is taken over where it asks for names or tags; else somebody must say it."""
    spec = raw.get("spec") if isinstance(raw.get("spec"), dict) else {}
    assert isinstance(spec, dict)  # noqa: S101
    metadata = raw.get("metadata")
    name = str(metadata.get("name")) if isinstance(metadata, dict) else "a group"
    rules = _texts(spec.get("rule"))
    if not rules:
        yield Unmapped(name, place, "it is about every rule: write which")
        return
    resources, tags = _condition(spec.get("if"), _texts(spec.get("type")))
    until = spec.get("expiresOn")
    for rule in rules:
        item = Foreign(_rule(rule), place, resources, tags, reason=synopsis)
        yield item._replace(expires_on=str(until) if until else "")


def _condition(condition: Any, types: list[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Globs of resources and tags of `name`, or of one `field` among the tags; of these types, where some are named."""
    of_types = tuple(f"*/providers/{kind}/*" for kind in types) or (EVERYTHING,)
    if condition is None and types:
        return of_types, {}
    unsaid = (f"{TODO}: which resources (the condition is {str(condition)[:200]})",), dict[str, str]()
    operator = next((key for key in _AS_GLOB if isinstance(condition, dict) and key in condition), None)
    values = _texts(condition[operator]) if operator else []
    if operator is None or not values:
        return unsaid
    field = condition.get("field")
    if condition.keys() == {"name", operator} and condition["name"] == "." and not types:
        return tuple(_named(_AS_GLOB[operator](value)) for value in values), {}
    if condition.keys() == {"field", operator} and isinstance(field, str) and operator in ("in", "equals"):
        head, _, tag = field.partition(".")
        if head.casefold() == "tags" and tag and len(values) == 1:
            return of_types, {tag.strip("'\""): values[0]}
    return unsaid


def _texts(given: Any) -> list[str]:
    """One text or a list of them; nothing where anything else is among them."""
    values = given if isinstance(given, list) else [given]
    return values if all(isinstance(value, str) and value for value in values) else []


def _rule(name: object) -> str:
    """The name of a rule without the module that it is from."""
    return str(name).rpartition("\\")[2]


def _named(name: str) -> str:
    return name if name.startswith("/") else f"*/{name}"
