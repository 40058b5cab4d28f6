"""Certificates on the way: what an end serves, whether a name is in it, and whether a trust store holds its issuer.

Everything rests on public material and thumbprints found in the estate; signatures are verified, names alone prove
nothing. What is not visible is unknown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from auditor.lenses.certificates.certificate_locations import SecretKey, VaultRef, thumbprint_of, vault_ref
from auditor.lenses.certificates.chains import Chains
from auditor.lenses.certificates.kubernetes_sources import secret_provider_class
from auditor.lenses.certificates.lens import covers
from auditor.lenses.certificates.times import stamp
from auditor.lenses.certificates.x509 import Bundle, Certificate, leaf_of, properties_of, read_bundle, subject_of
from auditor.lenses.paths.estate import Estate
from auditor.lenses.truth import Truth
from auditor.lenses.values import items, listing, moment, text_at, texts
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown, parent_of

VAULT: Final = "microsoft.keyvault/vaults/certificates"
SECRET, CONFIG = "core/secret", "core/configmap"
MANAGED: Final = "cert-manager.io/certificate"
MOUNTED: Final = "secrets-store.csi.x-k8s.io/secretproviderclass"
READS: Final = frozenset({VAULT, SECRET, CONFIG, MANAGED, MOUNTED})
GATEWAY: Final = "microsoft.network/applicationgateways"
_IN_GATEWAYS: Final = (
    ("sslCertificates", "publicCertData"),
    ("trustedRootCertificates", "data"),
    ("trustedClientCertificates", "data"),
)

Store = tuple[frozenset[str], bool]
"""The thumbprints that are trusted, and whether all are known."""


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """A certificate that some end serves or sends. `names` and `ends` are unknown when nothing shows them."""

    id: str
    name: str
    names: tuple[str, ...] | Unknown
    ends: str | Unknown
    leaf: Certificate | None = None
    sent: tuple[Certificate, ...] = ()
    public: bool = False

    def bears(self, host: str) -> Truth:
        """Whether a host is among its names."""
        if isinstance(self.names, Unknown):
            return self.names
        found = covers(self.names, host)
        if not found and any(sign in host.removeprefix("*.") for sign in "*?"):
            return Unknown(f"{host} stands for hosts that no certificate names as such")
        return found


class Trust:
    """The certificates of the estate."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._bundles: dict[bytes, Bundle] = {}
        self._known: dict[str, Certificate] = {}  # by thumbprint
        self._served: dict[str, Served] = {}  # by SHA-256 of the leaf and what is sent with it
        self._shown: dict[Served, dict[str, Any]] = {}
        self._chains = Chains()
        gaps = (estate.gap(kind, "") for kind in (CONFIG, SECRET, VAULT))
        self._unread = next(filter(None, gaps), None)  # the first place where an authority may be that cannot be read
        self._vaults: dict[VaultRef, str] = {}  # the id of the certificate
        self._mounted: dict[SecretKey, VaultRef] = {}
        self._managed: dict[SecretKey, Resource] = {}
        for resource in estate.all(VAULT):
            self._vaults[_vault_of(resource)] = resource.id
            self._take(get(resource.body, "properties", "cer"), resource)
        for resource in estate.all(CONFIG, SECRET):
            self._take(get(resource.body, "data", "ca.crt"), resource)
            self._take(get(resource.body, "data", "tls.crt"), resource)
        for resource in estate.all(GATEWAY):
            for collection, key in _IN_GATEWAYS:
                elements, hidden = listing(resource.body, "properties", collection)
                for value in (hidden, *(get(item, "properties", key) for item in elements)):
                    self._take(value, resource)
        for resource in estate.all(MOUNTED):
            for sighting in secret_provider_class(resource):
                if sighting.secret and sighting.vault:
                    self._mounted[sighting.secret] = sighting.vault
        for resource in estate.all(MANAGED):
            name = text_at(resource.body, "spec", "secretName")
            if name:
                self._managed[resource.cluster, resource.namespace or "", name] = resource

    def _take(self, value: Any, resource: Resource) -> None:
        """Know the certificates in a value of a resource, or that it may hold some which are not visible."""
        bundle = self.read(value) if isinstance(value, str) else None
        hidden = bundle.problem if bundle else not isinstance(value, str | None)
        if hidden and self._unread is None:
            self._unread = f"{resource.type.rpartition('/')[2]} {resource.name} cannot be read"

    def read(self, text: str | None) -> Bundle | None:
        """The certificates in a text, which are known from now on."""
        if not text:
            return None
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        found = self._bundles.get(digest)
        if found is None:
            found = self._bundles[digest] = read_bundle(text)
            for certificate in found.certificates:
                if self._known.setdefault(certificate.thumbprint, certificate) is certificate:
                    self._chains.add(certificate)
        return found

    # --- what an end serves -------------------------------------------------------------------------------------

    def of_text(self, text: str | None) -> Served | None:
        """The leaf in a text, with what is sent beside it; None when there is none."""
        bundle = self.read(text)
        if not bundle or not bundle.certificates:
            return None
        leaf = leaf_of(bundle, self._chains.issued)
        others = tuple(one for one in bundle.certificates if one.sha256 != leaf.sha256)
        return self._of(leaf, others)

    def of_vault(self, reference: VaultRef | None, thumbprint: str | None = None) -> Served | None:
        """The certificate of a vault entry; None when the vault was not read, or holds another version."""
        resource = self._estate.by_id(VAULT, self._vaults.get(reference.newest)) if reference else None
        if reference is None or resource is None:
            return None
        found = self.of_text(text_at(resource.body, "properties", "cer"))
        if found is None or found.leaf is None or (thumbprint and found.leaf.thumbprint != thumbprint):
            return None
        own = vault_ref(get(resource.body, "properties", "id"))
        return found if not reference.version or (own and own.version == reference.version) else None

    def of_thumbprint(self, thumbprint: str | None, name: str, ends: Any = None) -> Served | None:
        """The certificate of a thumbprint, with its material when that is found anywhere."""
        if not thumbprint:
            return None
        if thumbprint in self._known:
            return self._of(self._known[thumbprint], ())
        when = moment(ends)
        why = Unknown(f"the certificate {name} itself was not found, its thumbprint alone")
        return Served(f"/certificates/{thumbprint}", name, why, stamp(when) if when else why)

    def of_secret(self, cluster: str, namespace: str, name: str) -> Served:
        """The certificate of a TLS Secret: its own material, the vault's that it is written from, cert-manager's."""
        key = cluster, namespace, name
        secret = self._estate.object(SECRET, cluster, namespace, name)
        found = self.of_text(material(secret, "tls.crt")) if secret else None
        found = found or self.of_vault(self._mounted.get(key))
        if found:
            return found
        told = f"Secret {namespace}/{name}"
        managed = self._managed.get(key)
        if managed:
            return self._of_manager(managed)
        why = Unknown(f"the certificate in {told} is not visible")
        return Served(f"/certificates/clusters/{cluster or '-'}/{namespace}/{name}", told, why, why)

    def _of_manager(self, resource: Resource) -> Served:
        spec, status = get(resource.body, "spec"), get(resource.body, "status")
        names = (*texts(spec, "dnsNames"), *([name] if (name := text_at(spec, "commonName")) else []))
        when = moment(get(status, "notAfter"))
        why = Unknown(f"Certificate {resource.namespace}/{resource.name} shows no end")
        first = names[0] if names else resource.name
        return Served(
            f"/certificates/{resource.id.strip('/')}",
            first,
            names or Unknown("no names are shown"),
            stamp(when) if when else why,
        )

    def _of(self, leaf: Certificate, sent: tuple[Certificate, ...]) -> Served:
        key = "/".join((leaf.sha256, *(one.sha256 for one in sent)))
        found = self._served.get(key)
        if found is None:
            own = properties_of(leaf)
            sans = own.get("sans")
            why = sans if isinstance(sans, Unknown) else Unknown("its names cannot be read")
            names = tuple(sans) if isinstance(sans, list) else why
            common = own.get("commonName")
            name = common if isinstance(common, str) else (names[0] if isinstance(names, tuple) and names else "-")
            public = own.get("publicTrust") is True
            ends = own.get("notAfter") or Unknown("its end cannot be read")
            found = Served(f"/certificates/{leaf.sha256}", name, names, ends, leaf, sent, public)
            self._served[key] = found
        return found

    # --- trust --------------------------------------------------------------------------------------------------

    def issued_by(self, served: Served, anchors: frozenset[str], whole: bool, well_known: bool) -> Truth:
        """Whether a store of these thumbprints vouches for a certificate.

        `whole`: the store was read to its end. `well_known`: public authorities are trusted beside it.
        """
        if served.leaf is None:
            return Unknown(f"the certificate {served.name} is not visible")
        if well_known and served.public:
            return True
        open_end = None
        for level in self._chains.levels(served.leaf):
            if any(one.thumbprint in anchors for one in level):
                return True
            lost = (one for one in level if not self._chains.issuers(one) and not self._chains.self_signed(one))
            open_end = next(lost, open_end)
        if not whole:
            return Unknown("a part of the trust store cannot be read")
        if open_end is None:
            return False
        if self._impostor(open_end, anchors):
            return False
        return Unknown(f"the issuer of {subject_of(open_end)} was not found")

    def _impostor(self, certificate: Certificate, anchors: Iterable[str]) -> bool:
        """An anchor bears the name of the issuer and did not sign."""
        return any(a in self._known and self._known[a].subject == certificate.issuer for a in anchors)

    def store(self, kind: str, cluster: str, namespace: str, *names: str | None) -> Store | Unknown | None:
        """The authorities in the first of some Secrets or ConfigMaps that is there. None: such are not read at all."""
        found = (self._estate.object(kind, cluster, namespace, name or "") for name in names)
        resource = next((one for one in found if one), None)
        if resource is None:
            return Unknown(f"{namespace}/{names[0]} was not found") if self._estate.any(kind) else None
        text = next((given for key in ("ca.crt", "cacert") if (given := material(resource, key))), None)
        bundle = self.read(text)
        if not bundle or not bundle.certificates:
            return Unknown(f"{namespace}/{resource.name} shows no authority")
        return thumbprints([bundle])

    def shown(self, served: Served) -> dict[str, Any]:
        """A certificate as it stands in a hop, with the authorities sent with it or known above it."""
        found = self._shown.get(served)
        if found is None:
            found = {"id": served.id, "name": served.name, "notAfter": served.ends}
            above = [*map(self._authority, self._above(served)), *self._lost(served)]
            self._shown[served] = found = found | ({"authorities": above} if above else {})
        return found

    def resting(self, served: Served, why: Unknown) -> dict[str, Any]:
        """A certificate as it stands in a hop, where its root may be in a trust store that cannot be read."""
        shown = self.shown(served)
        end = self._chains.open_end(served.leaf) if served.leaf else None
        if end is None or any(isinstance(one["notAfter"], Unknown) for one in shown.get("authorities", ())):
            return shown
        root = {"name": f"issuer of {subject_of(end)}", "notAfter": why}
        return shown | {"authorities": [*shown.get("authorities", ()), root]}

    def _above(self, served: Served) -> Iterable[Certificate]:
        """The authorities above a certificate: those that are sent with it, and those known as long as there is one."""
        above = {one.thumbprint: one for one in served.sent}
        for level in self._chains.levels(served.leaf) if served.leaf else ():
            if len(level) != 1:
                break
            if level[0] is not served.leaf:
                above[level[0].thumbprint] = level[0]
            if self._chains.self_signed(level[0]):
                break
        return above.values()

    def _lost(self, served: Served) -> Iterable[dict[str, Any]]:
        """The authority that a chain lacks, where it may be among what cannot be read.

        Not asked of public authorities: they sign nothing that outlives them. Nor where the end of the chain is sent
        with the leaf: what it lacks is the root then, which the other end has of its own.
        """
        if self._unread is None or served.public:
            return
        end = self._chains.open_end(served.leaf) if served.leaf else None
        if served.leaf is None or (end is not None and end.thumbprint not in {one.thumbprint for one in served.sent}):
            name = served.name if end is None else subject_of(end)
            why = f"the issuer of {name} was not found, and {self._unread}"
            yield {"name": f"issuer of {name}", "notAfter": Unknown(why)}

    def _authority(self, certificate: Certificate) -> dict[str, Any]:
        found = properties_of(certificate)
        name = found.get("commonName")
        ends = found.get("notAfter") or Unknown("its end cannot be read")
        return {"name": name if isinstance(name, str) else subject_of(certificate), "notAfter": ends}


def material(resource: Resource, key: str) -> str | None:
    """A certificate in the data of a Secret or ConfigMap. Nothing else of it is looked at."""
    return text_at(resource.body, "data", key)


def thumbprints(bundles: Iterable[Bundle | None]) -> Store:
    """The certificates in some texts, and whether all could be read."""
    found: set[str] = set()
    whole = True
    for bundle in bundles:
        whole = whole and bundle is not None and bool(bundle.certificates) and not bundle.problem
        found.update(one.thumbprint for one in (bundle.certificates if bundle else ()))
    return frozenset(found), whole


def store_of(entries: Any) -> Store:
    """The thumbprints in API Management's store of authorities, and whether all are shown."""
    found = [thumbprint_of(get(entry, "certificate", "thumbprint")) for entry in items({"e": entries}, "e")]
    return frozenset(filter(None, found)), None not in found and not isinstance(entries, Unknown)


def _vault_of(resource: Resource) -> VaultRef:
    reference = vault_ref(get(resource.body, "properties", "sid")) or vault_ref(get(resource.body, "properties", "id"))
    if reference:
        return reference.newest
    return VaultRef((parent_of(resource.id) or "").rpartition("/")[2].casefold(), resource.name.casefold())
