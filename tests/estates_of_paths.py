"""Small estates for traffic paths: a gateway of Azure, a cluster, and what leads from one to the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from auditor.lenses.coverage import Coverage
from auditor.lenses.registry import TRAFFIC_PATH_READS, lens_of
from auditor.model.kubernetes_types import kubernetes_type
from auditor.model.resource import Origin, Resource

AGW = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/applicationGateways/agw"
Body = dict[str, Any]


def gateway(address: Body, port: int = 443, protocol: str = "Https", **setting: Any) -> list[Body]:
    """A gateway that sends shop.contoso.com to an address."""

    def named(collection: str, name: str, **properties: Any) -> Body:
        return {"name": name, "id": f"{AGW}/{collection}/{name}", "properties": properties}

    def to(collection: str) -> Body:
        return {"id": f"{AGW}/{collection}/x"}

    public = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/pip"
    collections = {
        "frontendIPConfigurations": {"publicIPAddress": {"id": public}},
        "backendAddressPools": {"backendAddresses": [address]},
        "backendHttpSettingsCollection": {"port": port, "protocol": protocol, **setting},
        "httpListeners": {
            "protocol": "Https",
            "hostName": "shop.contoso.com",
            "frontendIPConfiguration": to("frontendIPConfigurations"),
        },
        "requestRoutingRules": {
            "httpListener": to("httpListeners"),
            "backendAddressPool": to("backendAddressPools"),
            "backendHttpSettings": to("backendHttpSettingsCollection"),
        },
    }
    own = {name: [named(name, "x", **properties)] for name, properties in collections.items()}
    return [
        {"id": AGW, "name": "agw", "type": "Microsoft.Network/applicationGateways", "properties": own},
        {
            "id": public,
            "name": "pip",
            "type": "Microsoft.Network/publicIPAddresses",
            "properties": {"ipAddress": "20.0.0.1"},
        },
    ]


APP = """
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop},
 spec: {selector: {app: web}, ports: [{name: https, port: 443, targetPort: 8443}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop},
 spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, ports: [{containerPort: 8443}]}]}}}}
"""
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop, annotations: {}}
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.contoso.com], secretName: tls}]
  rules:
  - host: shop.contoso.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 443}}}}]}
status: {loadBalancer: {ingress: [{ip: 10.0.0.4}]}}
"""
CONTROLLER = """
{apiVersion: apps/v1, kind: Deployment,
 metadata: {name: c, namespace: ingress, labels: {app.kubernetes.io/name: ingress-nginx}},
 spec: {template: {metadata: {labels: {app: c}}, spec: {containers: [{name: c, args: []}]}}}}
"""
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: shop}
spec: {gatewayClassName: istio, listeners: [{name: web, port: 443, protocol: HTTPS, hostname: shop.contoso.com}]}
status: {addresses: [{type: IPAddress, value: 10.0.0.4}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {parentRefs: [{name: gw}], rules: [{backendRefs: [{name: web, port: 443}]}]}
"""
ISTIO = """
apiVersion: v1
kind: Service
metadata: {name: istio, namespace: istio-ingress}
spec: {type: LoadBalancer, selector: {istio: ingressgateway, app: gw}, ports: [{port: 443}]}
status: {loadBalancer: {ingress: [{ip: 10.0.0.4}]}}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw, namespace: istio-ingress}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 443, name: https, protocol: HTTPS}
    hosts: ["*.contoso.com"]
    tls: {mode: SIMPLE, credentialName: tls}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [shop.contoso.com]
  gateways: [istio-ingress/gw]
  http: [{route: [{destination: {host: web, port: {number: 443}}}]}]
"""
STRICT = "{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: d, namespace: istio-system},"
STRICT += " spec: {mtls: {mode: STRICT}}}"


def paths(
    cluster: str, azure: list[Body], looked_at: frozenset[str] = TRAFFIC_PATH_READS, more: Sequence[Body] = ()
) -> list[Body]:
    """The properties of the paths of an estate, which was looked at as a whole."""
    return [path.body["properties"] for path in derived(cluster, azure, looked_at, more)]


def derived(
    cluster: str, azure: list[Body], looked_at: frozenset[str] = TRAFFIC_PATH_READS, more: Sequence[Body] = ()
) -> list[Resource]:
    """The paths of an estate, which was looked at as a whole. `more`: objects of the cluster that no YAML can say."""
    objects = [*(body for body in yaml.safe_load_all(cluster) if body), *more]
    resources = [
        *(Resource(body["type"], body, Origin(source="live")) for body in azure),
        *(Resource(kubernetes_type(body), body, Origin(source="live"), "aks") for body in objects),
    ]
    return list(lens_of("auditor/trafficPath").derive(resources, Coverage(looked_at)))
