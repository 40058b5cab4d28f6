"""Traffic paths through nginx: which of several controllers serves an Ingress, and what stands before it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.estates_of_paths import APP, INGRESS, Body, gateway, paths

FRONT = {"ipAddress": "10.0.0.4"}


def controller(name: str, address: str, told: str, *args: str, ports: str = "[{port: 443}]") -> str:
    """A controller of nginx with its load balancer, its ConfigMap and its class."""
    given = ", ".join(f"'{one}'" for one in (f"--controller-class={told}", *args))
    return f"""
{{apiVersion: apps/v1, kind: Deployment,
 metadata: {{name: {name}, namespace: {name}, labels: {{app.kubernetes.io/name: ingress-nginx}}}},
 spec: {{template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{containers: [{{name: c, args: [{given}]}}]}}}}}}}}
---
{{apiVersion: v1, kind: Service,
 metadata: {{name: {name}, namespace: {name}, labels: {{app.kubernetes.io/name: ingress-nginx}}}},
 spec: {{type: LoadBalancer, selector: {{app: {name}}}, ports: {ports}}},
 status: {{loadBalancer: {{ingress: [{{ip: {address}}}]}}}}}}
---
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: ingress-nginx-controller, namespace: {name}}},
 data: {{ssl-protocols: {"TLSv1.3" if name == "internal" else "TLSv1.1 TLSv1.2"}}}}}
---
{{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {{name: {name}}}, spec: {{controller: {told}}}}}
"""


def of_class(name: str, status: str = "{loadBalancer: {ingress: [{ip: 10.0.0.4}]}}") -> str:
    own = INGRESS.replace("ingressClassName: nginx", f"ingressClassName: {name}")
    return own.replace("status: {loadBalancer: {ingress: [{ip: 10.0.0.4}]}}", f"status: {status}")


def through(*documents: str) -> list[Body]:
    """The paths that lead through the Ingress."""
    found = paths("\n---\n".join((APP, *documents)), gateway(FRONT))
    return [path for path in found if any(one["to"]["kind"] == "ingress" for one in path["hops"])]


INTERNAL = controller("internal", "10.0.0.4", "k8s.io/internal-ingress-nginx", "--enable-ssl-passthrough")
EXTERNAL = controller("external", "20.0.0.9", "k8s.io/ingress-nginx")


@pytest.mark.parametrize("status", ["{loadBalancer: {ingress: [{ip: 10.0.0.4}]}}", "{}"])
def test_an_ingress_of_an_internal_controller_is_not_behind_the_public_one(status: str) -> None:
    (path,) = through(of_class("internal", status), INTERNAL, EXTERNAL)
    assert path["host"] == "shop.contoso.com"
    assert [one["kind"] for one in path["bypasses"] if one["open"] is True] == ["noNetworkPolicy"]
    assert path["hops"][1]["tls"] == "1.3"
    (path,) = through(of_class("external", status.replace("10.0.0.4", "20.0.0.9")), INTERNAL, EXTERNAL)
    assert (path["entry"]["kind"], path["public"]) == ("ingress", True)
    assert path["hops"][0]["tls"] == "1.1"


def test_a_second_load_balancer_before_the_same_controller_is_a_way_around() -> None:
    beside = """
{apiVersion: v1, kind: Service, metadata: {name: beside, namespace: internal},
 spec: {type: LoadBalancer, selector: {app: internal}, ports: [{port: 443}]},
 status: {loadBalancer: {ingress: [{ip: 20.0.0.7}]}}}
"""
    found = through(of_class("internal"), INTERNAL, EXTERNAL, beside)
    kinds = {one["kind"] for path in found for one in path["bypasses"]}
    assert "publicIngress" in kinds


@pytest.mark.parametrize("told", ["k8s.io/internal-ingress-nginx", "example.com/own"])
def test_the_class_names_the_controller_that_runs_with_it(told: str) -> None:
    own = controller("internal", "10.0.0.4", told)
    (path,) = through(of_class("internal"), own)
    assert path["hops"][-1]["protection"] == "plaintext"  # nginx, whose settings are known


def test_what_one_controller_is_told_does_not_count_for_another() -> None:
    notes = "annotations: {nginx.ingress.kubernetes.io/ssl-passthrough: 'true'}"
    passing = of_class("external", "{loadBalancer: {ingress: [{ip: 20.0.0.9}]}}").replace("annotations: {}", notes)
    (path,) = through(passing, INTERNAL, EXTERNAL)
    assert path["hops"][-1]["protection"] == "plaintext"
    (path,) = through(of_class("internal").replace("annotations: {}", notes), INTERNAL, EXTERNAL)
    assert path["hops"][-1]["protection"] == "passthrough"


def test_the_controller_of_app_routing_is_nginx_too() -> None:
    labels = "{app: nginx, app.kubernetes.io/component: ingress-controller, app.kubernetes.io/name: nginx, "
    labels += "app.kubernetes.io/managed-by: aks-app-routing-operator}"
    name = "webapprouting.kubernetes.azure.com/nginx"
    own = controller("routing", "10.0.0.4", name).replace("{app.kubernetes.io/name: ingress-nginx}", labels)
    own = own.replace("name: ingress-nginx-controller", f"labels: {labels}, name: nginx")
    (path,) = through(of_class("routing"), own)
    assert path["hops"][1]["tls"] == "1.2"  # its ConfigMap takes 1.1, the gateway speaks nothing older than 1.2
    balanced: list[Any] = paths("\n---\n".join((APP, of_class("routing", "{}"), own)), gateway(FRONT))
    assert [path["target"]["name"] for path in balanced] == ["shop/web"]
