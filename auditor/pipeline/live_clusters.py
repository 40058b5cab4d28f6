"""Clusters of a live collection: their settings, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from auditor.collect.azure.clouds import Cloud
    from auditor.collect.azure.sign_in import Credential
    from auditor.collect.collection_journal import Book
    from auditor.collect.kubernetes.clusters import Cluster
    from auditor.collect.request import Needs
    from auditor.evaluate.bound_rule import Bound

AKS = "microsoft.containerservice/managedclusters"
_CONFIG_MAP = "core/configmap"


class ClusterSettings(NamedTuple):
    """Options and `auditor.yaml` together; an option wins."""

    contexts: tuple[str, ...] = ()
    kubeconfig: str | None = None
    in_cluster: str | None = None
    aks: bool = False
    tls_secrets: bool = False

    @property
    def wanted(self) -> bool:
        """Whether a cluster was named that can be read without Azure."""
        return bool(self.contexts or self.in_cluster)

    def shown(self) -> list[str]:
        """The clusters as an audit names its inputs."""
        found = [f"cluster {name}" if name != "all" else "every cluster of the kubeconfig" for name in self.contexts]
        found += [f"cluster {self.in_cluster}"] if self.in_cluster else []
        return found + (["the AKS clusters of these"] if self.aks else [])


def cluster_settings(given: Mapping[str, Any], config: Mapping[str, Any]) -> ClusterSettings:
    """Puts options and configuration together. Clusters are named in one place."""
    place = {} if named_by_options(given) else config
    return ClusterSettings(
        contexts=given["contexts"] or tuple(place.get("kubeContexts", ())),
        kubeconfig=given["kubeconfig"] or config.get("kubeconfig"),
        in_cluster=given["in_cluster"] or place.get("inCluster"),
        aks=given["aks"] or place.get("aks", False),
        tls_secrets=given["read_tls_secrets"] or config.get("readTlsSecrets", False),
    )


def named_by_options(given: Mapping[str, Any]) -> bool:
    """Whether an option names a cluster."""
    return bool(given["contexts"] or given["in_cluster"] or given["aks"])


def clusters_of(chosen: ClusterSettings) -> list[Cluster]:
    """The clusters that were named. Raises `ConfigError`."""
    from auditor.collect.kubernetes.clusters import check_installed, contexts_of, this_cluster

    if chosen.wanted or chosen.aks:
        check_installed()
    found = contexts_of(chosen.contexts, chosen.kubeconfig) if chosen.contexts else []
    return found + ([this_cluster(chosen.in_cluster)] if chosen.in_cluster else [])


def aks_of(chosen: ClusterSettings, azure: tuple[Cloud, Credential], book: Book) -> list[Cluster]:
    """The AKS clusters in what was read of Azure, when they were asked for."""
    if not chosen.aks:
        return []
    from auditor.collect.azure.arm import Arm
    from auditor.collect.kubernetes.aks import aks_clusters

    cloud, credential = azure
    return aks_clusters(book.of_type(AKS), Arm(cloud, credential, book), credential)


def gather(chosen: ClusterSettings, needs: Needs, clusters: Sequence[Cluster], book: Book) -> None:
    """Reads clusters into the book, each under its name once."""
    from auditor.collect.kubernetes.cluster_reader import Wanted
    from auditor.collect.kubernetes.collection import collect, is_kubernetes

    types = frozenset(filter(is_kubernetes, needs.types))
    named = {cluster.name: cluster for cluster in reversed(clusters)}
    wanted = Wanted(types, chosen.tls_secrets, needs.configuration)
    collect(wanted, list(named.values())[::-1], book)


def configuration_keys(rules: Sequence[Bound]) -> frozenset[str] | None:
    """The keys of ConfigMaps whose values some rule reads; None when one reads all of them."""
    from auditor.evaluate.conditions.index_fields import read_paths

    keys: set[str] = set()
    for rule in rules:
        if any(_CONFIG_MAP in relation.types for relation in rule.relations):
            return None
        if _CONFIG_MAP not in rule.types:
            continue
        for node in (rule.when, rule.condition):
            for path in read_paths(node) if node is not None else ():
                if path[:1] in (("data",), ("binaryData",)):
                    if len(path) == 1:
                        return None
                    keys.add(path[1])
                elif not path:
                    return None
    return frozenset(keys)
