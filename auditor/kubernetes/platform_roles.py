"""What of roles and bindings is the platform's own: by name and content together, for an author chooses both names and
labels. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product
from typing import Any, Final, NamedTuple

from auditor.kubernetes.platform_permissions import AKS, KUBERNETES
from auditor.model.resource import MISSING, Resource, Unknown

_ROLES: Final = ("rbac.authorization.k8s.io/ClusterRole", "rbac.authorization.k8s.io/Role")
_BINDINGS: Final = ("rbac.authorization.k8s.io/ClusterRoleBinding", "rbac.authorization.k8s.io/RoleBinding")
_GIVERS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {"kubernetes": KUBERNETES, "aks": AKS}
_ENTRA_GROUP: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_URL: Final = "url"
_FILLED_IN: Final = Unknown("the cluster fills in the rules of a role with an aggregationRule")


class _Right(NamedTuple):
    groups: frozenset[str]
    resources: frozenset[str]
    verbs: frozenset[str]


def grants_of(resource: Resource) -> Any:
    """Of a role its rules, one for each resource that they name, with a `name` in words and `givenBy`: `kubernetes` or
    `aks` where the platform gives a role of this name that right, else absent. `MISSING` for anything else.

    Those of an aggregated role the cluster fills in from other roles: what is not of a cluster has an unknown one too.
    """
    if resource.type not in _ROLES:
        return MISSING
    rules = resource.body.get("rules")
    filled_in = [_FILLED_IN] if _is_filled_in_later(resource.body) else []
    if not isinstance(rules, list):
        return filled_in if filled_in and rules is None else rules
    return [grant for rule in rules for grant in _grants(rule, _key(resource))] + filled_in


def _is_filled_in_later(body: dict[str, Any]) -> bool:
    metadata = body.get("metadata")
    of_a_cluster = isinstance(metadata, dict) and metadata.get("uid")
    return body.get("aggregationRule") is not None and not of_a_cluster


def _key(resource: Resource) -> str:
    return resource.name if resource.namespace is None else f"{resource.namespace}/{resource.name}"


def _grants(rule: Any, role: str) -> Iterator[Any]:
    if not isinstance(rule, dict):
        yield rule
        return
    verbs = rule.get("verbs")
    named = ", ".join(map(str, verbs)) if isinstance(verbs, list) else "some verbs of"
    parts = [(key, one) for key in ("resources", "nonResourceURLs") for one in _listed(rule.get(key))]
    if not parts:  # an unknown list, or one of another shape
        yield rule
    for key, one in parts:
        other = "nonResourceURLs" if key == "resources" else "resources"
        grant = {name: value for name, value in rule.items() if name != other}
        grant |= {key: [one], "name": f"{named} {one}"}
        giver = _giver(grant, key, role)
        yield grant if giver is None else {**grant, "givenBy": giver}


def _giver(grant: dict[str, Any], key: str, role: str) -> str | None:
    """Who gives the role of this name this right, whatever the names of resources that the grant is limited to."""
    groups = _listed(grant.get("apiGroups")) if key == "resources" else [_URL]
    for giver, roles in _GIVERS.items():
        rights = _rights(giver, role) if role in roles else ()
        wanted = list(product(groups, grant[key], _listed(grant.get("verbs"))))
        if rights and wanted and all(any(_covers(right, *one) for right in rights) for one in wanted):
            return giver
    return None


def _covers(right: _Right, group: Any, resource: Any, verb: Any) -> bool:
    return all(
        isinstance(one, str) and (one in given or "*" in given)
        for one, given in ((group, right.groups), (resource, right.resources), (verb, right.verbs))
    )


@lru_cache(maxsize=256)
def _rights(giver: str, role: str) -> tuple[_Right, ...]:
    lines = [line.split("|") for line in _GIVERS[giver][role]]
    parts = [[frozenset("" if word == "core" else word for word in part.split()) for part in line] for line in lines]
    return tuple(_Right(*part) for part in parts)


def bound_to(resource: Resource) -> Any:
    """The subjects of a binding, each with `givenBy` where the platform itself makes a binding of this name from this
    role to this subject. `MISSING` for anything else."""
    if resource.type not in _BINDINGS:
        return MISSING
    subjects = resource.body.get("subjects")
    if not isinstance(subjects, list):
        return subjects
    role = resource.body.get("roleRef")
    binding = (_key(resource), role.get("name") if isinstance(role, dict) else None)
    return [_with_giver(subject, *binding) for subject in subjects]


def _with_giver(subject: Any, binding: str, role: Any) -> Any:
    if not isinstance(subject, dict):
        return subject
    kind, name = subject.get("kind"), subject.get("name")
    if (binding, role, kind, name) in _BOUND_BY_KUBERNETES:
        return {**subject, "givenBy": "kubernetes"}
    of_aks = (binding, role, kind, name) in _BOUND_BY_AKS or (
        (binding, role, kind) == _BOUND_TO_ADMINISTRATORS and isinstance(name, str) and _ENTRA_GROUP.fullmatch(name)
    )
    return {**subject, "givenBy": "aks"} if of_aks else subject


_BOUND_BY_KUBERNETES: Final = frozenset(
    {
        ("cluster-admin", "cluster-admin", "Group", "system:masters"),
        ("kubeadm:cluster-admins", "cluster-admin", "Group", "kubeadm:cluster-admins"),
        ("system:basic-user", "system:basic-user", "Group", "system:authenticated"),
        ("system:discovery", "system:discovery", "Group", "system:authenticated"),
        ("system:public-info-viewer", "system:public-info-viewer", "Group", "system:authenticated"),
        ("system:public-info-viewer", "system:public-info-viewer", "Group", "system:unauthenticated"),
        *(
            (name, name, "Group", "system:serviceaccounts")
            for name in ("system:service-account-issuer-discovery", "system:cluster-trust-bundle-discovery")
        ),
    }
)
_BOUND_BY_AKS: Final = frozenset(
    {
        ("aks-cluster-admin-binding", "cluster-admin", "User", "clusterAdmin"),
        ("aks-service-rolebinding", "aks-service", "User", "aks-support"),
    }
)
_BOUND_TO_ADMINISTRATORS: Final = ("aks-cluster-admin-binding-aad", "cluster-admin", "Group")
"""The groups of Entra ID that the cluster's `aadProfile` names as administrators."""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
