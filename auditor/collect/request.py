"""The outside world → resources and gaps. Read-only, honest about what it could not see.

A collector is a function that takes what is needed (`Needs`), where to look, and a `Book` to put what it reads in.
SDKs are imported inside functions. Nothing here judges, prints or writes to what it reads.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple, get_args

from auditor.model.errors import ConfigError

Way = Literal["workload", "secret", "certificate", "managed", "cli"]
WAYS: Final[tuple[Way, ...]] = get_args(Way)
"""To sign in to Azure, in the order in which they are tried: what somebody configured comes first."""
Extra = Literal["backend-health", "effective-routes", "entra-logs", "deployment-history"]
EXTRAS: Final[tuple[Extra, ...]] = get_args(Extra)
"""What is read only when it is asked for by `--with`."""

_GUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Scope(NamedTuple):
    """What the user asked for: one of the first three."""

    subscriptions: tuple[str, ...] = ()
    management_groups: tuple[str, ...] = ()
    everything: bool = False
    resource_groups: tuple[str, ...] = ()

    def check(self) -> None:
        """Raises `ConfigError` when the parts do not go together."""
        named = sum((bool(self.subscriptions), bool(self.management_groups), self.everything))
        if not named:
            raise ConfigError(
                "Nothing says which part of Azure to audit.",
                "Give --subscription, --management-group or --all; or files with --from.",
            )
        if named > 1:
            raise ConfigError(
                "--subscription, --management-group and --all exclude each other.", "Give one of them, or repeat one."
            )
        for name in (*self.subscriptions, *self.management_groups, *self.resource_groups):
            if not name or not name.isprintable() or set(name) & set("/?#%"):
                raise ConfigError(f"{name!r} is no name of a scope.", "Give ids of subscriptions, names of groups.")
        for name in self.subscriptions:
            if not _GUID.fullmatch(name):
                raise ConfigError(f"{name!r} is no id of a subscription.", "`az account list -o table` shows the ids.")


class Needs(NamedTuple):
    """What the selected rules need, as casefolded types.

    `logged` are the types whose diagnostic settings are asked for, `scattered` those that rules relate to by something
    else than their parent: they may lie anywhere. `configuration` are the keys of ConfigMaps whose values some rule
    reads, None for all.
    """

    types: frozenset[str]
    logged: frozenset[str] = frozenset()
    scattered: frozenset[str] = frozenset()
    configuration: frozenset[str] | None = None
