"""Asks Resource Manager what the asking identity may read, without reading it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from auditor.collect.azure.arm import Arm
from auditor.collect.azure.graph import Graph, Stream, query_of
from auditor.collect.azure.log_queries import EVIDENCE
from auditor.collect.azure.logs import RIGHT as QUERY
from auditor.collect.azure.logs import with_evidence
from auditor.collect.azure.network import ACTIONS
from auditor.collect.azure.permissions import Permissions, is_granted, may_read, permissions_at
from auditor.collect.azure.plan import asked_for, batches, plan_for
from auditor.collect.azure.replies import CallFailed
from auditor.collect.azure.scope import audited
from auditor.collect.azure.tables import CERTIFICATES
from auditor.collect.azure.tenant import EXTRA, GRANTED, PLACE, RIGHT, TENANT
from auditor.collect.collection_journal import Book
from auditor.collect.request import Needs, Scope

if TYPE_CHECKING:
    from auditor.collect.azure.clouds import Cloud
    from auditor.collect.azure.sign_in import Credential

_CLUSTER: Final = "microsoft.containerservice/managedclusters"
_KUBECONFIG: Final = "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"
_BY_VAULT: Final = "a vault may grant it by an access policy of its own, or by a role there"


class Access(NamedTuple):
    """Whether a casefolded type may be read at a place; None when that cannot be said, for a reason."""

    place: str
    type: str
    right: str
    allowed: bool | None
    reason: str | None = None


def types_read(needs: Needs) -> frozenset[str]:
    """The casefolded Azure types that are read for some needs: parents of children are among them."""
    found = plan_for(with_evidence(needs)).covers
    return found | {EVIDENCE.casefold()} if EVIDENCE.casefold() in needs.types else found


def access(
    needs: Needs, scope: Scope, cloud: Cloud, credential: Credential, book: Book, extras: Sequence[str], aks: bool
) -> list[Access]:
    """What may be read at each subscription or resource group of the scope. Raises `InputError` when none is there.

    With `aks` its AKS clusters are in the book after that.
    """
    arm, graph = Arm(cloud, credential, book), Graph(cloud, credential, book)
    subscriptions, places = audited(scope, graph, arm, book)
    needs = asked_for(needs, extras)
    types = types_read(needs)
    if scope.resource_groups:
        types -= plan_for(with_evidence(needs)).above_groups()
    found: list[Access] = []
    for place in places:
        try:
            given = permissions_at(place, arm)
        except CallFailed as failure:
            found += (one._replace(allowed=None, reason=failure.reason) for one in _of(place, types, extras, aks, ()))
        else:
            found += _of(place, types, extras, aks, given)
    if aks:
        found += _clusters([resource.id.rpartition("/")[2] for resource in subscriptions], scope, graph)
    if EXTRA in extras:
        found.append(Access(PLACE, TENANT, RIGHT, None, GRANTED))
    for gap in book.every_gap():
        found += (one._replace(allowed=None, reason=gap.reason) for one in _of(gap.what, types, extras, aks, ()))
    return found


def _clusters(subscriptions: Sequence[str], scope: Scope, graph: Graph) -> Iterator[Access]:
    """Reads the AKS clusters into the book; tells only what went wrong."""
    query = query_of("resources", [_CLUSTER], sorted({name.casefold() for name in scope.resource_groups}))
    for number, part in enumerate(batches(subscriptions)):
        stream = Stream(f"graph clusters {number:03}", "resources", (_CLUSTER,), query, {"subscriptions": part})
        try:
            for _ in graph.every(stream):
                pass
        except CallFailed as failure:
            yield Access("Resource Graph", _CLUSTER, f"{_CLUSTER}/read", None, failure.reason)


def _of(place: str, types: frozenset[str], extras: Sequence[str], aks: bool, given: Permissions) -> Iterator[Access]:
    """The rights that are needed at a place, and whether they are among those that are given."""
    for kind in sorted(types):
        if kind == EVIDENCE.casefold():
            yield Access(place, kind, QUERY, is_granted(QUERY, given))
        elif kind == CERTIFICATES:
            allowed = is_granted(f"{kind}/read", given, data=True)
            yield Access(place, kind, f"{kind}/read", allowed or None, None if allowed else _BY_VAULT)
        else:
            yield Access(place, kind, f"{kind}/read", may_read(kind, given))
    for name in extras:
        action = ACTIONS.get(name)
        if action is None:
            continue  # of the tenant, at no place of the scope, or among the types
        yield Access(place, action.type.casefold(), action.right, is_granted(action.right, given))
    if aks:
        yield Access(place, _CLUSTER, _KUBECONFIG, is_granted(_KUBECONFIG, given))
