"""Who owns what: from tags of Azure, labels and annotations of Kubernetes.

A resource without an owner of its own has that of what holds it: the resource above it, its resource group or
namespace, its subscription.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import msgspec

from auditor.model.finding import ResourceRef
from auditor.model.finding_store import Findings
from auditor.model.resource import Resource, parent_of

OWNER_TAGS: Final = ("owner", "ownername", "team", "opsteam", "contact")
"""Tags that name an owner unless the estate says which do; those before win. Owner and OpsTeam are of Microsoft's Cloud
Adoption Framework (learn.microsoft.com/azure/cloud-adoption-framework/ready/azure-best-practices/resource-tagging)."""
_SCOPES: Final = frozenset(
    {
        "microsoft.resources/subscriptions",
        "microsoft.resources/subscriptions/resourcegroups",
        "microsoft.resources/resourcegroups",
        "core/namespace",
    }
)


def owner_of(resource: Resource, tags: tuple[str, ...]) -> str | None:
    """The owner that a resource names itself. `tags` are casefolded, the first that is there wins.

    Of `example.org/team`, as keys of Kubernetes look, the last part counts.
    """
    held = [resource.body.get("tags")]
    if resource.is_kubernetes:
        metadata = resource.body.get("metadata")
        held = [metadata.get("labels"), metadata.get("annotations")] if isinstance(metadata, dict) else []
    for named in held:
        if not isinstance(named, dict) or not named:
            continue
        ranks = _ranks(tags)
        naming = {rank: value for key, value in named.items() if (rank := ranks[key]) is not None}  # alike: the last
        for _rank, value in sorted(naming.items(), key=_first):
            if isinstance(value, str) and value.strip():
                return value.strip()
    return None


class _Ranks(dict[Any, int | None]):
    """Key of a tag or label → which of the tags that name an owner it is, 0 being the best; None: it is none of them.

    Keys recur, so they are remembered.
    """

    def __init__(self, tags: tuple[str, ...]) -> None:
        super().__init__()
        self._tags = tags

    def __missing__(self, key: Any) -> int | None:
        last = str(key).rpartition("/")[2].casefold()
        rank = self._tags.index(last) if last in self._tags else None
        if len(self) < _MOST_KEYS:
            self[key] = rank
        return rank


_ranks: Final = lru_cache(maxsize=8)(_Ranks)  # an audit has one set of tags
_first: Final = itemgetter(0)
_MOST_KEYS: Final = 4096


class Holders:
    """The owners of what may hold other resources: scopes, and types that have judged types below them."""

    def __init__(self, tags: tuple[str, ...], judged: Iterable[str]) -> None:
        self.types = _SCOPES | {above for kind in judged for above in _above(kind)} if tags else frozenset[str]()
        self.owners: dict[str, str] = {}  # casefolded id → owner
        self._tags = tags

    def add(self, resource: Resource) -> None:
        """Note the owner of a resource that may hold others."""
        if self.types and resource.type.casefold() in self.types:
            owner = owner_of(resource, self._tags)
            if owner:
                self.owners[resource.id.casefold()] = owner


def _above(kind: str) -> list[str]:
    """`microsoft.sql/servers/databases` → `microsoft.sql/servers`."""
    parts = kind.split("/")
    return ["/".join(parts[:length]) for length in range(2, len(parts))] if kind.startswith("microsoft.") else []


class _Owned(msgspec.Struct):
    """What must be known of a finding to say whose it is."""

    resource: ResourceRef
    owner: str | None = None


_OWNED: Final = msgspec.json.Decoder(_Owned)


def inherit(findings: Findings, owners: dict[str, str]) -> None:
    """Give findings without an owner that of the nearest holder. `owners` is casefolded id → owner."""
    if not owners:
        return
    known: dict[str, bytes] = {}

    def owned(line: bytes) -> bytes:
        found = _OWNED.decode(line)
        if found.owner is not None:
            return line
        resource = found.resource
        if resource.id not in known:
            known.clear()  # findings come resource by resource
            owner = next((owners[held] for held in _holders(resource) if held in owners), None)
            known[resource.id] = b"" if owner is None else b',"owner":' + msgspec.json.encode(owner)
        return line[:-1] + known[resource.id] + b"}" if known[resource.id] else line

    findings.rewrite(owned)


def _holders(resource: ResourceRef) -> Iterable[str]:
    """Casefolded ids of what holds a resource, nearest first."""
    if resource.namespace:
        cluster = resource.id.split("/", 3)[2]
        yield f"/clusters/{cluster}/core/Namespace/{resource.namespace}".casefold()
        return
    above: Any = parent_of(resource.id)
    while above:
        yield above.casefold()
        above = parent_of(above)
    subscription = f"/subscriptions/{resource.subscription_id}".casefold()
    yield f"{subscription}/resourcegroups/{resource.resource_group}".casefold()
    yield subscription
