"""Traffic paths over the ways into clusters and beside them: one small estate each, and its hops."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.model.resource import Unknown
from tests.estates_of_paths import APP, CONTROLLER, GATEWAY, INGRESS, ISTIO, STRICT, Body, gateway, paths


def hops(cluster: str, azure: list[Body] | None = None) -> list[str]:
    """Kind and protection of each hop of the only path."""
    (path,) = paths("\n---\n".join((APP, cluster)), azure if azure is not None else gateway({"ipAddress": "10.0.0.4"}))
    return [
        f"{one['to']['kind']} {one['protection'] if isinstance(one['protection'], str) else 'unknown'}"
        for one in path["hops"]
    ]


BEFORE = ["applicationGateway encryptedVerified", "ingress encryptedVerified"]


@pytest.mark.parametrize(
    ("annotations", "last"),
    [
        ("", "pods plaintext"),
        ("nginx.ingress.kubernetes.io/backend-protocol: GRPCS", "pods encryptedUnverified"),
        ("nginx.ingress.kubernetes.io/backend-protocol: AUTO_HTTP", "pods unknown"),
        (
            "nginx.ingress.kubernetes.io/backend-protocol: HTTPS, nginx.ingress.kubernetes.io/proxy-ssl-verify: 'on', "
            "nginx.ingress.kubernetes.io/proxy-ssl-secret: shop/ca",
            "pods encryptedVerified",
        ),
        (
            "nginx.ingress.kubernetes.io/backend-protocol: HTTPS, nginx.ingress.kubernetes.io/proxy-ssl-verify: 'On', "
            "nginx.ingress.kubernetes.io/proxy-ssl-secret: shop/ca",  # nginx takes no other spelling than on
            "pods encryptedUnverified",
        ),
        ("nginx.ingress.kubernetes.io/ssl-passthrough: 'true'", "pods unknown"),
    ],
)
def test_gateway_to_nginx_without_api_management(annotations: str, last: str) -> None:
    assert hops(INGRESS.replace("annotations: {}", f"annotations: {{{annotations}}}")) == [*BEFORE, last]


@pytest.mark.parametrize(
    ("argument", "last"), [("--enable-ssl-passthrough", "pods passthrough"), ("--v=2", "pods plaintext")]
)
def test_passthrough_is_in_force_when_the_controller_runs_with_it(argument: str, last: str) -> None:
    ingress = INGRESS.replace("annotations: {}", "annotations: {nginx.ingress.kubernetes.io/ssl-passthrough: 'true'}")
    controller = CONTROLLER.replace("args: []", f"args: [{argument}]")
    assert hops(f"{ingress}\n---\n{controller}")[-1] == last


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("webapprouting.kubernetes.azure.com", "pods plaintext"),
        ("azure-application-gateway", "pods plaintext"),
        ("traefik", "pods unknown"),
    ],
)
def test_the_class_of_an_ingress_says_whose_settings_count(name: str, last: str) -> None:
    assert hops(INGRESS.replace("ingressClassName: nginx", f"ingressClassName: {name}")) == [*BEFORE, last]


@pytest.mark.parametrize(
    ("port", "annotation", "last"),
    [
        ("8443", "", "pods plaintext"),
        ("443", "", "pods encryptedVerified"),
        ("443", "appgw.ingress.kubernetes.io/backend-protocol: http", "pods plaintext"),
        ("8443", "appgw.ingress.kubernetes.io/backend-protocol: https", "pods encryptedVerified"),
        ("web", "", "pods encryptedVerified"),
    ],
)
def test_the_ingress_controller_of_application_gateway_speaks_tls_to_pods_at_443(
    port: str, annotation: str, last: str
) -> None:
    ingress = INGRESS.replace("ingressClassName: nginx", "ingressClassName: azure-application-gateway")
    ingress = ingress.replace("annotations: {}", f"annotations: {{{annotation}}}")
    named = "{name: web, containerPort: 443}" if port == "web" else "{containerPort: 8443}"
    app = APP.replace("targetPort: 8443", f"targetPort: {port}").replace("{containerPort: 8443}", named)
    for documents in ((app, ingress), (app.split("---")[1], ingress)):
        (path,) = paths("\n---\n".join(documents), gateway({"ipAddress": "10.0.0.4"}))
        told = path["hops"][-1]["protection"] if path["target"]["kind"] == "pods" else None
        assert told is None or f"pods {told}" == last


def test_gateway_api_speaks_plain_text_without_a_backend_tls_policy() -> None:
    assert hops(GATEWAY) == [*BEFORE, "pods plaintext"]
    for group, spec in (
        ("gateway.networking.k8s.io", "{targetRefs: [{kind: Service, name: web}], validation: {hostname: w, "
         "wellKnownCACertificates: System}}"),
        ("alb.networking.azure.io", "{targetRef: {kind: Service, name: web}, default: {sni: w, verify: {"
         "caCertificateRef: {name: ca}}}}"),
    ):  # fmt: skip
        policy = (
            f"{{apiVersion: {group}/v1, kind: BackendTLSPolicy, metadata: {{name: p, namespace: shop}}, spec: {spec}}}"
        )
        own = GATEWAY if group.startswith("gateway.") else GATEWAY.replace("istio", "azure-alb-external")
        assert hops(f"{own}\n---\n{policy}")[-1] == "pods encryptedVerified"


def test_tls_passes_through_a_gateway_with_a_tls_route() -> None:
    passing = GATEWAY.replace("protocol: HTTPS,", "protocol: TLS, tls: {mode: Passthrough},")
    assert hops(passing.replace("HTTPRoute", "TLSRoute")) == [*BEFORE, "pods passthrough"]


@pytest.mark.parametrize(
    ("labels", "peers", "last"),
    [
        ("istio.io/rev: asm-1-28", STRICT, "pods mutual"),
        ("istio.io/rev: asm-1-28", STRICT.replace("STRICT", "PERMISSIVE"), "pods encryptedVerified"),
        ("istio.io/rev: asm-1-28", STRICT.replace("STRICT", "DISABLE"), "pods plaintext"),
        ("istio.io/dataplane-mode: ambient", STRICT, "pods mutual"),
        ("istio-injection: enabled", STRICT, "pods mutual"),
        ("istio-injection: Enabled", STRICT, "pods plaintext"),  # selectors of labels know no other spelling
        ("team: shop", STRICT, "pods plaintext"),
    ],
)
def test_istio_virtual_service_and_the_mesh(labels: str, peers: str, last: str) -> None:
    cluster = "\n---\n".join((APP.replace("labels: {}", f"labels: {{{labels}}}"), ISTIO, peers))
    (path,) = paths(cluster, gateway({"ipAddress": "10.0.0.4"}))
    protection = path["hops"][-1]["protection"]
    assert f"pods {protection}" == last
    assert path["complete"] is True


def test_the_add_on_of_aks_leaves_namespaces_with_the_old_label_out() -> None:
    namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: aks-istio-system}}"
    labelled = APP.replace("labels: {}", "labels: {istio-injection: enabled}")
    (path,) = paths("\n---\n".join((labelled, ISTIO, namespace, STRICT)), gateway({"ipAddress": "10.0.0.4"}))
    assert path["hops"][-1]["protection"] == "plaintext"


def test_what_a_gateway_of_api_management_in_the_cluster_calls_is_not_followed() -> None:
    image = "image: mcr.microsoft.com/azure-api-management/gateway:2.9.0"
    app = APP.replace("containers: [{name: web,", f"containers: [{{name: web, {image},")
    (path,) = paths("\n---\n".join((app, INGRESS)), gateway({"ipAddress": "10.0.0.4"}))
    assert path["target"]["name"] == "shop/web"
    assert isinstance(path["complete"], Unknown) and "self-hosted gateway" in path["complete"].reason


def test_a_name_that_no_zone_holds_is_outside_and_one_that_a_zone_lacks_is_missing() -> None:
    (path,) = paths("", gateway({"fqdn": "erp.fabrikam.com"}))
    assert (path["complete"], path["target"]["kind"]) == (True, "host")
    zone = {"id": "/z/providers/Microsoft.Network/privateDnsZones/fabrikam.com", "name": "fabrikam.com"}
    (path,) = paths("", [*gateway({"fqdn": "erp.fabrikam.com"}), {**zone, "type": "Microsoft.Network/privateDnsZones"}])
    assert path["complete"] is False
    assert path["missing"][0]["edge"] == "DNS record erp.fabrikam.com"


def record(kind: str, name: str, **own: Any) -> Body:
    zone = "/z/providers/Microsoft.Network/privateDnsZones/fabrikam.com"
    kinds = "Microsoft.Network/privateDnsZones"
    if not kind:
        return {"id": zone, "name": "fabrikam.com", "type": kinds}
    return {"id": f"{zone}/{kind}/{name}", "name": name, "type": f"{kinds}/{kind}", "properties": own}


def test_a_host_that_aaaa_records_alone_resolve_has_a_record() -> None:
    azure = [*gateway({"fqdn": "erp.fabrikam.com"}), record("", "")]
    six = record("AAAA", "erp", aaaaRecords=[{"ipv6Address": "fd00:0:0::0007"}])
    cluster = "\n---\n".join((APP, CONTROLLER, INGRESS.replace("10.0.0.4", "'fd00::7'")))
    (path,) = paths(cluster, [*azure, six])
    assert (path["complete"], path["target"]["name"]) == (True, "shop/web")
    assert "erp.fabrikam.com is fd00::7 in fabrikam.com" in path["hops"][1]["via"]
    four = record("A", "erp", aRecords=[{"ipv4Address": "10.9.9.9"}])
    (path,) = paths(cluster, [*azure, six, four])
    assert path["missing"][0]["edge"] == "owner of 10.9.9.9"
    hidden = record("AAAA", "erp", aaaaRecords=Unknown("not read"))
    (path,) = paths(cluster, [*azure, hidden])
    assert isinstance(path["complete"], Unknown)


def test_an_entrance_in_public_is_a_way_in_of_its_own_and_a_gateway_of_azure_a_front_door() -> None:
    (path,) = paths("\n---\n".join((APP, INGRESS.replace("10.0.0.4", "20.0.0.9"))), [])
    assert (path["entry"]["kind"], path["public"]) == ("ingress", True)
    alb = GATEWAY.replace("gatewayClassName: istio", "gatewayClassName: azure-alb-external")
    (path,) = paths("\n---\n".join((APP, alb.replace("10.0.0.4", "x.fz1.alb.azure.com"))), [])
    assert path["entry"]["kind"] == "trafficController"
    assert isinstance(path["public"], Unknown)


def test_what_leads_back_to_itself_ends() -> None:
    service = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/apim"
    azure = [
        *gateway({"ipAddress": "10.1.0.5"}, hostName="apim.internal"),
        {
            "id": service,
            "name": "apim",
            "type": "Microsoft.ApiManagement/service",
            "properties": {
                "virtualNetworkType": "Internal",
                "privateIPAddresses": ["10.1.0.5"],
                "hostnameConfigurations": [{"type": "Proxy", "hostName": "apim.internal"}],
            },
        },
        {
            "id": f"{service}/apis/a",
            "name": "a",
            "type": "Microsoft.ApiManagement/service/apis",
            "properties": {"path": "a", "serviceUrl": "https://10.1.0.5"},
        },
    ]
    found = paths("", azure)
    assert found and all(isinstance(path["complete"], Unknown) for path in found)


@pytest.mark.parametrize(
    ("protocol", "expected"), [("Tls", "encryptedVerified"), ("Tcp", "what is sent over TCP is not visible")]
)
def test_layer_4_listeners_are_ways_in_too(protocol: str, expected: str) -> None:
    azure = gateway({"ipAddress": "20.9.9.9"}, protocol=protocol)
    own = azure[0]["properties"]
    for old, new in (
        ("httpListeners", "listeners"),
        ("requestRoutingRules", "routingRules"),
        ("backendHttpSettingsCollection", "backendSettingsCollection"),
    ):
        own[new] = own.pop(old)
    own["listeners"][0]["properties"]["protocol"] = protocol
    rule = own["routingRules"][0]["properties"]
    rule["listener"] = rule.pop("httpListener")
    rule["backendSettings"] = rule.pop("backendHttpSettings")
    (path,) = paths("", azure)
    told = [one["protection"] for one in path["hops"]]
    assert [one.reason if isinstance(one, Unknown) else one for one in told] == [expected, expected]
