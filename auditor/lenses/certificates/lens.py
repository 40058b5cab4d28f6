"""The certificate lens: one `auditor/certificate` for each certificate of the estate, with every place of use.

Three steps: gather sightings resource by resource, read their material, put those of one certificate together. Two
sightings are of one certificate when the SHA-256 of the material is the same; without material when the thumbprint is
(also of material), or when one names the other's vault entry or Kubernetes Secret; else each place stands alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from auditor.lenses.certificates import azure_sources, kubernetes_sources
from auditor.lenses.certificates.certificate_locations import SecretKey, Sighting, Use, VaultRef, common_name_in
from auditor.lenses.certificates.times import lifetime, stamp
from auditor.lenses.derived import Scope, derived
from auditor.model.resource import Origin, Resource, Unknown, arm_scope

if TYPE_CHECKING:
    from auditor.lenses.certificates.certificate_store import Material

TYPE: Final = "auditor/certificate"

_SOURCES: Final[dict[str, Callable[[Resource], Iterator[Sighting]]]] = {
    "microsoft.network/applicationgateways": azure_sources.application_gateway,
    "microsoft.apimanagement/service": azure_sources.api_management,
    "microsoft.apimanagement/service/backends": azure_sources.api_management_backend,
    "microsoft.apimanagement/service/certificates": azure_sources.api_management_certificate,
    "microsoft.keyvault/vaults/certificates": azure_sources.key_vault_certificate,
    "microsoft.web/certificates": azure_sources.app_service_certificate,
    "auditor/handshake": azure_sources.handshake,
    "core/secret": kubernetes_sources.secret,
    "cert-manager.io/certificate": kubernetes_sources.cert_manager,
    "secrets-store.csi.x-k8s.io/secretproviderclass": kubernetes_sources.secret_provider_class,
    "admissionregistration.k8s.io/mutatingwebhookconfiguration": kubernetes_sources.webhook,
    "admissionregistration.k8s.io/validatingwebhookconfiguration": kubernetes_sources.webhook,
    "apiregistration.k8s.io/apiservice": kubernetes_sources.api_service,
}
_SERVING: Final[dict[str, Callable[[Resource], Iterator[kubernetes_sources.Served]]]] = {
    "networking.k8s.io/ingress": kubernetes_sources.ingress_hosts,
    "gateway.networking.k8s.io/gateway": kubernetes_sources.gateway_hosts,
    "networking.istio.io/gateway": kubernetes_sources.istio_hosts,
}
_TRUSTING: Final[dict[str, Callable[[Resource], Iterator[SecretKey]]]] = {
    "networking.k8s.io/ingress": kubernetes_sources.ingress_trusts,
    "gateway.networking.k8s.io/gateway": kubernetes_sources.gateway_trusts,
    "networking.istio.io/gateway": kubernetes_sources.istio_trusts,
}


@dataclass(slots=True)
class Seen:
    """A sighting without the body it came from, and what its material turned out to be."""

    place: str
    origin: Origin
    scope: Scope
    sighting: Sighting
    read: tuple[str, ...] = ()  # SHA-256, the leaf first; every authority of a trust store
    key: str = ""  # of its row


@dataclass(slots=True)
class Row:
    """A certificate in the making."""

    key: str
    first: Seen
    uses: list[Use] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


class Certificates:
    """The lens."""

    def __init__(self) -> None:
        self._seen: list[Seen] = []
        self._served: dict[SecretKey, list[str]] = defaultdict(list)
        self._trusted: set[SecretKey] = set()
        self._material: Material | None = None

    def take(self, resource: Resource) -> None:
        """Note where a resource keeps or uses certificates, and read them."""
        kind = resource.type.casefold()
        if kind in _SERVING:
            for secret, hosts in _SERVING[kind](resource):
                self._served[secret] += hosts
            self._trusted.update(_TRUSTING[kind](resource))
        elif kind in _SOURCES:
            for sighting in _SOURCES[kind](resource):
                found = Seen(_place(resource, sighting), resource.origin, arm_scope(resource.body), sighting)
                if sighting.text is not None:
                    if self._material is None:
                        from auditor.lenses.certificates.certificate_store import Material  # costs a tenth of a second

                        self._material = Material()
                    self._material.take(found)
                sighting.text = None
                self._seen.append(found)

    def derived(self) -> Iterator[Resource]:
        """The certificates of an estate."""
        if self._material:
            self._material.settle()
        _mark_trusted(self._seen, self._trusted)
        rows = _rows(self._seen, self._material)
        _join_vaults(self._seen, rows)
        _join_hosts(self._seen, self._served)
        for row in rows.values():
            yield _resource(row, self._material)


def _mark_trusted(seen: list[Seen], trusted: set[SecretKey]) -> None:
    """Say of the authorities in a Secret that somebody goes by them: else they only lie beside a certificate."""
    for found in seen:
        if found.sighting.authorities in trusted:
            for use in found.sighting.uses:
                use["kind"] = "trustedCa"


def _place(resource: Resource, sighting: Sighting) -> str:
    """An id for a certificate of which nothing is known but where it is."""
    element = sighting.uses[0].get("element")
    return "/".join(part for part in (resource.id.strip("/"), element) if part)


def _rows(seen: list[Seen], material: Material | None) -> dict[str, Row]:
    """Find the row of every sighting."""
    rows: dict[str, Row] = {}
    thumbprints = material.thumbprints if material else {}
    vaults: dict[VaultRef, Seen] = {}
    secrets: dict[SecretKey, Seen] = {}
    later: list[Seen] = []
    for found in seen:
        sighting = found.sighting
        if found.read:
            assert material is not None  # noqa: S101
            found.key = found.read[0]
            for sha256, use in material.parts(found):
                _add(rows, sha256, found, use)
        elif thumbprint := sighting.facts.get("thumbprint"):
            found.key = thumbprints.get(thumbprint, thumbprint)
            if not (sighting.doubtful and found.key not in rows):
                _add(rows, found.key, found, *sighting.uses)
        else:
            later.append(found)
            continue
        if sighting.own:
            vaults.setdefault(sighting.own.newest, found)
        if sighting.secret and sighting.uses[0]["kind"] == "tlsSecret":
            secrets[sighting.secret] = found
    for found in later:
        _follow(found, rows, vaults, secrets)
    return rows


def _follow(found: Seen, rows: dict[str, Row], vaults: dict[VaultRef, Seen], secrets: dict[SecretKey, Seen]) -> None:
    """The row of a sighting that shows neither material nor thumbprint: of its Secret, of its vault entry, its own."""
    sighting = found.sighting
    other = secrets.get(sighting.secret) if sighting.secret else None
    if other is None and sighting.vault:
        entry = vaults.get(sighting.vault.newest)
        if entry and entry.sighting.own and sighting.vault.version in ("", entry.sighting.own.version):
            other = entry
            if sighting.uses[0]["kind"] != "secretProviderClass":
                for use in sighting.uses:
                    use["assumed"] = True
    if other is None and sighting.doubtful:
        return
    found.key = other.key if other else found.place
    _add(rows, found.key, found, *sighting.uses)


def _add(rows: dict[str, Row], key: str, found: Seen, *uses: Use) -> None:
    row = rows.get(key)
    if row is None:
        row = rows[key] = Row(key, found)
    row.uses += uses
    for name, value in found.sighting.facts.items():
        row.facts.setdefault(name, value)


# --- joins --------------------------------------------------------------------------------------------------------


def _join_vaults(seen: list[Seen], rows: dict[str, Row]) -> None:
    """Say of every use that takes its certificate from a vault which one the vault holds now, and since when."""
    vaults = {found.sighting.own.newest: found for found in seen if found.sighting.own and found.key}
    if not vaults:
        return  # no vault was looked into
    for found in seen:
        reference = found.sighting.vault
        if reference is None or reference.version or not found.key:
            continue
        entry = vaults.get(reference)
        for use in found.sighting.uses:
            if use["kind"] == "secretProviderClass" and (entry is None or found.key not in rows):
                continue
            about = use["keyVault"]
            if entry is None:
                about["thumbprint"] = Unknown(f"no certificate {reference.name} was found in vault {reference.vault}")
                continue
            held = rows[entry.key].facts
            served_by_name = use.get("assumed") is True
            about["thumbprint"] = (
                Unknown("which version is served is not visible")
                if served_by_name
                else entry.sighting.facts.get("thumbprint")
                or held.get("thumbprint")
                or Unknown("the vault does not show the thumbprint")
            )
            since = entry.sighting.facts.get("vaultUpdated")
            if since:
                about["renewedAt"] = stamp(since)  # of an authority several rows have this use


_RANK: Final = {"tlsSecret": 0, "secretProviderClass": 1, "certManager": 2}


def _join_hosts(seen: list[Seen], served: dict[SecretKey, list[str]]) -> None:
    """Give the hosts of a Secret to the one use that stands for it best."""
    holders: dict[SecretKey, list[Use]] = defaultdict(list)
    for found in seen:
        if found.sighting.secret in served and found.key:
            holders[found.sighting.secret] += found.sighting.uses
    for secret, uses in holders.items():
        best = min(uses, key=lambda use: _RANK.get(use["kind"], 3))
        best["hosts"] = list(dict.fromkeys(served[secret]))


def _uncovered(names: Any, hosts: list[str]) -> list[str] | Unknown:
    """The hosts that no name of the certificate covers."""
    if not isinstance(names, list):
        if isinstance(names, Unknown):
            return names
        return Unknown("the names in the certificate are not visible here") if hosts else []
    left = [host for host in hosts if not covers(names, host)]
    patterns = [host for host in left if _PATTERN.search(host.removeprefix("*."))]
    if patterns and len(patterns) == len(left):
        return Unknown(f"{patterns[0]} stands for many hosts")
    return left


_PATTERN: Final = re.compile(r"[*?]")
"""Wildcards of Application Gateway that no certificate can have."""


def covers(names: Iterable[str], host: str) -> bool:
    """True when one of the names of a certificate is this host; a wildcard stands for one label (RFC 6125)."""
    host = host.casefold().rstrip(".")
    _label, _, parent = host.partition(".")
    return any(
        name == host or (name.startswith("*.") and name[2:] == parent and "*" not in host)
        for name in (name.casefold().rstrip(".") for name in names)
    )


# --- the resource -------------------------------------------------------------------------------------------------

_NOT_JUDGED_ELSEWHERE: Final = frozenset(
    {"listener", "chain", "trustedRoot", "clientCa", "tlsSecret", "trustedCa", "webhook", "probe"}
)
"""Kinds of use of which no other rule knows the dates: here nothing may be silent."""
_OF_MATERIAL: Final = (
    "subject", "issuer", "sans", "thumbprint", "sha256", "notBefore", "notAfter", "failFrom", "warnFrom", "lastParts",
    "lifetimeDays", "keyType", "keySize", "signatureAlgorithm", "signatureHash", "isCa", "selfSigned", "chain",
)  # fmt: skip
_MAY_LACK: Final = ("isCa", "failFrom", "warnFrom", "lastParts")


def _resource(row: Row, material: Material | None) -> Resource:
    properties: dict[str, Any] = {}
    if material and row.key in material.certificates:
        properties = material.properties(row.key)
    facts = {name: value for name, value in row.facts.items() if name != "vaultUpdated"}
    if "notAfter" not in properties:
        properties |= lifetime(facts.get("notBefore"), facts.get("notAfter"))
    for name, value in facts.items():
        properties.setdefault(name, stamp(value) if name == "renewsAt" else value)
    seeing = [use for use in row.uses if use["kind"] in _NOT_JUDGED_ELSEWHERE]
    if seeing:
        why = Unknown(row.first.sighting.problem or "the certificate itself is not visible here")
        for name in _OF_MATERIAL:
            if name not in properties and not ("sha256" in properties and name in _MAY_LACK):
                properties[name] = why
    names = properties.get("sans")
    for use in row.uses:
        if use.get("hosts") is not None:
            use["uncovered"] = _uncovered(names, use["hosts"])
    subject = properties.get("subject")
    common = properties.pop("commonName", None) or (common_name_in(subject) if isinstance(subject, str) else None)
    named = next((san for san in names if isinstance(san, str)), None) if isinstance(names, list) else None
    host = next((host for use in row.uses for host in use.get("hosts") or ()), None)
    name = (common if isinstance(common, str) else None) or named or host or row.uses[0]["name"]
    told = {**properties, "uses": row.uses}
    return derived(TYPE, f"/certificates/{row.key}", name, told, row.first.origin, row.first.scope)
