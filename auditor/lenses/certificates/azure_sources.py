"""Where Azure shows certificates: Application Gateway, API Management, Key Vault, App Service."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from auditor.lenses.certificates.certificate_locations import Sighting, Use, VaultRef, thumbprint_of, use_of, vault_ref
from auditor.lenses.values import items, last, moment, text_at, texts
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

# --- Application Gateway ------------------------------------------------------------------------------------------


def application_gateway(resource: Resource) -> Iterator[Sighting]:
    """`sslCertificates` with the listeners that serve them, and both trust stores."""
    properties = get(resource.body, "properties")
    served = _listeners(resource, properties)
    for item in items(properties, "sslCertificates"):
        name = text_at(item, "name") or last(text_at(item, "id"))
        reference = get(item, "properties", "keyVaultSecretId")
        vault = vault_ref(reference)
        uses = served.get(name.casefold()) or [use_of(resource, "stored", name)]
        _from_vault(uses, vault, reference)
        yield Sighting(uses, text_at(item, "properties", "publicCertData"), vault=vault)
    used = _used_authorities(properties)
    for collection, kind in (("trustedRootCertificates", "trustedRoot"), ("trustedClientCertificates", "clientCa")):
        for item in items(properties, collection):
            name = text_at(item, "name") or last(text_at(item, "id"))
            vault = vault_ref(get(item, "properties", "keyVaultSecretId"))
            use = use_of(resource, kind, name, used=name.casefold() in used[kind])
            if vault:
                _from_vault([use], vault, None)
            yield Sighting([use], text_at(item, "properties", "data"), vault=vault, trust=True)


def _from_vault(uses: list[Use], vault: VaultRef | None, reference: Any) -> None:
    """Say of every use where it takes its certificate from: a vault, or an upload."""
    for use in uses:
        if vault:
            use["keyVault"] = {"vault": vault.vault, "name": vault.name, "versioned": bool(vault.version)}
        elif isinstance(reference, Unknown):
            use["uploaded"] = reference
        else:
            use["uploaded"] = not reference


def _listeners(resource: Resource, properties: Any) -> dict[str, list[Use]]:
    """The listeners of each certificate, by its name."""
    public: dict[str, bool] = {}
    for item in items(properties, "frontendIPConfigurations"):
        if isinstance(get(item, "properties"), dict):
            public[last(text_at(item, "id")) or last(text_at(item, "name"))] = bool(
                get(item, "properties", "publicIPAddress")
            )
    ports = {
        last(text_at(item, "id")) or last(text_at(item, "name")): get(item, "properties", "port")
        for item in items(properties, "frontendPorts")
    }
    served: dict[str, list[Use]] = defaultdict(list)
    for collection in ("httpListeners", "listeners"):
        for item in items(properties, collection):
            certificate = last(text_at(item, "properties", "sslCertificate", "id"))
            if certificate:
                own = get(item, "properties")
                hosts = [host for host in (text_at(own, "hostName"), *texts(own, "hostNames")) if host]
                use = use_of(
                    resource,
                    "listener",
                    text_at(item, "name") or last(text_at(item, "id")),
                    hosts=list(dict.fromkeys(hosts)),
                    public=public.get(last(text_at(own, "frontendIPConfiguration", "id"))),
                )
                port = ports.get(last(text_at(own, "frontendPort", "id")))
                if port not in (None, 443):
                    use["port"] = port
                served[certificate].append(use)
    return served


def _used_authorities(properties: Any) -> dict[str, set[str]]:
    """The names in the trust stores that a backend setting, or the profile of a listener, refers to."""
    roots = {
        last(text_at(reference, "id"))
        for collection in ("backendHttpSettingsCollection", "backendSettingsCollection")
        for setting in items(properties, collection)
        for reference in items(setting, "properties", "trustedRootCertificates")
    }
    profiles = {
        last(text_at(listener, "properties", "sslProfile", "id"))
        for collection in ("httpListeners", "listeners")
        for listener in items(properties, collection)
    }
    clients = {
        last(text_at(reference, "id"))
        for profile in items(properties, "sslProfiles")
        if last(text_at(profile, "id") or text_at(profile, "name")) in profiles
        for reference in items(profile, "properties", "trustedClientCertificates")
    }
    return {"trustedRoot": roots, "clientCa": clients}


# --- API Management -----------------------------------------------------------------------------------------------


def api_management(resource: Resource) -> Iterator[Sighting]:
    """Host names, and the store of authorities. The service shows end, thumbprint and subject alone."""
    properties = get(resource.body, "properties")
    closed = (text_at(properties, "virtualNetworkType") or "").casefold() == "internal" or (
        text_at(properties, "publicNetworkAccess") or ""
    ).casefold() == "disabled"
    for item in items(properties, "hostnameConfigurations"):
        host = text_at(item, "hostName")
        facts = _facts(get(item, "certificate"), "expiry")
        vault = vault_ref(get(item, "keyVaultId"))
        if not host or not (facts or vault):
            continue  # the platform's own host
        use = use_of(resource, "apimHostname", host, hosts=[host], public=not closed)
        _from_vault([use], vault, get(item, "keyVaultId"))
        yield Sighting([use], facts=facts, vault=vault)
    for number, item in enumerate(items(properties, "certificates")):
        facts = _facts(get(item, "certificate"), "expiry")
        if facts:
            store = text_at(item, "storeName") or "certificates"
            yield Sighting([use_of(resource, "apimCa", f"{store}[{number}]")], facts=facts, trust=True)


def api_management_certificate(resource: Resource) -> Iterator[Sighting]:
    """A client certificate for backends."""
    properties = get(resource.body, "properties")
    reference = get(properties, "keyVault", "secretIdentifier")
    use, vault = use_of(resource, "apimCertificate"), vault_ref(reference)
    _from_vault([use], vault, reference)
    yield Sighting([use], facts=_facts(properties, "expirationDate"), vault=vault)


def api_management_backend(resource: Resource) -> Iterator[Sighting]:
    """The client certificates that a backend asks for, by thumbprint."""
    for value in texts(resource.body, "properties", "credentials", "certificate"):
        thumbprint = thumbprint_of(value)
        if thumbprint:
            use = use_of(resource, "apimBackend", thumbprint)
            yield Sighting([use], facts={"thumbprint": thumbprint}, doubtful=True)


def _facts(item: Any, end: str) -> dict[str, Any]:
    """Thumbprint, subject and end, as far as they are there."""
    found: dict[str, Any] = {
        "thumbprint": thumbprint_of(get(item, "thumbprint")),
        "subject": text_at(item, "subject"),
        "notAfter": moment(get(item, end)),
    }
    return {key: value for key, value in found.items() if value is not None}


# --- Key Vault, App Service ---------------------------------------------------------------------------------------


def key_vault_certificate(resource: Resource) -> Iterator[Sighting]:
    """The newest version of a certificate in a vault: attributes, `x5t`, `cer` and policy of the data plane."""
    properties, body = get(resource.body, "properties"), resource.body
    reference = vault_ref(get(properties, "sid")) or vault_ref(get(properties, "id")) or vault_ref(get(body, "sid"))
    parts = resource.id.casefold().split("/vaults/", 1)[-1].split("/")
    own = reference or VaultRef(parts[0], parts[2] if len(parts) > 2 else resource.name.casefold())
    attributes, policy = get(properties, "attributes"), get(properties, "policy")
    begin, end = moment(get(attributes, "nbf")), moment(get(attributes, "exp"))
    policy_issuer = text_at(policy, "issuer", "name")
    renews = _renewal(policy, begin, end) if policy_issuer != "Unknown" else None
    about: dict[str, Any] = {"vault": own.vault, "name": own.name, "version": own.version or None}
    if isinstance(policy, dict):
        about |= {"autoRenew": renews is not None, "issuer": policy_issuer}
    thumbprint = thumbprint_of(get(properties, "x509_thumbprint") or get(properties, "x5t"))
    facts = {
        "thumbprint": thumbprint or thumbprint_of(get(properties, "x509ThumbprintHex")),
        "notBefore": begin,
        "notAfter": end,
        "renewsAt": renews,
        "vaultUpdated": moment(get(attributes, "created")) or moment(get(attributes, "updated")),
        "keyVault": {key: value for key, value in about.items() if value is not None},
    }
    enabled = get(attributes, "enabled")
    use = use_of(resource, "keyVault", enabled=enabled if isinstance(enabled, bool) else None)
    facts = {key: value for key, value in facts.items() if value is not None}
    yield Sighting([use], text_at(properties, "cer"), facts, own=own)


_FIRST: Final = dt.datetime.min.replace(tzinfo=dt.UTC)


def _renewal(policy: Any, begin: dt.datetime | None, end: dt.datetime | None) -> dt.datetime | None:
    """When the vault will renew it by itself."""
    actions = [*items(policy, "lifetime_actions"), *items(policy, "lifetimeActions")]
    for action in actions:
        kind = text_at(action, "action", "action_type") or text_at(action, "action", "actionType") or ""
        if kind.casefold() != "autorenew" or end is None:
            continue
        days = get(action, "trigger", "days_before_expiry") or get(action, "trigger", "daysBeforeExpiry")
        share = get(action, "trigger", "lifetime_percentage") or get(action, "trigger", "lifetimePercentage")
        if isinstance(days, int) and 0 < days < 36500 and end - _FIRST > dt.timedelta(days=days):
            return end - dt.timedelta(days=days)
        if isinstance(share, int) and 0 < share < 100 and begin and begin < end:
            return begin + (end - begin) * share / 100
    return None


def app_service_certificate(resource: Resource) -> Iterator[Sighting]:
    """A certificate of App Service; the sites that use it are not followed."""
    properties = get(resource.body, "properties")
    facts = _facts(properties, "expirationDate")
    begin, issuer = moment(get(properties, "issueDate")), text_at(properties, "issuer")
    subject = text_at(properties, "subjectName") or facts.get("subject")
    more = {"notBefore": begin, "issuer": issuer, "subject": subject}
    facts |= {key: value for key, value in more.items() if value is not None}
    hosts = texts(properties, "hostNames")
    use = use_of(resource, "appService", hosts=hosts or None)
    yield Sighting([use], text_at(properties, "cerBlob"), facts)


# --- live ---------------------------------------------------------------------------------------------------------


def handshake(resource: Resource) -> Iterator[Sighting]:
    """What a host sent in a live handshake (`auditor/probe`)."""
    properties = get(resource.body, "properties")
    use = use_of(
        resource,
        "probe",
        hosts=[text_at(properties, "host") or ""],
        tls=texts(properties, "tls"),
        notSeen=get(properties, "notSeen") or None,
        clientCertificate=text_at(properties, "clientCertificate"),
    )
    yield Sighting([use], text_at(properties, "chain"))
