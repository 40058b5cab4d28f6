"""Asks Azure and clusters which of the required permissions this identity has, without reading anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.pipeline import live_clusters, live_collection

if TYPE_CHECKING:
    from auditor.collect.azure.clouds import Cloud
    from auditor.collect.azure.sign_in import Credential
    from auditor.collect.collection_journal import Book
    from auditor.collect.permission_report import Right
    from auditor.collect.request import Needs


def role_text(needs: Needs, *, tls_secrets: bool = False) -> str:
    """The ClusterRole for some needs, as YAML."""
    import yaml

    from auditor.collect.kubernetes.cluster_reader import Wanted
    from auditor.collect.kubernetes.collection import is_kubernetes
    from auditor.collect.kubernetes.role import cluster_role

    types = Wanted(frozenset(filter(is_kubernetes, needs.types)), tls_secrets).readable
    head = "# What auditor reads of a cluster. Written by: auditor preflight --cluster-role\n"
    return head + yaml.safe_dump(cluster_role(types), sort_keys=False)


def rights_of(wanted: live_collection.LiveSettings, needs: Needs, book: Book) -> list[Right]:
    from auditor.collect.kubernetes.access import access
    from auditor.collect.kubernetes.cluster_reader import Wanted
    from auditor.collect.kubernetes.collection import is_kubernetes
    from auditor.collect.permission_report import Right

    azure = live_collection.signed_in(wanted, book.until) if wanted.of_azure else None
    clusters = live_clusters.clusters_of(wanted.clusters)
    found = []
    if azure:
        found = _azure(wanted, needs, azure, book)
        clusters += live_clusters.aks_of(wanted.clusters, azure, book)
    types = Wanted(frozenset(filter(is_kubernetes, needs.types)), wanted.clusters.tls_secrets).readable
    return found + [
        Right(place=f"/clusters/{one.cluster}", type=one.type, right=one.right, allowed=one.allowed, reason=one.reason)
        for one in (access(types, clusters, book) if clusters else [])
    ]


def _azure(
    wanted: live_collection.LiveSettings, needs: Needs, azure: tuple[Cloud, Credential], book: Book
) -> list[Right]:
    from auditor.collect.azure.access import access
    from auditor.collect.guard import within
    from auditor.collect.permission_report import Right

    asked = within(
        lambda: access(needs, wanted.scope, *azure, book, wanted.extras, wanted.clusters.aks),
        book.going,
        "Asking Azure for the rights of this identity",
    )
    return [
        Right(place=one.place, type=one.type, right=one.right, allowed=one.allowed, reason=one.reason) for one in asked
    ]


def types_of(needs: Needs) -> frozenset[str]:
    """What has to be read for a rule: what it judges and relates to, and what these hang below."""
    from auditor.collect.azure.access import types_read

    return needs.types | types_read(needs)
