"""Where clusters show certificates: TLS secrets, cert-manager, Key Vault by CSI, webhooks; and who serves a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from auditor.lenses.certificates.certificate_locations import SecretKey, Sighting, VaultRef, use_of
from auditor.lenses.values import items, moment, text_at, texts
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource

_TLS: Final = "kubernetes.io/tls"


def secret_key(resource: Resource, name: str, namespace: str | None = None) -> SecretKey:
    """The Secret of this name beside a resource."""
    return resource.cluster, namespace or resource.namespace or "", name


def secret(resource: Resource) -> Iterator[Sighting]:
    """`tls.crt` (a leaf with its chain) and `ca.crt` (authorities) of a Secret; nothing else of it is ever read."""
    crt, ca = text_at(resource.body, "data", "tls.crt"), text_at(resource.body, "data", "ca.crt")
    if crt or text_at(resource.body, "type") == _TLS:
        key = secret_key(resource, resource.name)
        yield Sighting([use_of(resource, "tlsSecret")], crt, secret=key)
    if ca:
        key = secret_key(resource, resource.name)
        yield Sighting([use_of(resource, "secretCa", "ca.crt")], ca, authorities=key, trust=True)


def cert_manager(resource: Resource) -> Iterator[Sighting]:
    """A Certificate of cert-manager: what its status says, and which Secret holds it."""
    spec, status = get(resource.body, "spec"), get(resource.body, "status")
    name = text_at(spec, "secretName")
    facts: dict[str, Any] = {
        "notBefore": moment(get(status, "notBefore")),
        "notAfter": moment(get(status, "notAfter")),
        "renewsAt": moment(get(status, "renewalTime")),
        "sans": [*texts(spec, "dnsNames"), *texts(spec, "ipAddresses")] or None,
        "commonName": text_at(spec, "commonName"),
    }
    facts = {key: value for key, value in facts.items() if value is not None}
    key = secret_key(resource, name) if name else None
    yield Sighting([use_of(resource, "certManager")], facts=facts, secret=key)


def secret_provider_class(resource: Resource) -> Iterator[Sighting]:
    """Certificates that the Key Vault provider mounts, and the Secrets that it writes them to."""
    spec = get(resource.body, "spec")
    vault = text_at(spec, "parameters", "keyvaultName")
    if text_at(spec, "provider") != "azure" or not vault:
        return
    secrets = {
        (text_at(item, "objectName") or "").casefold(): text_at(synced, "secretName")
        for synced in items(spec, "secretObjects")
        if text_at(synced, "type") == _TLS
        for item in items(synced, "data")
    }
    for item in _mounted(text_at(spec, "parameters", "objects")):
        name = item.get("objectName", "")
        alias = item.get("objectAlias", "") or name
        certain = item.get("objectType", "").casefold() in ("cert", "certificate") or alias.casefold() in secrets
        if not name or item.get("objectType", "").casefold() == "key":
            continue
        reference = VaultRef(vault.casefold(), name.casefold(), item.get("objectVersion", "").casefold())
        pinned = bool(reference.version)
        use = use_of(
            resource,
            "secretProviderClass",
            alias,
            keyVault={"vault": reference.vault, "name": reference.name, "versioned": pinned},
        )
        synced_to = secrets.get(alias.casefold())
        key = secret_key(resource, synced_to) if synced_to else None
        yield Sighting([use], vault=reference, secret=key, doubtful=not certain)


def _mounted(objects: str | None) -> Iterator[dict[str, str]]:
    """The `objects` parameter: YAML text with an `array` of YAML texts. Read line by line: nothing can unfold in it."""
    item: dict[str, str] = {}
    for line in (objects or "").splitlines():
        key, colon, value = line.strip().removeprefix("- ").strip().partition(":")
        if line.strip().startswith("-") and item:
            yield item
            item = {}
        if colon and key.startswith("object"):
            item[key] = value.split(" #")[0].strip().strip("'\"")
    if item:
        yield item


def webhook(resource: Resource) -> Iterator[Sighting]:
    """The authorities by which the API server knows its webhooks."""
    for item in items(resource.body, "webhooks"):
        bundle = text_at(item, "clientConfig", "caBundle")
        if bundle:
            yield Sighting([use_of(resource, "webhook", text_at(item, "name"))], bundle, trust=True)


def api_service(resource: Resource) -> Iterator[Sighting]:
    """The authority by which the API server knows an aggregated API."""
    bundle = text_at(resource.body, "spec", "caBundle")
    if bundle:
        yield Sighting([use_of(resource, "webhook")], bundle, trust=True)


# --- who serves a Secret ------------------------------------------------------------------------------------------

Served = tuple[SecretKey, list[str]]
"""A Secret, and the hosts that are served with it."""


def ingress_hosts(resource: Resource) -> Iterator[Served]:
    """`spec.tls` of an Ingress; an entry without hosts is for all hosts of its rules."""
    spec = get(resource.body, "spec")
    for entry in items(spec, "tls"):
        name = text_at(entry, "secretName")
        if name:
            hosts = texts(entry, "hosts") or [host for rule in items(spec, "rules") if (host := text_at(rule, "host"))]
            yield secret_key(resource, name), hosts


def gateway_hosts(resource: Resource) -> Iterator[Served]:
    """The listeners of a Gateway (Gateway API) that end TLS."""
    for listener in items(resource.body, "spec", "listeners"):
        host = text_at(listener, "hostname")
        for reference in items(listener, "tls", "certificateRefs"):
            name = text_at(reference, "name")
            if name and (text_at(reference, "kind") or "Secret") == "Secret":
                key = secret_key(resource, name, text_at(reference, "namespace"))
                yield key, [host] if host else []


def istio_hosts(resource: Resource) -> Iterator[Served]:
    """The servers of a Gateway (Istio) that end TLS with a Secret; `*` is any host."""
    for server in items(resource.body, "spec", "servers"):
        one = text_at(server, "tls", "credentialName")
        hosts = [host.rpartition("/")[2] for host in texts(server, "hosts")]
        named = [host for host in hosts if host != "*"]
        for name in (one,) if one else texts(server, "tls", "credentialNames"):
            yield secret_key(resource, name), named


# --- who trusts the authorities in a Secret -----------------------------------------------------------------------

_NGINX: Final = "nginx.ingress.kubernetes.io/"


def ingress_trusts(resource: Resource) -> Iterator[SecretKey]:
    """The Secrets by whose authorities nginx knows callers and pods."""
    for annotation in ("auth-tls-secret", "proxy-ssl-secret"):
        place = text_at(resource.body, "metadata", "annotations", f"{_NGINX}{annotation}") or ""
        namespace, _, name = place.strip().partition("/")
        if name:
            yield secret_key(resource, name, namespace)


def gateway_trusts(resource: Resource) -> Iterator[SecretKey]:
    """The Secrets by whose authorities listeners of a Gateway (Gateway API) know callers."""
    for listener in items(resource.body, "spec", "listeners"):
        for reference in items(listener, "tls", "frontendValidation", "caCertificateRefs"):
            name = text_at(reference, "name")
            if name and text_at(reference, "kind") == "Secret":
                yield secret_key(resource, name, text_at(reference, "namespace"))


def istio_trusts(resource: Resource) -> Iterator[SecretKey]:
    """The Secrets by whose authorities servers of a Gateway (Istio) know callers: that of the server, or a second."""
    for server in items(resource.body, "spec", "servers"):
        name = text_at(server, "tls", "credentialName")
        if name and text_at(server, "tls", "mode") in ("MUTUAL", "OPTIONAL_MUTUAL"):
            yield secret_key(resource, name)
            yield secret_key(resource, f"{name}-cacert")
