"""Whether the hops of a path log to one workspace."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from auditor.lenses.paths.estate import Estate
from auditor.lenses.values import listing, text_at, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Unknown, parent_of

SETTINGS: Final = "microsoft.insights/diagnosticsettings"
READS: Final = frozenset({SETTINGS})


class Logs:
    """Diagnostic settings by the resource that they are of."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._settings: dict[str, list[str]] = defaultdict(list)  # ids
        for setting in estate.all(SETTINGS):
            self._settings[(parent_of(setting.id) or "").casefold()].append(setting.id)
        self._known: dict[str, tuple[set[str], Unknown | None]] = {}

    def _of(self, owner: str) -> tuple[set[str], Unknown | None]:
        """The workspaces that a resource logs to, and why there may be more."""
        found = self._known.get(owner)
        if found is None:
            found = self._known[owner] = self._read(owner)
        return found

    def _read(self, owner: str) -> tuple[set[str], Unknown | None]:
        workspaces: set[str] = set()
        unclear: Unknown | None = None
        settings = (self._estate.by_id(SETTINGS, one) for one in self._settings.get(owner, ()))
        for setting in filter(None, settings):
            logs, hidden = listing(setting.body, "properties", "logs")
            workspace = get(setting.body, "properties", "workspaceId")
            odd = hidden or (workspace if isinstance(workspace, Unknown) else None)
            states = [word(log, "enabled") for log in logs]
            odd = odd or next((state for state in states if isinstance(state, Unknown)), None)
            if odd:
                unclear = odd
            elif "true" in states and (named := text_at(setting.body, "properties", "workspaceId")):
                workspaces.add(named.casefold())
        return workspaces, unclear

    def of(self, resources: tuple[str, ...]) -> dict[str, Any]:
        """The workspaces that some resources log to, those that log to none, and whether one has it all.

        Nothing is said of `together` when one is silent: rules on that resource tell of it.
        """
        ids = list(dict.fromkeys(resources))
        each = [self._of(one.casefold())[0] for one in ids]
        shared = set.intersection(*each) if each else set()
        found: dict[str, Any] = {"workspaces": sorted(set().union(*each)), "silent": []}
        if shared:
            return found | {"together": True}
        for one, workspaces in zip(ids, each, strict=True):
            if workspaces:
                continue
            why = self._of(one.casefold())[1] or self._estate.hole(SETTINGS, one)
            if why:
                return found | {"together": why if isinstance(why, Unknown) else Unknown(why)}
            found["silent"].append(one)
        return found | ({} if found["silent"] else {"together": False})
