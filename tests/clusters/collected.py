"""One collection of clusters, in this process: what it brought, and what it could not read."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from auditor.collect.collection_journal import Book
from auditor.collect.kubernetes.cluster_reader import Wanted
from auditor.collect.kubernetes.clusters import contexts_of
from auditor.collect.kubernetes.collection import collect
from auditor.collect.kubernetes.connection import PATIENCE, Patience
from auditor.model.resource import Resource
from tests.clusters.faulty import Plan, before
from tests.clusters.server import ADMIN, Server

HASTY = Patience(connect=0.5, silence=1, answer=2, cluster=6)
"""Only where nothing hangs on what the real server answers: on a busy machine it may take longer."""
TYPES = {
    "core/configmap",
    "core/namespace",
    "core/serviceaccount",
    "apps/deployment",
    "batch/cronjob",
    "rbac.authorization.k8s.io/clusterrole",
    "gateway.networking.k8s.io/gateway",
    "gateway.networking.k8s.io/referencegrant",
    "gateway.networking.k8s.io/httproute",
    "security.istio.io/peerauthentication",
}


class Read:
    """What a collection brought."""

    def __init__(self, book: Book) -> None:
        self.resources = list(book)
        self.gaps = sorted(book.gaps, key=lambda gap: (gap.what, gap.type or "", gap.reason))
        self.covers = book.covers

    def of(self, kind: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.type == kind]

    @property
    def ids(self) -> list[str]:
        return [resource.id for resource in self.resources]


def read(
    folder: Path,
    kubeconfig: Path,
    *contexts: str,
    types: set[str] = TYPES,
    patience: Patience = PATIENCE,
    page: int = 500,
    seconds: float = 60,
    **wanted: Any,
) -> Read:
    clusters = contexts_of(contexts or ("all",), str(kubeconfig))
    with Book(folder / f"journal-{time.monotonic_ns()}", {}, until=time.monotonic() + seconds) as book:
        collect(Wanted(frozenset(types), **wanted), clusters, book, patience, page)
        return Read(book)


def through(cluster: Server, folder: Path, plan: Plan, **more: Any) -> tuple[Read, list[str]]:
    """What is read through a proxy with faults, and what was asked for."""
    with before(cluster, plan) as proxy:
        found = read(folder, cluster.kubeconfig(folder / "faulty", ("prod", ADMIN), server=proxy.url), **more)
        return found, proxy.asked
