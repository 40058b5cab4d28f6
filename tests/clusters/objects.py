"""What the tests put into their cluster."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import trustme

from tests.clusters.server import Server

CANARY: Final = "c4n4ry"
"""Is part of everything that is secret."""
MANY: Final = 2100
GATEWAYS: Final = "gateway.networking.k8s.io"
NAMESPACE: Final = "/api/v1/namespaces/shop"

_JWT: Final = f"eyJhbGciOiJub25lIn0.eyJzdWIiOiI{CANARY}x.{CANARY}"
_OPEN_SCHEMA: Final = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def fill(server: Server) -> None:
    """A namespace with more objects than fit on a page, secrets wherever one may stand, and custom resources."""
    server.create("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    with ThreadPoolExecutor(8) as pool:
        numbered = ({"metadata": {"name": f"many-{number:04}"}, "data": {"n": str(number)}} for number in range(MANY))
        list(pool.map(lambda body: server.create(f"{NAMESPACE}/configmaps", body), numbered))
    server.create(f"{NAMESPACE}/configmaps", {"metadata": {"name": "settings"}, "data": {
        "ssl-protocols": "TLSv1.3", "password": CANARY, "url": f"https://user:{CANARY}@db/",
    }})  # fmt: skip
    server.create(f"{NAMESPACE}/secrets", *_secrets())
    server.create("/apis/apps/v1/namespaces/shop/deployments", _deployment())
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    server.create(crds, _custom_kind(GATEWAYS, "Gateway", "gateways", "v1", "v1beta1"))
    server.create(crds, _custom_kind(GATEWAYS, "ReferenceGrant", "referencegrants", "v1beta1"))
    gateway = {
        "apiVersion": f"{GATEWAYS}/v1",
        "kind": "Gateway",
        "metadata": {"name": "edge"},
        "spec": {"listeners": [{"name": "https", "protocol": "HTTPS", "notInAnySchema": {"kept": [1, None, "é"]}}]},
    }
    server.create_soon(f"/apis/{GATEWAYS}/v1/namespaces/shop/gateways", gateway)
    grant = {"apiVersion": f"{GATEWAYS}/v1beta1", "kind": "ReferenceGrant", "metadata": {"name": "old"}}
    server.create_soon(f"/apis/{GATEWAYS}/v1beta1/namespaces/shop/referencegrants", grant)
    for user in ("limited", "reader"):  # their roles are objects too: there from the beginning, whichever test is first
        allow(server, user, [])


def allow(server: Server, user: str, rules: list[dict[str, Any]]) -> None:
    """A ClusterRole for a user. It replaces the one that the user had, and holds when this returns."""
    kind = "/apis/rbac.authorization.k8s.io/v1"
    role = {"metadata": {"name": user}, "rules": rules}
    if server.ask("PUT", f"{kind}/clusterroles/{user}", role).status == 404:
        server.create(f"{kind}/clusterroles", role)
    server.create(f"{kind}/clusterrolebindings", {
        "metadata": {"name": user},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    })  # fmt: skip
    for _ in range(200):
        path, review = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {"spec": {"namespace": "shop"}}
        held = server.ask("POST", path, review, as_user=user).body["status"]["resourceRules"]
        held = [one for one in held if one["apiGroups"] != ["authorization.k8s.io"]]
        if sorted(map(_rights, held)) == sorted(map(_rights, rules)):
            return
        time.sleep(0.1)
    raise AssertionError(f"{user} has other rights: {held}")


def _rights(rule: dict[str, Any]) -> list[list[str]]:
    return [sorted(rule[key]) for key in ("apiGroups", "resources", "verbs")]


def _custom_kind(group: str, kind: str, plural: str, *versions: str) -> dict[str, Any]:
    """A definition that takes everything. The first version is the one that is stored."""
    return {
        # the group belongs to Kubernetes, which wants to know who allowed it
        "metadata": {"name": f"{plural}.{group}", "annotations": {"api-approved.kubernetes.io": "https://example.com"}},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "versions": [
                {
                    "name": name,
                    "served": True,
                    "storage": name == versions[0],
                    "schema": {"openAPIV3Schema": _OPEN_SCHEMA},
                }
                for name in versions
            ],
        },
    }


def _secrets() -> list[dict[str, Any]]:
    leaf = trustme.CA().issue_cert("shop.contoso.example")
    certificate = leaf.cert_chain_pems[0].bytes()
    key = leaf.private_key_pem.bytes().replace(b"-----\n", f"-----\n{CANARY}".encode(), 1)
    applied = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"data": {"tls.key": CANARY}})}

    def encoded(value: bytes) -> str:
        return base64.b64encode(value).decode()

    return [
        {
            "metadata": {"name": "tls", "annotations": applied},
            "type": "kubernetes.io/tls",
            "data": {"tls.crt": encoded(certificate), "tls.key": encoded(key), "more": encoded(CANARY.encode())},
        },
        {
            "metadata": {"name": "key-beside-the-certificate"},
            "type": "kubernetes.io/tls",
            "data": {"tls.crt": encoded(key + certificate), "tls.key": encoded(key)},
        },
        {"metadata": {"name": "opaque"}, "data": {"password": encoded(CANARY.encode())}},
    ]


def _deployment() -> dict[str, Any]:
    labels = {"app": "web"}
    container = {
        "name": "web",
        "image": "registry.contoso.example/web:1",
        "args": [
            f"--db=Server=db;User=sa;Password={CANARY};",
            f"--jwt=eyJhbGciOiJub25lIn0.eyJzdWIiOiI{CANARY}x.{CANARY}",
        ],
        "env": [
            {"name": "DB_PASSWORD", "value": CANARY},
            {"name": "STORAGE", "value": f"AccountName=a;AccountKey={CANARY}==;EndpointSuffix=core"},
            {"name": "BROKER", "value": f"amqp://user:{CANARY}@broker:5671/"},
            {"name": "PEM", "value": f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----\n"},
            {"name": "MODE", "value": "production"},
            {"name": "TOKEN_FILE", "value": "/var/run/token"},
        ],
        "livenessProbe": {
            "httpGet": {
                "port": 80,
                "httpHeaders": [{"name": "Authorization", "value": f"Bearer {CANARY}0123456789abcdef"}],
            }
        },
    }
    applied = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"was": CANARY})}
    return {
        "metadata": {"name": "web", "annotations": applied},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
