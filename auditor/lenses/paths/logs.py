"""Whether the hops of a path log to one workspace."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from auditor.lenses.paths.estate import Estate, listing, word
from auditor.lenses.sightings import get, text_at
from auditor.model import Unknown, parent_of

SETTINGS: Final = "microsoft.insights/diagnosticsettings"
READS: Final = frozenset({SETTINGS})


class Logs:
    """Diagnostic settings by the resource that they are of."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._workspaces: dict[str, set[str]] = defaultdict(set)
        self._unclear: dict[str, Unknown] = {}
        for setting in estate.all(SETTINGS):
            owner = (parent_of(setting.id) or "").casefold()
            logs, hidden = listing(setting.body, "properties", "logs")
            workspace = get(setting.body, "properties", "workspaceId")
            odd = hidden or (workspace if isinstance(workspace, Unknown) else None)
            states = [word(log, "enabled") for log in logs]
            odd = odd or next((state for state in states if isinstance(state, Unknown)), None)
            if odd:
                self._unclear[owner] = odd
            elif "true" in states and (named := text_at(setting.body, "properties", "workspaceId")):
                self._workspaces[owner].add(named.casefold())

    def of(self, resources: tuple[str, ...]) -> dict[str, Any]:
        """The workspaces that some resources log to, those that log to none, and whether one has it all.

        Nothing is said of `together` when one is silent: rules on that resource tell of it.
        """
        ids = list(dict.fromkeys(resources))
        each = [self._workspaces.get(one.casefold(), set()) for one in ids]
        shared = set.intersection(*each) if each else set()
        found: dict[str, Any] = {"workspaces": sorted(set().union(*each)), "silent": []}
        if shared:
            return found | {"together": True}
        for one, workspaces in zip(ids, each, strict=True):
            if workspaces:
                continue
            why = self._unclear.get(one.casefold()) or self._estate.hole(SETTINGS, one)
            if why:
                return found | {"together": why if isinstance(why, Unknown) else Unknown(why)}
            found["silent"].append(one)
        return found | ({} if found["silent"] else {"together": False})
