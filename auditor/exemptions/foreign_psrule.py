"""PSRule's suppressions: `suppression` of `ps-rule.yaml`, and SuppressionGroup documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.exemptions.entry import EVERYTHING
from auditor.exemptions.foreign import Foreign, Unmapped
from auditor.exemptions.form import TODO


def settings(raw: dict[str, Any], file: str) -> Iterator[Foreign]:
    """Rule → names of targets, as a list or as `targetName`."""
    suppressed = raw.get("suppression")
    for rule, given in suppressed.items() if isinstance(suppressed, dict) else ():
        names = given.get("targetName") if isinstance(given, dict) else given
        for name in names if isinstance(names, list) else [names]:
            if isinstance(name, str) and name:
                yield Foreign(str(rule), file, (_named(name),))


def group(raw: dict[str, Any], place: str, synopsis: str) -> Iterator[Foreign | Unmapped]:
    """A SuppressionGroup. Its condition is taken over where it asks for names or tags; else somebody must say it."""
    spec = raw.get("spec") if isinstance(raw.get("spec"), dict) else {}
    assert isinstance(spec, dict)  # noqa: S101
    metadata = raw.get("metadata")
    name = str(metadata.get("name")) if isinstance(metadata, dict) else "a group"
    rules = spec.get("rule")
    if not isinstance(rules, list) or not rules:
        yield Unmapped(name, place, "it is about every rule: write which")
        return
    resources, tags = _condition(spec.get("if"))
    until = spec.get("expiresOn")
    for rule in rules:
        item = Foreign(str(rule), place, resources, tags, reason=synopsis)
        yield item._replace(expires_on=str(until) if until else "")


def _condition(condition: Any) -> tuple[tuple[str, ...], dict[str, str]]:
    """Globs of resources and tags of `name`, or of one `field` among the tags."""
    unsaid = (f"{TODO}: which resources (the condition is {str(condition)[:200]})",), dict[str, str]()
    if not isinstance(condition, dict):
        return unsaid
    values = condition.get("in", [condition["equals"]] if "equals" in condition else None)
    if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
        return unsaid
    if condition.keys() <= {"name", "in", "equals"} and condition.get("name") == ".":
        return tuple(map(_named, values)), {}
    field = condition.get("field")
    if condition.keys() <= {"field", "in", "equals"} and isinstance(field, str) and len(values) == 1:
        head, _, tag = field.partition(".")
        if head.casefold() == "tags" and tag:
            return (EVERYTHING,), {tag.strip("'\""): values[0]}
    return unsaid


def _named(name: str) -> str:
    return name if name.startswith("/") else f"*/{name}"
