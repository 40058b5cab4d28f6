"""From what rules need to what must be read: tables of Resource Graph, children below parents, vaults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from auditor.collect.azure.children import CHILDREN, DIAGNOSTIC_SETTINGS, DIAGNOSTICS, ON_REQUEST, SAID_ELSEWHERE, Child
from auditor.collect.azure.tables import CERTIFICATES, GROUP, SUBSCRIPTION, TABLE_OF, VAULT_TYPE
from auditor.collect.request import Needs


class Plan(NamedTuple):
    """`tables`: table → casefolded types. `children`: casefolded parent → what hangs below it. `covers`: types that
    are looked at. `unsure`: types that Resource Graph may or may not hold. `unreadable`: types that nobody can read."""

    tables: dict[str, tuple[str, ...]]
    children: dict[str, tuple[Child, ...]]
    certificates: bool
    covers: frozenset[str]
    unsure: frozenset[str]
    unreadable: tuple[str, ...]

    def below(self, kind: str) -> set[str]:
        """The types that hang below one, at any depth, and cannot be read when it cannot."""
        found = {CERTIFICATES} if kind == VAULT_TYPE and self.certificates else set[str]()
        for child in self.children.get(kind, ()):
            found |= {child.type, *self.below(child.type.casefold())}
        return found

    def levels(self, kind: str) -> int:
        """How many levels of further reading hang below a type: what leads to most is to be read first."""
        found = [1 + child.each + self.levels(child.type.casefold()) for child in self.children.get(kind, ())]
        return max([2 if kind == VAULT_TYPE and self.certificates else 0, *found])

    def in_turn(self, kinds: Iterable[str]) -> list[tuple[str, ...]]:
        """Types of a table, in groups of a query each: first those that lead to most, so that it begins early."""
        by_levels: dict[int, list[str]] = defaultdict(list)
        for kind in kinds:
            by_levels[min(self.levels(kind), _MOST_TURNS - 1)].append(kind)
        return [tuple(by_levels[levels]) for levels in sorted(by_levels, reverse=True)]

    def above_groups(self) -> frozenset[str]:
        """The types of what lies above resource groups and not in them: a scope of groups has none of these."""
        tables = (kind for table in _ABOVE_GROUPS for kind in self.tables.get(table, ()))
        below = self.below(SUBSCRIPTION) - self.below(GROUP)
        return frozenset({SUBSCRIPTION, *tables, *(kind.casefold() for kind in below)})


_MOST_TURNS: Final = 3
"""Each costs a query of every table that has such types."""
_ABOVE_GROUPS: Final = ("resourcecontainers", "securityresources", "authorizationresources", "policyresources")


def asked_for(needs: Needs, extras: Sequence[str]) -> Needs:
    """The needs without what is read on request alone, and was not asked for."""
    unasked = (kind for name, kinds in ON_REQUEST.items() if name not in extras for kind in kinds)
    return needs._replace(types=needs.types.difference(unasked))


def plan_for(needs: Needs) -> Plan:
    """What to read for the Azure types among the needs."""
    by_type: dict[str, list[Child]] = defaultdict(list)
    for child in CHILDREN:
        by_type[child.type.casefold()].append(child)
    diagnostics = DIAGNOSTIC_SETTINGS.casefold()
    wanted = {kind for kind in needs.types if kind.startswith("microsoft.")}
    logged = {SUBSCRIPTION, *needs.logged} if diagnostics in wanted else set[str]()
    certificates = CERTIFICATES in wanted
    tables: dict[str, set[str]] = defaultdict(set)
    children: dict[str, set[Child]] = defaultdict(set)
    unsure, unreadable = set[str](), set[str]()
    pending = [*wanted, *logged, *([VAULT_TYPE] if certificates else [])]
    done: set[str] = set()
    while pending:
        kind = pending.pop()
        kind = SAID_ELSEWHERE.get(kind, kind)
        if kind in done or kind in (diagnostics, CERTIFICATES):
            continue
        done.add(kind)
        if kind in TABLE_OF:
            tables[TABLE_OF[kind]].add(kind)
        elif kind in by_type:
            for child in by_type[kind]:
                children[child.parent].add(child)
                pending.append(child.parent)
        elif kind.count("/") == 1:  # of a rule of the estate's own, perhaps
            tables["resources"].add(kind)
            unsure.add(kind)
        else:
            unreadable.add(kind)
    for kind in logged - unreadable:
        children[kind].add(DIAGNOSTICS)
    return Plan(
        tables={table: tuple(sorted(kinds)) for table, kinds in sorted(tables.items())},
        children={kind: tuple(sorted(found)) for kind, found in children.items()},
        certificates=certificates,
        covers=frozenset({*done, *wanted} - unsure - unreadable - SAID_ELSEWHERE.keys()),
        unsure=frozenset(unsure),
        unreadable=tuple(sorted(unreadable)),
    )


def batches(subscriptions: Iterable[str], streams: int = 4, most: int = 300) -> list[tuple[str, ...]]:
    """Subscriptions in groups for one query each: enough groups to read several at once, none beyond the limit."""
    names = sorted(subscriptions)
    size = max(1, min(most, -(-len(names) // streams)))
    if len(names) <= 20:
        size = 20
    return [tuple(names[at : at + size]) for at in range(0, len(names), size)]
