"""Azure, live: what rules need, from Resource Graph, Resource Manager, Key Vault and Log Analytics. Every call reads.

`plan` says what to read where, by `tables` and `children`; `jobs` and `leaves` read one thing each, with what `live`
holds; `calls` retries, `replies` says what an answer means; `book` (one level up) keeps what comes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditor.collect.azure.arm import Arm
from auditor.collect.azure.branch_jobs import ReadTable, below, interrupted, lost_by
from auditor.collect.azure.context import LANES, Live
from auditor.collect.azure.defender import Defender
from auditor.collect.azure.graph import Graph, Stream, query_of
from auditor.collect.azure.leaf_jobs import ReadPermissions
from auditor.collect.azure.log_queries import EVIDENCE
from auditor.collect.azure.logs import LANES as LOGS
from auditor.collect.azure.logs import questions_for, with_evidence
from auditor.collect.azure.network import ACTIONS, Network
from auditor.collect.azure.plan import asked_for, batches, plan_for
from auditor.collect.azure.scope import audited
from auditor.collect.azure.tables import ELSEWHERE, GROUP, SUBSCRIPTION
from auditor.collect.azure.tenant import EXTRA, TENANT, ReadTenant
from auditor.collect.azure.vaults import Vaults
from auditor.collect.collection_journal import Book
from auditor.collect.guard import within
from auditor.collect.request import Needs, Scope
from auditor.collect.workers import Job, run
from auditor.model.gap import Gap

if TYPE_CHECKING:
    from auditor.collect.azure.clouds import Cloud
    from auditor.collect.azure.sign_in import Credential


def collect(
    needs: Needs, scope: Scope, cloud: Cloud, credential: Credential, book: Book, extras: Sequence[str] = ()
) -> None:
    """Reads what is needed of the scope, and the `extras` of `network.ACTIONS`, `tenant` and `tables.ON_REQUEST`, into
    the book.

    Raises `InputError` when nothing of it can be read, `UnansweredError` when that was nobody's decision.
    """
    evidence = EVIDENCE.casefold() in needs.types
    needs = with_evidence(asked_for(needs, extras))
    actions = [ACTIONS[name] for name in extras if name in ACTIONS]
    plan = plan_for(needs._replace(types=needs.types.union(action.parent for action in actions)))
    arm = Arm(cloud, credential, book)
    graph = Graph(cloud, credential, book)
    subscriptions, places = within(
        lambda: audited(scope, graph, arm, book), book.going, "Asking Azure for its subscriptions"
    )
    names = [resource.id.rpartition("/")[2] for resource in subscriptions]
    vaults, defender = Vaults(cloud, credential, book), Defender(cloud, credential, arm, book)
    network = Network(cloud, credential, book)
    live = Live(plan, graph, arm, vaults, defender, network, book, needs.scattered, actions)
    groups = tuple(sorted({name.casefold() for name in scope.resource_groups}))
    skipped = plan.above_groups() if groups else frozenset[str]()
    tables = {table: tuple(kind for kind in kinds if kind not in skipped) for table, kinds in plan.tables.items()}
    asked = frozenset(kind for kinds in tables.values() for kind in kinds)
    jobs: list[Job] = [ReadPermissions(live, place, asked) for place in places]
    if groups:
        jobs += (job for place in places for job in below(live, GROUP, place, {}))
    else:
        jobs += (job for resource in subscriptions for job in below(live, SUBSCRIPTION, resource.id, resource.body))
    if EXTRA in extras:
        jobs.append(ReadTenant(live))
        book.looked_at([TENANT])
    for table, kinds in tables.items():
        for turn, types in enumerate(plan.in_turn(kind for kind in kinds if kind != SUBSCRIPTION)):  # are in the book
            query = query_of(table, types, groups)
            for number, part in enumerate(batches(names)):
                call = f"graph {table} {turn} {number:03}"
                jobs.append(ReadTable(live, Stream(call, table, types, query, {"subscriptions": part})))
    interrupted(run(jobs, LANES, book, lost_by, live.held), book)
    if evidence:
        interrupted(run(questions_for(cloud, credential, arm, book), LOGS, book, lost_by), book)
    elsewhere = frozenset[str]() if scope.everything else ELSEWHERE
    book.looked_at(plan.covers - skipped - elsewhere)
    book.looked_at(action.type for action in actions)
    book.looked_at(plan.unsure & live.seen)
    for kind in sorted({*plan.unreadable, *(plan.unsure - live.seen)}):
        book.gap(Gap(what="Azure", reason=_NOT_KNOWN, kind="unreadable", type=kind))
    if groups:
        for kind in sorted(needs.scattered & plan.covers - skipped):
            book.gap(Gap(what="Azure", reason=_OUTSIDE, kind="unreadable", type=kind))


_NOT_KNOWN = "where resources of this type are read is not known"
_OUTSIDE = "those outside of the resource groups were not read, and rules relate to them"
