"""Names and ids of traffic paths: each is of one path alone, and the order of what was read decides neither."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from auditor.demo.estate_inventory import resource_of
from auditor.demo.faults import as_found, planted
from auditor.lenses.coverage import Coverage
from auditor.model.resource import Resource
from tests.estates_of_paths import AGW, APP, GATEWAY, Body, derived, gateway
from tests.paths_of_demo import LENS, designed

SERVICE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/apim"
KIND = "Microsoft.ApiManagement/service"
BARE = "<policies><inbound><base /></inbound></policies>"
SENDS = '<policies><inbound><authentication-certificate certificate-id="own" /></inbound></policies>'


def of_demo(rng: random.Random | None = None) -> dict[str, Resource]:
    resources = [resource_of(body) for body in as_found(designed(), planted())]
    resources = [one for one in resources if one.type.casefold() in LENS.reads]
    if rng:
        rng.shuffle(resources)
    found = list(LENS.derive(resources, Coverage(LENS.reads)))
    assert len({path.id for path in found}) == len(found) == len({path.name for path in found})
    return {path.id: path for path in found}


@pytest.mark.parametrize("seed", range(3))
def test_every_path_has_a_name_of_its_own_in_whatever_order_the_estate_is_read(seed: int) -> None:
    def told(paths: dict[str, Resource]) -> dict[str, tuple[str, Any]]:
        hops = {key: path.body["properties"]["hops"] for key, path in paths.items()}
        return {key: (path.name, [hop["protection"] for hop in hops[key]]) for key, path in paths.items()}

    assert told(of_demo(random.Random(seed))) == told(of_demo())


def named(*azure: Body) -> list[str]:
    return sorted(path.name for path in derived("", list(azure)))


def element(collection: str, name: str, **properties: Any) -> Body:
    return {"name": name, "id": f"{AGW}/{collection}/{name}", "properties": properties}


def test_plain_http_and_a_port_that_is_not_the_usual_one_are_in_the_name() -> None:
    agw, address = gateway({"fqdn": "erp.fabrikam.com"})
    own = agw["properties"]
    own["frontendPorts"] = [element("frontendPorts", str(port), port=port) for port in (80, 443, 8080, 8443)]
    (listener,), (rule,) = own["httpListeners"], own["requestRoutingRules"]
    own["httpListeners"], own["requestRoutingRules"] = [], []
    for port, protocol in ((80, "Http"), (443, "Https"), (8080, "Http"), (8443, "Https")):
        parts = {"protocol": protocol, "frontendPort": {"id": f"{AGW}/frontendPorts/{port}"}}
        own["httpListeners"].append(element("httpListeners", f"l{port}", **listener["properties"] | parts))
        to = {"httpListener": {"id": f"{AGW}/httpListeners/l{port}"}}
        own["requestRoutingRules"].append(element("requestRoutingRules", f"r{port}", **rule["properties"] | to))
    assert named(agw, address) == [
        "http://shop.contoso.com/* → erp.fabrikam.com",
        "http://shop.contoso.com:8080/* → erp.fabrikam.com",
        "shop.contoso.com/* → erp.fabrikam.com",
        "shop.contoso.com:8443/* → erp.fabrikam.com",
    ]


def test_two_gateways_of_one_host_are_named() -> None:
    agw, address = gateway({"fqdn": "erp.fabrikam.com"})
    other = copy.deepcopy(agw)
    other |= {"id": agw["id"].replace("/agw", "/old"), "name": "old"}
    assert named(agw, address, other) == [
        "shop.contoso.com/* by agw/x → erp.fabrikam.com",
        "shop.contoso.com/* by old/x → erp.fabrikam.com",
    ]


def test_two_listeners_of_a_gateway_in_a_cluster_are_told_apart() -> None:
    entrance = GATEWAY.replace("port: 443, protocol: HTTPS, host", "port: 80, protocol: HTTP, host")
    entrance = entrance.replace("value: 10.0.0.4", "value: 20.0.0.4")
    second = ", {name: tls, port: 443, protocol: HTTPS, hostname: shop.contoso.com}]}\nstatus"
    found = derived(APP + "---" + entrance.replace("]}\nstatus", second, 1), [])
    assert {path.name: path.body["properties"]["hops"][0]["protection"] for path in found} == {
        "http://shop.contoso.com/* → shop/web": "plaintext",
        "shop.contoso.com/* → shop/web": "encryptedVerified",
    }
    assert {path.name[:4]: path.id.rpartition("/")[2] for path in found} == {"http": "2", "shop": "shop~web"}


def test_two_apis_of_one_path_are_named() -> None:
    service = {"id": SERVICE, "name": "apim", "type": KIND, "properties": {"gatewayUrl": "https://apim.azure-api.net"}}
    apis: list[Body] = [
        {"id": f"{SERVICE}/apis/{name}", "name": name, "type": f"{KIND}/apis", "properties": properties}
        for name in ("orders-v2", "orders-v1")
        for properties in ({"path": "orders", "serviceUrl": "https://erp.fabrikam.com", "apiVersion": name[-2:]},)
    ]
    assert named(service, *apis) == [
        "apim.azure-api.net/orders/* through apim/orders-v1 → erp.fabrikam.com",
        "apim.azure-api.net/orders/* through apim/orders-v2 → erp.fabrikam.com",
    ]


def through(**operations: str) -> list[Resource]:
    """The paths of an API with a backend, whose operations have these policies."""

    def child(kind: str, below: str, **own: Any) -> Body:
        return {
            "id": f"{SERVICE}/{below}",
            "name": below.rpartition("/")[2],
            "type": f"{KIND}/{kind}",
            "properties": own,
        }

    def policy(kind: str, below: str, text: str) -> Body:
        return child(f"{kind}/policies", f"{below}/policies/policy", format="rawxml", value=text)

    azure = [
        {"id": SERVICE, "name": "apim", "type": KIND, "properties": {"gatewayUrl": "https://apim.azure-api.net"}},
        child("apis", "apis/orders", path="orders", serviceUrl="https://erp.fabrikam.com"),
        policy("apis", "apis/orders", SENDS),
        child("apis/operations", "apis/orders/operations/list"),
    ]
    for name, text in operations.items():
        azure.append(child("apis/operations", f"apis/orders/operations/{name}"))
        azure.append(policy("apis/operations", f"apis/orders/operations/{name}", text))
    return derived("", azure)


def test_operations_that_reach_one_backend_in_different_ways_are_told_apart() -> None:
    whole, target = "apim.azure-api.net/orders/*", "→ erp.fabrikam.com"
    (alone,) = through(create=BARE)
    assert alone.name == f"{whole} {target}"
    bare = "<policies><inbound /></policies>"
    found = {path.name: path.id for path in through(create=bare)}
    assert sorted(found) == [f"{whole} (create) {target}", f"{whole} (other operations) {target}"]
    assert found[f"{whole} (other operations) {target}"] == alone.id
    assert found[f"{whole} (create) {target}"] == f"{alone.id}/create"
    several = {path.name for path in through(create=bare, delete=bare, update=bare)}
    assert f"{whole} (create, delete and 1 more) {target}" in several
