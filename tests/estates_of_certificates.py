"""Small estates that hold certificates, for the tests of the certificate lens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auditor.lenses.coverage import Coverage
from auditor.lenses.registry import lens_of
from auditor.model.kubernetes_types import kubernetes_type
from auditor.model.resource import Origin, Resource

RG = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
GATEWAY = f"{RG}/providers/Microsoft.Network/applicationGateways/agw"
VAULT = f"{RG}/providers/Microsoft.KeyVault/vaults/kv/certificates/site"
SECRET_ID = "https://kv.vault.azure.net/secrets/site"

Body = dict[str, Any]


def gateway(
    data: str | None = None, hosts: Sequence[str] = ("api.contoso.com",), *, name: str = "agw", **more: Any
) -> Body:
    """A gateway with one certificate and one listener on a public address. `more` joins the properties."""
    own = GATEWAY.removesuffix("agw") + name
    certificate: Body = {"publicCertData": data, "keyVaultSecretId": more.pop("vault", None)}
    properties: Body = {
        "frontendIPConfigurations": [{"id": f"{own}/fe/pub", "properties": {"publicIPAddress": {"id": "pip"}}}],
        "sslCertificates": [{"name": "site", "id": f"{own}/sslCertificates/site", "properties": certificate}],
        "httpListeners": [
            {
                "name": "web",
                "id": f"{own}/httpListeners/web",
                "properties": {
                    "protocol": "Https",
                    "hostNames": list(hosts),
                    "sslCertificate": {"id": f"{own}/SSLCertificates/SITE"},
                    "frontendIPConfiguration": {"id": f"{own}/fe/PUB"},
                },
            }
        ],
    }
    return {"id": own, "name": name, "type": "microsoft.network/applicationgateways", "properties": properties | more}


def vault_certificate(cer: str | None = None, **properties: Any) -> Body:
    return {
        "id": VAULT,
        "name": "site",
        "type": "Microsoft.KeyVault/vaults/certificates",
        "properties": {"cer": cer, **properties},
    }


def tls_secret(crt: str, name: str = "site-tls", **data: str) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": name, "namespace": "shop"},
        "data": {"tls.crt": crt} | {key.replace("_", "."): value for key, value in data.items()},
    }


def ingress(host: str, secret: str = "site-tls") -> Body:
    spec = {"tls": [{"hosts": [host], "secretName": secret}], "rules": [{"host": host}]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "shop", "namespace": "shop"},
        "spec": spec,
    }


def webhook(bundle: str) -> Body:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "hook"},
        "webhooks": [{"name": "hook.shop", "clientConfig": {"caBundle": bundle}}],
    }


def resource(body: Body, source: str = "live") -> Resource:
    kind = kubernetes_type(body) if "apiVersion" in body else str(body["type"])
    return Resource(kind, body, Origin(source=source, file="estate.json", line=7))


def lens(*bodies: Body) -> list[Resource]:
    """What the lens derives."""
    return list(lens_of("auditor/certificate").derive((resource(body) for body in bodies), Coverage()))


def by_name(*bodies: Body) -> dict[str, Body]:
    """Name of a certificate → its properties."""
    return {found.name: found.body["properties"] for found in lens(*bodies)}
