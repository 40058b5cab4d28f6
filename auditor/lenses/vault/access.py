"""The lens of vault access: may Application Gateway and API Management read the secrets that they name, and do they get
through to the vault? One `auditor/vaultAccess` for each reader, identity and vault. Pure.

Both poll the vault every four hours. When access is lost nothing breaks at once; the next renewal does not arrive, and
Application Gateway takes a listener off whose certificate it cannot read.
https://learn.microsoft.com/azure/application-gateway/key-vault-certs
https://learn.microsoft.com/azure/api-management/api-management-howto-use-managed-service-identity
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from auditor.lenses.certificates.certificate_locations import VaultRef, vault_ref
from auditor.lenses.coverage import Coverage
from auditor.lenses.derived import derived
from auditor.lenses.truth import Truth, truth_or
from auditor.lenses.values import hidden_in, items, listing, text_at, word
from auditor.lenses.vault.permissions import Rights
from auditor.model.case_insensitive import get
from auditor.model.projection import OF_AZURE, Fields
from auditor.model.resource import Resource, Unknown, arm_scope, parent_of

TYPE: Final = "auditor/vaultAccess"
GATEWAY: Final = "microsoft.network/applicationgateways"
SERVICE: Final = "microsoft.apimanagement/service"
VAULT: Final = "microsoft.keyvault/vaults"
IDENTITY: Final = "microsoft.managedidentity/userassignedidentities"
_CHILDREN: Final = frozenset(
    f"{SERVICE}/{scope}{kind}" for scope in ("", "workspaces/") for kind in ("namedvalues", "certificates")
)
_HELD: Final = (f"{VAULT}/certificates", f"{VAULT}/secrets")

_OF_VAULT: Final = Fields.named(
    f"{OF_AZURE} properties.accessPolicies properties.enableRbacAuthorization properties.networkAcls "
    "properties.privateEndpointConnections properties.provisioningState properties.publicNetworkAccess"
)
_OF_READER: Final = Fields.named(f"{OF_AZURE} identity properties.gatewayIPConfigurations")
_SHOWN: Final = 3


class Reader(NamedTuple):
    """Who reads. `client` is the client id of a user-assigned identity; empty: the only one, or that of the system."""

    resource: Resource
    client: str | Unknown

    @property
    def by_system(self) -> bool:
        """With the system-assigned identity; a gateway has none."""
        return self.client == "" and _is_service(self.resource)


class VaultAccess:
    """The lens."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self._rights = Rights(coverage)
        self._services: dict[str, Resource] = {}  # gateways and services by casefolded id
        self._named: list[
            tuple[str, str | Unknown, VaultRef]
        ] = []  # casefolded id of the reader, client id, what it reads
        self._vaults: dict[str, Resource] = {}  # by name
        self._identities: dict[str, dict[str, Any]] = {}
        self._states: dict[tuple[str, str], Any] = {}  # vault and secret → whether it is enabled

    def take(self, resource: Resource) -> None:
        """Keep what is needed of a resource."""
        kind, properties = resource.type.casefold(), get(resource.body, "properties")
        own = resource.id.casefold()
        if kind == GATEWAY:
            self._services[own] = _OF_READER.reduced(resource)
            for collection in ("sslCertificates", "trustedRootCertificates"):
                for item in items(properties, collection):
                    self._name(own, "", text_at(item, "properties", "keyVaultSecretId"))
        elif kind == SERVICE:
            self._services[own] = _OF_READER.reduced(resource)
            for item in items(properties, "hostnameConfigurations"):
                self._name(own, get(item, "identityClientId"), text_at(item, "keyVaultId"))
        elif kind in _CHILDREN:
            taken = get(properties, "keyVault")
            head, sep, tail = own.partition(f"/{SERVICE}/")
            above = f"{head}{sep}{tail.partition('/')[0]}"
            self._name(above, get(taken, "identityClientId"), text_at(taken, "secretIdentifier"))
        elif kind == VAULT:
            self._vaults[resource.name.casefold()] = _OF_VAULT.reduced(resource)
        elif kind == IDENTITY:
            self._identities[own] = {key: get(properties, key) for key in ("clientId", "principalId")}
        elif kind in _HELD:
            vault = (parent_of(resource.id) or "").rpartition("/")[2].casefold()
            self._states.setdefault((vault, resource.name.casefold()), get(properties, "attributes", "enabled"))
        else:
            self._rights.take(kind, resource)

    def _name(self, reader: str, client: Any, secret: str | None) -> None:
        if found := vault_ref(secret):
            known = client if isinstance(client, Unknown) else str(client or "").casefold()
            self._named.append((reader, known, found))

    def derived(self) -> Iterator[Resource]:
        """One for each reader, identity and vault."""
        wanted: dict[tuple[str, str | Unknown, str], dict[str, None]] = defaultdict(dict)
        for reader, client, ref in self._named:
            wanted[reader, client, ref.vault][ref.name] = None
        for (reader, client, vault), names in wanted.items():
            service = self._services.get(reader)
            if service is not None:
                yield self._proof(Reader(service, client), vault, list(names))

    def _proof(self, reader: Reader, vault_name: str, names: list[str]) -> Resource:
        service, vault = reader.resource, self._vaults.get(vault_name)
        identity = "system-assigned" if reader.by_system else "user-assigned"
        shown = ", ".join(names) if len(names) <= _SHOWN else f"{len(names)} secrets"
        told: dict[str, Any] = {
            "reader": service.id,
            "identity": identity,
            "vault": vault.id if vault else vault_name,
            "says": f"{service.name} takes {shown} from the vault {vault_name} with its {identity} identity",
            "secrets": [{"name": name} | self._state(vault_name, name) for name in names],
        }
        if vault is None:
            why = Unknown(self._coverage.hole(VAULT, True) or f"the vault {vault_name} was not read")
            told |= {"permitted": why, "reachable": why}
        else:
            told["permitted"] = self._permitted(self._principal(reader), vault, names)
            told["reachable"] = _reachable(reader, vault)
        label = reader.client if isinstance(reader.client, str) and reader.client else identity
        place, name = f"{service.id}/vaultAccess/{vault_name}/{label}", f"{service.name} → {vault_name}"
        return derived(TYPE, place, name, told, service.origin, arm_scope(service.body))

    def _permitted(self, principal: str | Unknown | None, vault: Resource, names: list[str]) -> Truth:
        if principal is None:
            return False
        return principal if isinstance(principal, Unknown) else self._rights.may_read(principal, vault, names)

    def _principal(self, reader: Reader) -> str | Unknown | None:
        """The object id of the identity that reads; None when there is surely none."""
        identity = get(reader.resource.body, "identity")
        given = get(identity, "userAssignedIdentities")
        for value in (reader.client, identity, given):
            if isinstance(value, Unknown):
                return value
        if reader.by_system:
            return _object_id(get(identity, "principalId"), word(identity, "type"))
        assigned = given if isinstance(given, dict) else {}
        for resource_id, about in assigned.items():
            client, principal = self._of_identity(resource_id, about)
            if not reader.client or client == reader.client:
                return (
                    principal if isinstance(principal, str) else Unknown(f"the object id of {resource_id} was not read")
                )
        if any(self._of_identity(one, about)[0] is None for one, about in assigned.items()):
            return Unknown("the client ids of the assigned identities were not read")
        return None

    def _of_identity(self, resource_id: str, about: Any) -> tuple[str | None, str | None]:
        """Client id and object id of an assigned identity."""
        places = [about, self._identities.get(resource_id.casefold())]
        client, principal = (
            next((found for place in places if (found := text_at(place, key))), None)
            for key in ("clientId", "principalId")
        )
        return (client.casefold() if client else None), (principal.casefold() if principal else None)

    def _state(self, vault: str, name: str) -> dict[str, Any]:
        """Whether a secret is enabled, where it says so."""
        state = self._states.get((vault, name))
        return {} if state is None else {"enabled": state}


def _is_service(resource: Resource) -> bool:
    return resource.type.casefold() == SERVICE


def _object_id(principal: Any, kind: str | Unknown) -> str | Unknown | None:
    if isinstance(principal, str) and principal:
        return principal.casefold()
    for value in (principal, kind):
        if isinstance(value, Unknown):
            return value
    assigned = "systemassigned" in str(kind)
    return Unknown("the object id of the system-assigned identity was not read") if assigned else None


# --- the way to the vault -----------------------------------------------------------------------------------------


def _reachable(reader: Reader, vault: Resource) -> Truth:
    """Whether the firewall of the vault lets the reader through.

    Trusted services pass where the vault lets them, whatever its public access. API Management counts as one with its
    system-assigned identity alone: behind a firewall it cannot use another.
    """
    properties = get(vault.body, "properties")
    access, rules = get(properties, "publicNetworkAccess"), get(properties, "networkAcls")
    for value in (access, rules, get(rules, "defaultAction"), get(rules, "bypass")):
        if isinstance(value, Unknown):
            return value
    folded = str(access or "Enabled").casefold()
    if folded == "securedbyperimeter":
        return Unknown("a network security perimeter decides who gets in")
    if folded != "disabled" and str(get(rules, "defaultAction") or "Allow").casefold() == "allow":
        return True
    trusted = str(get(rules, "bypass") or "AzureServices").casefold() == "azureservices"
    if _is_service(reader.resource):
        return reader.client if trusted and isinstance(reader.client, Unknown) else trusted and reader.by_system
    if trusted:
        return True
    admitted = False if folded == "disabled" else _is_admitted(reader, rules)
    return truth_or(admitted, *_endpoints(properties))


def _is_admitted(reader: Reader, rules: Any) -> Truth:
    """Whether the subnet of a gateway is among those that the firewall names."""
    named, more = listing(rules, "virtualNetworkRules")
    if not named:
        return more or False
    places, hidden = listing(reader.resource.body, "properties", "gatewayIPConfigurations")
    inside = [get(one, "properties", "subnet", "id") for one in places]
    ids = [get(one, "id") for one in named]
    subnets = {one.casefold() for one in inside if isinstance(one, str)}
    if any(isinstance(one, str) and one.casefold() in subnets for one in ids):
        return True
    return more or hidden or hidden_in(inside) or hidden_in(ids) or False


def _endpoints(properties: Any) -> Iterator[Truth]:
    """Of each private endpoint of a vault, whether it is approved."""
    connections, hidden = listing(properties, "privateEndpointConnections")
    if hidden:
        yield hidden
    for one in connections:
        status = word(one, "properties", "privateLinkServiceConnectionState", "status")
        yield status if isinstance(status, Unknown) else status == "approved"
