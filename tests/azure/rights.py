"""What the reader may see, beside everything: the holes in its rights."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field


@dataclass
class Rights:
    """`hidden` subscriptions are not there for the reader at all; `denied` are pairs of an action (with `*`) and the
    start of a scope; `vaults` name the Key Vaults that refuse, with the reason: `rbac`, `policy` or `firewall`;
    `workspaces` (customer ids) refuse queries. `opt_in` lets the two POST actions pass that need more than Reader,
    `assess` the writing of custom assessments."""

    hidden: set[str] = field(default_factory=set)
    denied: list[tuple[str, str]] = field(default_factory=list)
    vaults: dict[str, str] = field(default_factory=dict)
    workspaces: set[str] = field(default_factory=set)
    opt_in: bool = False
    assess: bool = False

    def may(self, action: str, scope: str) -> bool:
        """Whether the action is allowed at the scope."""
        action, scope = action.casefold(), scope.casefold()
        if any(f"/subscriptions/{hidden.casefold()}" in scope for hidden in self.hidden):
            return False
        return not any(
            fnmatch.fnmatchcase(action, pattern.casefold()) and scope.startswith(start.casefold())
            for pattern, start in self.denied
        )
