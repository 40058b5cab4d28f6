"""The rights that reading a cluster needs, as the ClusterRole that grants them and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

VERBS: Final = ("list",)
_AS_IT_IS: Final = ("endpoints",)


def plural_of(kind: str) -> str:
    """The name of a kind in the API: English, in small letters. Where a server can be asked, it knows better."""
    kind = kind.casefold()
    if kind in _AS_IT_IS:
        return kind
    if kind.endswith(("s", "x", "ch", "sh")):
        return f"{kind}es"
    return f"{kind[:-1]}ies" if kind.endswith("y") and kind[-2:-1] not in "aeiou" else f"{kind}s"


def right_of(kind: str) -> str:
    """What is needed to read a casefolded type, as `kubectl auth can-i` puts it: `list deployments.apps`."""
    group, _, name = kind.partition("/")
    return f"{VERBS[0]} {plural_of(name)}{'' if group == 'core' else f'.{group}'}"


def cluster_role(types: Iterable[str], name: str = "auditor") -> dict[str, Any]:
    """The ClusterRole that reads casefolded types, in one form for one set of types."""
    groups: dict[str, list[str]] = defaultdict(list)
    for kind in types:
        group, _, plural = kind.partition("/")
        groups["" if group == "core" else group].append(plural_of(plural))
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [
            {"apiGroups": [group], "resources": sorted(set(plurals)), "verbs": list(VERBS)}
            for group, plurals in sorted(groups.items())
        ],
    }
