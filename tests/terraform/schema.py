"""The attributes and blocks that azurerm and azapi have, as `extract.py` describes them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

VERSION = os.environ.get("AZURERM", "5")
AZAPI = {
    "body": ["s", "o", "345"], "id": ["s", "co", "345"], "location": ["s", "co", "345"], "name": ["s", "r", "345"],
    "parent_id": ["s", "co", "345"], "tags": ["ms", "co", "345"], "type": ["s", "r", "345"],
    "identity": ["list", "345", {"type": ["s", "r", "345"], "identity_ids": ["ls", "o", "345"]}],
}  # fmt: skip
"""What azapi 1 has of the attributes that matter here."""
SCHEMA: dict[str, Any] = {
    **json.loads((Path(__file__).parent / "azurerm.json").read_bytes()),
    "azapi_resource": AZAPI,
}


def present(schema: dict[str, Any]) -> dict[str, Any]:
    """The attributes and blocks of one version."""
    return {name: entry for name, entry in schema.items() if VERSION in entry[1 if is_block(entry) else 2]}


def is_block(entry: list[Any]) -> bool:
    return str(entry[0]).startswith(("list", "set"))


def flags_of(entry: list[Any]) -> str:
    """r(equired), o(ptional), c(omputed), as of the version."""
    if is_block(entry):
        return "co"
    flags = entry[1].split(",")
    return str(flags[entry[2].index(VERSION) if len(flags) > 1 else 0])
