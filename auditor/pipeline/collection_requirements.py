"""From the selected rules to what a live collection must read: derived, never a list by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from auditor.collect.request import Needs
from auditor.lenses.registry import needed

if TYPE_CHECKING:
    from auditor.evaluate.bound_rule import Bound

_SETTINGS: Final = "microsoft.insights/diagnosticsettings"
_OWN: Final = frozenset({"parentId", "$.parentId", "id", "$.id"})
"""Paths of the related resource that tie it to its own place."""


def needs_of(rules: Sequence[Bound], every: Sequence[Bound] = ()) -> Needs:
    """What these rules, their relations and the lenses need.

    `every` are all rules that there are: a rule or a lens that looks at diagnostic settings themselves looks at those
    that any rule asks for.
    """
    relations = [(rule, relation) for rule in rules for relation in rule.relations]
    types = {kind for rule in rules for kind in rule.types}
    types |= {kind for _, relation in relations for kind in relation.types}
    lenses = needed(types)
    logged = set(_logged(rules))
    if any(_SETTINGS in rule.types for rule in rules):
        logged |= set(_logged(every))
    for lens in lenses:
        types |= lens.reads
        if _SETTINGS in lens.reads:
            logged |= lens.reads.intersection(_logged(every))
    scattered = {
        kind
        for _, relation in relations
        for kind in relation.types
        if relation.theirs.text not in _OWN and kind != _SETTINGS
    }
    return Needs(frozenset(types), frozenset(logged), frozenset(scattered))


def _logged(rules: Sequence[Bound]) -> list[str]:
    """The types whose diagnostic settings some rule asks for."""
    return [
        kind
        for rule in rules
        for relation in rule.relations
        if _SETTINGS in relation.types and relation.theirs.text == "parentId" and relation.ours.text == "id"
        for kind in rule.types
    ]
