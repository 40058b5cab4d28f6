"""What every reading of a live collection needs: the clients, the plan, the book, and how a failure is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from auditor.collect.azure.arm import SOURCE as ARM
from auditor.collect.azure.arm import THREADS, Arm
from auditor.collect.azure.defender import Defender
from auditor.collect.azure.graph import SOURCE as GRAPH
from auditor.collect.azure.graph import Graph
from auditor.collect.azure.network import SOURCE as NETWORK
from auditor.collect.azure.network import Action, Network
from auditor.collect.azure.plan import Plan
from auditor.collect.azure.replies import CallFailed
from auditor.collect.azure.vaults import SOURCE as VAULT
from auditor.collect.azure.vaults import Vaults
from auditor.collect.collection_journal import Book
from auditor.model.gap import Gap

LANES: Final = {GRAPH: 4, ARM: THREADS, VAULT: 6, NETWORK: 4}
"""How many threads read at once. Resource Graph is held back by its quota, the others by their answers' time."""


@dataclass
class Live:
    """What every job needs."""

    plan: Plan
    graph: Graph
    arm: Arm
    vaults: Vaults
    defender: Defender
    network: Network
    book: Book
    everywhere: frozenset[str]
    """Casefolded types that rules relate to from other places than their parent."""
    actions: Sequence[Action] = ()
    """What is asked of the network."""
    seen: set[str] = field(default_factory=set)
    """Casefolded types of which Resource Graph gave at least one."""
    refused: set[tuple[str, str]] = field(default_factory=set)
    """Type and casefolded subscription of which the preview was refused."""
    priced: set[str] = field(default_factory=set)
    """Casefolded subscriptions of which Resource Graph gave a plan of Defender."""

    def held(self, lane: str, pace: str) -> bool:
        """Whether calls of Resource Manager to a subscription have to wait; other services say so call by call."""
        return lane == ARM and bool(pace) and self.arm.held(pace)

    def failed(self, what: str, failure: CallFailed, types: Iterable[str], call: str) -> None:
        """One gap for each type that is incomplete below a place; everywhere, when rules look for it from elsewhere."""
        for kind in sorted(set(types)):
            wide = kind.casefold() in self.everywhere and what.count("/") > 2  # not a subscription
            reason = f"{call}: {failure.reason}"
            self.book.gap(Gap(what=f"GET {what}" if wide else what, reason=reason, kind=failure.kind, type=kind))
