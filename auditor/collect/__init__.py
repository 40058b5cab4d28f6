"""The outside world → resources and gaps. Read-only, honest about what it could not see.

A collector is a function that takes what is needed (`Needs`), where to look, and a `Book` to put what it reads in.
SDKs are imported inside functions. Nothing here judges, prints or writes to what it reads.
"""

from __future__ import annotations

from typing import NamedTuple


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
