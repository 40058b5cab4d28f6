"""How the services write ids: not as the resource was created, and each in its own way."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from tests.azure.estate import Body, kind


def _small_groups(id_: str) -> str:
    return id_.replace("/resourceGroups/", "/resourcegroups/")


def _large_names(id_: str) -> str:
    """The name of the resource group in capitals."""
    return re.sub(r"(?<=/resourceGroups/)[^/]+", lambda found: found[0].upper(), id_, flags=re.IGNORECASE)


def _small_owner(id_: str) -> str:
    """What an extension resource belongs to in small letters."""
    owner, providers, own = id_.rpartition("/providers/")
    return f"{owner.casefold()}{providers}{own}"


WRITTEN: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("microsoft.cdn/", _small_groups),
    ("microsoft.compute/", _large_names),
    ("microsoft.containerservice/", _small_groups),
    ("microsoft.insights/diagnosticsettings", _small_owner),
    ("microsoft.keyvault/", _small_groups),
    ("microsoft.operationalinsights/", _small_groups),
)
"""How casefolded types begin, and what becomes of their ids."""


def as_written(body: Body) -> Body:
    """A body with its id as its service writes it, by Resource Manager and in Resource Graph."""
    if not isinstance(body.get("id"), str):
        return body
    write = next((write for start, write in WRITTEN if kind(body).startswith(start)), None)
    return body if write is None else {**body, "id": write(body["id"])}
