"""Who may read the secrets of a vault: access policies, or roles where the vault goes by these. Pure.

https://learn.microsoft.com/azure/key-vault/general/rbac-guide
https://learn.microsoft.com/azure/key-vault/general/assign-access-policy
"""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

from auditor.lenses.coverage import Coverage
from auditor.lenses.truth import Truth
from auditor.lenses.values import hidden_in, items, listing, text_at, texts
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

ASSIGNMENTS: Final = "microsoft.authorization/roleassignments"
ROLES: Final = "microsoft.authorization/roledefinitions"
_ROLES_SINCE: Final = "2026-02-01"
"""Vaults that are made with this API version or a newer one go by roles unless they say not to.
https://learn.microsoft.com/azure/key-vault/general/access-control-default"""

_READ: Final = "microsoft.keyvault/vaults/secrets/getsecret/action"
_BUILT_IN: Final = frozenset(
    {
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",  # Key Vault Administrator
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",  # Key Vault Secrets Officer
        "4633458b-17de-408a-b874-0445c86b69e6",  # Key Vault Secrets User
        "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",  # Key Vault Certificate User
    }
)
"""Built-in roles that may read a secret.
https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security"""


class _Grant(NamedTuple):
    role: str  # the GUID of the definition
    scope: str
    group: bool
    conditional: bool
    hidden: Unknown | None  # what is not known of it


class Rights:
    """Role assignments and definitions; access policies are the vault's own."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self._grants: dict[str, list[_Grant]] = defaultdict(list)  # by object id
        self._anyones: list[_Grant] = []  # of groups, and of identities that are not known
        self._custom: dict[str, bool] = {}  # the GUID of a custom role → whether it reads secrets
        self._seen = False

    def take(self, kind: str, resource: Resource) -> None:
        """Keep an assignment or a definition of a role."""
        properties = get(resource.body, "properties")
        if kind == ROLES:
            self._custom[resource.name.casefold()] = _reads_secrets(properties)
        elif kind == ASSIGNMENTS:
            self._seen = True
            role = (text_at(properties, "roleDefinitionId") or "").rpartition("/")[2].casefold()
            scope = (text_at(properties, "scope") or "").casefold().rstrip("/")
            group = (text_at(properties, "principalType") or "").casefold() == "group"
            told = [get(properties, key) for key in ("roleDefinitionId", "scope", "principalId")]
            grant = _Grant(role, scope, group, bool(get(properties, "condition")), hidden_in(told))
            if group or isinstance(told[-1], Unknown):
                self._anyones.append(grant)
            else:
                self._grants[(text_at(properties, "principalId") or "").casefold()].append(grant)

    def may_read(self, principal: str, vault: Resource, names: list[str]) -> Truth:
        """Whether an identity, by its object id, may read all of these secrets."""
        properties = get(vault.body, "properties")
        by_roles = _uses_roles(vault.body)
        if isinstance(by_roles, Unknown):
            return by_roles
        return self._by_roles(principal, vault, names) if by_roles else _by_policies(principal, properties)

    def _by_roles(self, principal: str, vault: Resource, names: list[str]) -> Truth:
        own = vault.id.casefold()
        places = {f"{own}/secrets/{name}" for name in names}
        doubt: str | None = None
        for grant in (*self._grants.get(principal, ()), *self._anyones):
            reads = grant.role in _BUILT_IN or self._custom.get(grant.role, not grant.role and bool(grant.hidden))
            wide = _covers(grant.scope, own)
            if not reads or (wide is False and grant.scope not in places):
                continue
            if grant.hidden:
                doubt = doubt or grant.hidden.reason
            elif grant.group:
                doubt = doubt or "a group that may read it may hold the identity"
            elif grant.conditional:
                doubt = doubt or "the role is given under a condition"
            elif wide is None:
                doubt = doubt or "whether the management group of the role holds the vault was not read"
            elif wide:
                return True
            else:
                places.discard(grant.scope)
        if not places:
            return True
        doubt = doubt or self._coverage.hole(ASSIGNMENTS, self._seen, vault.id) or self._coverage.hole(ROLES, True)
        return Unknown(doubt) if doubt else False


def _uses_roles(vault: Any) -> Truth:
    """Whether roles say who may read. A template makes vaults with roles since an API version, unless told not to."""
    told = get(vault, "properties", "enableRbacAuthorization")
    if told is not None or get(vault, "properties", "provisioningState") is not None:
        return told if isinstance(told, Unknown) else told is True
    version = get(vault, "apiVersion")
    return version if isinstance(version, Unknown) else isinstance(version, str) and version >= _ROLES_SINCE


def _covers(scope: str, vault: str) -> bool | None:
    """Whether a scope holds a vault; None for a management group, of which it is not known."""
    if scope.startswith("/providers/microsoft.management/managementgroups/"):
        return None
    return not scope or vault == scope or vault.startswith(f"{scope}/")


def _reads_secrets(definition: Any) -> bool:
    for permission in items(definition, "permissions"):
        given, taken = (
            any(fnmatchcase(_READ, pattern.casefold()) for pattern in texts(permission, key))
            for key in ("dataActions", "notDataActions")
        )
        if given and not taken:
            return True
    return False


def _by_policies(principal: str, properties: Any) -> Truth:
    if get(properties, "accessPolicies") is None:
        return Unknown("the access policies were not read")
    policies, doubt = listing(properties, "accessPolicies")
    for policy in policies:
        doubt = doubt or hidden_in(get(policy, "permissions", "secrets"))
        if not any(right.casefold() in ("get", "all") for right in texts(policy, "permissions", "secrets")):
            continue
        holder = text_at(policy, "objectId")
        if holder and holder.casefold() == principal and not text_at(policy, "applicationId"):
            return True
        doubt = doubt or Unknown("an access policy may be of a group that holds the identity")
    return doubt or False
