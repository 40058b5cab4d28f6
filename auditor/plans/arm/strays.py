"""Declared resources in members of a template that are not read, each member as a gap."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from auditor.ingest.stray_members import stray, stray_members
from auditor.plans.arm.context import Work

OF_A_TEMPLATE: Final = (
    "parameters", "variables", "outputs", "functions", "definitions", "metadata", "imports", "extensions",
)  # fmt: skip
OF_A_RESOURCE: Final = ("properties",)
"""Members, beside `resources`, in which nothing is a declared resource."""


def lose_strays(holder: Mapping[str, Any], place: str, work: Work, others: Collection[str]) -> None:
    """A gap for each member of a template, or of a resource in it, that holds resources and is not read."""
    for key, count in stray_members(holder, ("resources",), others, _is_declared):
        work.accounting.expect(count)
        work.accounting.gap(count)
        work.note(place, stray(key, count))


def _is_declared(value: Any) -> bool:
    """What looks like a resource of a template."""
    if not isinstance(value, dict):
        return False
    folded = {key.strip().casefold(): part for key, part in value.items()}
    kind = folded.get("type")
    return isinstance(kind, str) and "name" in folded and ("apiversion" in folded or "/" in kind)
