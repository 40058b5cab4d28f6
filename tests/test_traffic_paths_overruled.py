"""Settings of a mesh, of nginx and of the Gateway API of which one undoes another on the way to pods."""

from __future__ import annotations

from typing import Any

import pytest
from estates_of_paths import APP, CONTROLLER, GATEWAY, INGRESS, ISTIO, STRICT, gateway, paths

from auditor.model.resource import Unknown

AZURE = gateway({"ipAddress": "10.0.0.4"})
MESHED = "\n---\n".join(
    (
        APP.replace("labels: {}", "labels: {istio-injection: enabled}"),
        "{apiVersion: v1, kind: Namespace, metadata: {name: istio-ingress, labels: {istio-injection: enabled}}}",
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: gw, namespace: istio-ingress}, spec: {template:"
        " {metadata: {labels: {istio: ingressgateway, app: gw}}, spec: {containers: [{name: istio-proxy}]}}}}",
        ISTIO,
    )
)


def peers(space: str, spec: str, name: str = "p", since: str = "") -> str:
    age = f", creationTimestamp: '{since}'" if since else ""
    return (
        "\n---\n{apiVersion: security.istio.io/v1, kind: PeerAuthentication, "
        f"metadata: {{name: {name}, namespace: {space}{age}}}, spec: {spec}}}"
    )


def last_hops(cluster: str) -> list[Any]:
    """The protection of the last hop of each path; `?` where it is not known."""
    found = [path["hops"][-1]["protection"] for path in paths(cluster, AZURE)]
    return ["?" if isinstance(protection, Unknown) else protection for protection in found]


APP_SELECTED = "selector: {matchLabels: {app: web}}"
STRICTLY = f"\n---\n{STRICT}"
AT_PORT = 'portLevelMtls: {"8443": {mode: %s}}'


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (STRICTLY, "mutual"),
        (STRICTLY + peers("shop", f"{{{APP_SELECTED}, mtls: {{mode: DISABLE}}}}"), "plaintext"),
        # a port that says nothing of its own has the mode of its workload
        (STRICTLY + peers("shop", f"{{{APP_SELECTED}, mtls: {{mode: DISABLE}}, {AT_PORT % 'UNSET'}}}"), "plaintext"),
        (STRICTLY + peers("shop", f"{{{APP_SELECTED}, mtls: {{mode: STRICT}}, {AT_PORT % 'DISABLE'}}}"), "plaintext"),
        # without a selector ports are ignored; in the root namespace policies with a selector are
        (STRICTLY + peers("shop", f"{{mtls: {{mode: STRICT}}, {AT_PORT % 'DISABLE'}}}"), "mutual"),
        (STRICTLY + peers("istio-system", f"{{{APP_SELECTED}, mtls: {{mode: DISABLE}}}}"), "mutual"),
        # an empty selector is none
        (STRICTLY + peers("shop", "{selector: {matchLabels: {}}, mtls: {mode: DISABLE}}"), "plaintext"),
        # the oldest of two for the mesh counts, and where no age is told they may be either
        (
            peers("istio-system", "{mtls: {mode: STRICT}}", "a", "2026-02-01T00:00:00Z")
            + peers("istio-system", "{mtls: {mode: DISABLE}}", "b", "2025-02-01T00:00:00Z"),
            "plaintext",
        ),
        (
            peers("istio-system", "{mtls: {mode: STRICT}}", "a", "2024-02-01T00:00:00Z")
            + peers("istio-system", "{mtls: {mode: DISABLE}}", "b", "2025-02-01T00:00:00Z"),
            "mutual",
        ),
        (
            peers("istio-system", "{mtls: {mode: STRICT}}", "a")
            + peers("istio-system", "{mtls: {mode: DISABLE}}", "b"),
            "?",
        ),
    ],
)
def test_the_narrowest_and_oldest_peer_authentication_counts(policies: str, expected: str) -> None:
    assert last_hops(MESHED + policies) == [expected]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ('traffic.sidecar.istio.io/excludeInboundPorts: "9000, 8443"', "?"),
        ('traffic.sidecar.istio.io/includeInboundPorts: "9000"', "?"),
        ('traffic.sidecar.istio.io/includeInboundPorts: "*"', "mutual"),
        ('traffic.sidecar.istio.io/excludeInboundPorts: "9000"', "mutual"),
    ],
)
def test_a_port_that_pods_keep_from_their_proxy_is_not_protected_by_it(annotation: str, expected: str) -> None:
    pods = "template: {metadata: {labels: {app: web}"
    cluster = MESHED.replace(pods, f"{pods}, annotations: {{{annotation}}}")
    assert last_hops(f"{cluster}\n---\n{STRICT}") == [expected]


def ingress(**annotations: str) -> str:
    told = ", ".join(
        f'nginx.ingress.kubernetes.io/{key.replace("_", "-")}: "{value}"' for key, value in annotations.items()
    )
    return "\n---\n".join((APP, CONTROLLER, INGRESS.replace("annotations: {}", f"annotations: {{{told}}}")))


def test_nginx_does_not_verify_pods_by_a_blank_secret() -> None:
    settings = {"backend_protocol": "HTTPS", "proxy_ssl_verify": "on"}
    assert last_hops(ingress(**settings, proxy_ssl_secret="shop/ca")) == ["encryptedVerified"]
    assert last_hops(ingress(**settings, proxy_ssl_secret=" ")) == ["encryptedUnverified"]


def test_nginx_that_sends_copies_of_requests_elsewhere_leaves_the_path_open() -> None:
    found = paths(ingress(backend_protocol="HTTPS", mirror_target="http://copies.example.com$request_uri"), AZURE)
    assert sorted(str(path["complete"]) for path in found) == [
        "True",
        "unknown (mirror of requests: copies go to http://copies.example.com$request_uri)",
    ]


def test_a_wildcard_takes_nothing_of_a_host_that_another_ingress_of_nginx_names() -> None:
    wide = INGRESS.replace("shop.contoso.com", "'*.contoso.com'").replace(
        "name: web, namespace", "name: wide, namespace"
    )
    cluster = f"{ingress(backend_protocol='GRPCS')}\n---\n{wide}"
    assert last_hops(cluster) == ["encryptedUnverified"]
    assert last_hops("\n---\n".join((APP, CONTROLLER, wide))) == ["plaintext"]


POLICY = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: p, namespace: shop}
spec:
  targetRefs: [{group: "", kind: Service, name: web}]
  validation: {hostname: web.shop.svc, wellKnownCACertificates: System}
"""


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], "encryptedVerified"),
        (["True"], "encryptedVerified"),
        (["False"], "?"),
        (["False", "True"], "encryptedVerified"),
    ],
)
def test_a_policy_that_no_gateway_accepts_protects_nothing(states: list[str], expected: str) -> None:
    told = ", ".join(f'{{conditions: [{{type: Accepted, status: "{state}"}}]}}' for state in states)
    assert last_hops(f"{APP}\n---\n{GATEWAY}{POLICY}status: {{ancestors: [{told}]}}") == [expected]
