"""What the reader may see, beside everything: the holes in its rights."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field


@dataclass
class Rights:
    """`hidden` subscriptions are not there for the reader at all; `only` are the scopes at which it has the role
    Reader (None: everywhere); `denied` are pairs of an action (with `*`) and the start of a scope; `vaults` name the
    Key Vaults that refuse, with the reason: `rbac`, `policy`, `firewall` or `connection`; `workspaces` (customer ids)
    refuse queries. `opt_in` lets pass what needs more than Reader in the scope: the two POST
    actions, and the logs of Entra ID; `assess` the writing of custom assessments."""

    hidden: set[str] = field(default_factory=set)
    only: set[str] | None = None
    denied: list[tuple[str, str]] = field(default_factory=list)
    vaults: dict[str, str] = field(default_factory=dict)
    workspaces: set[str] = field(default_factory=set)
    opt_in: bool = False
    assess: bool = False

    @property
    def whole(self) -> bool:
        """Whether there is nothing that the reader may not see."""
        return not self.hidden and self.only is None and not self.denied

    def may(self, action: str, scope: str) -> bool:
        """Whether the action is allowed at the scope."""
        action, scope = action.casefold(), scope.casefold()
        if any(f"/subscriptions/{hidden.casefold()}" in scope for hidden in self.hidden):
            return False
        if not self.reads(scope):
            return False
        return not any(
            fnmatch.fnmatchcase(action, pattern.casefold()) and scope.startswith(start.casefold())
            for pattern, start in self.denied
        )

    def reads(self, scope: str) -> bool:
        """Whether Reader holds at the scope."""
        place = f"{scope.casefold()}/"
        return self.only is None or any(place.startswith(f"{held.casefold()}/") for held in self.only)

    def touches(self, subscription: str) -> bool:
        """Whether the reader has a role somewhere in a subscription: then it sees that there is one."""
        if subscription.casefold() in {hidden.casefold() for hidden in self.hidden}:
            return False
        place = f"/subscriptions/{subscription.casefold()}"
        return self.reads(place) or any(f"{held.casefold()}/".startswith(f"{place}/") for held in self.only or ())
