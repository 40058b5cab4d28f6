"""What the kubernetes provider computes where nobody writes it: unknown in a plan, and absent in truth. Pure.

A container without `resources` has them "known after apply", as its pull policy and the account of its pod: the
provider takes over what the API server answers. The configuration tells that nobody wrote them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from auditor.model.resource import Unknown

_COMPUTED: Final = frozenset({"image_pull_policy", "limits", "requests", "resources", "service_account_name"})


def without_unwritten(block: dict[str, Any], written: Mapping[str, Any] | None) -> dict[str, Any]:
    """A block without what is unknown only because the provider computes it; as it is where the configuration is not
    known. `written`: the expressions of the configuration for the same block."""
    if written is None:
        return block
    return {
        key: _inside(value, written.get(key))
        for key, value in block.items()
        if not (isinstance(value, Unknown) and key in _COMPUTED and key not in written)
    }


def _inside(value: Any, written: Any) -> Any:
    """Blocks one by one. Where the configuration has fewer some are dynamic, and which is which is not told."""
    if not isinstance(value, list) or not isinstance(written, list) or len(value) != len(written):
        return value
    pairs = zip(value, written, strict=True)
    return [
        without_unwritten(block, given) if isinstance(block, dict) and isinstance(given, dict) else block
        for block, given in pairs
    ]
