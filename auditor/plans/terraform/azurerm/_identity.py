"""The `identity` block, which most types share."""

from __future__ import annotations

from typing import Any, Final

from auditor.model.resource import Unknown
from auditor.plans.terraform.table import Attr, Block


def _assigned(ids: Any) -> Any:
    return {item: {} for item in ids if not isinstance(item, Unknown)} if isinstance(ids, list) else ids


IDENTITY: Final = Block(
    "identity",
    "identity",
    (Attr("type", "type"), Attr("identity_ids", "userAssignedIdentities", _assigned)),
)
