"""Conditions of rules that Front Door and the classic CDN deliver by: their kinds, and the values they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from auditor.plans.terraform.table import Attr, Block, Fixed


def conditions(to: str, kinds: Mapping[str, str]) -> tuple[Block, ...]:
    """The blocks of these names, each as an element of the array `to` that holds the kind of the condition."""
    return tuple(Block(names, to, (Fixed("name", kind), *_ASKED)) for names, kind in kinds.items())


_ASKED: Final = (
    Attr("match_values|values", "parameters.matchValues"),
    Attr("operator", "parameters.operator"),  # azurerm 5 negates by it: `NotEqual`
    Attr("negate_condition", "parameters.negateCondition", default=False),
)
