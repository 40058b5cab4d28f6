"""The conditions of rules that Front Door and the classic CDN deliver by: which kinds there are, not what they ask."""

from __future__ import annotations

from collections.abc import Mapping

from auditor.plans.terraform_table import Block, Fixed


def conditions(to: str, kinds: Mapping[str, str]) -> tuple[Block, ...]:
    """The blocks of these names, each as an element of the array `to` that holds the kind of the condition."""
    return tuple(Block(names, to, (Fixed("name", kind),)) for names, kind in kinds.items())
