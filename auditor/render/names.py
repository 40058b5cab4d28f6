"""What a finding is called, in the formats that give it one line."""

from __future__ import annotations

import re
from typing import Final

from auditor.model.finding import Finding
from auditor.render.phrasing import place_of

FILES: Final = frozenset({"file", "plan", "template", "manifest", "change"})
"""Origins whose file is one that the user works on."""

# GitHub obeys a line that begins with `::`, or holds `##[`; Azure Pipelines one that holds `##vso[`.
_COMMAND = re.compile(r"^\s*:(?=:)|#(?=#(?:vso)?\[)", re.IGNORECASE)


def inert(line: str) -> str:
    """The line, such that CI that reads commands in its logs finds none: a space of no width comes between."""
    return _COMMAND.sub("\\g<0>\u200b", line)


def name_of(finding: Finding) -> str:
    """`agw (rg-net) · settings-1`: the resource, where it lies, the element."""
    place = place_of(finding.resource)
    name = f"{finding.resource.name} ({place})" if place else finding.resource.name
    return f"{name} · {finding.element}" if finding.element else name


def file_of(finding: Finding) -> tuple[str, int] | None:
    """The user's own file and the line, when the finding comes from one; the path with `/`, as repositories have it."""
    origin = finding.origin
    if not origin.file or origin.source not in FILES:
        return None
    return origin.file.replace("\\", "/").removeprefix("./"), max(origin.line or 1, 1)


def spot_of(finding: Finding) -> str | None:
    """`infra/main.tf:12`; of a plan without its source, `tfplan.json, azurerm_key_vault.kv`."""
    place, origin = file_of(finding), finding.origin
    if place is None:
        return None
    return f"{place[0]}, {origin.address}" if origin.address and not origin.line else f"{place[0]}:{place[1]}"
