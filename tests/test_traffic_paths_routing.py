"""Traffic paths through a cluster: which listener, route and backend a request really meets, and who else gets in."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest

from auditor.lenses.registry import TRAFFIC_PATH_READS
from auditor.model.resource import Unknown
from tests.estates_of_paths import (
    APP,
    CONTROLLER,
    GATEWAY,
    INGRESS,
    ISTIO,
    STRICT,
    Body,
    gateway,
    paths,
)
from tests.pki import b64, make

BEHIND = [{"ipAddress": "10.0.0.4"}]
PUBLIC = ("10.0.0.4", "20.0.0.4")
MESHED = APP.replace("labels: {}", "labels: {istio.io/rev: asm-1-28}")


def joined(*documents: str) -> str:
    return "\n---\n".join(documents)


def reached(cluster: str, azure: list[Body] | None = None) -> list[str]:
    """Where each path ends, and how its last hop is protected."""
    found = paths(cluster, gateway({"ipAddress": "10.0.0.4"}) if azure is None else azure)
    last = [path["hops"][-1]["protection"] for path in found]
    told = [one if isinstance(one, str) else "unknown" for one in last]
    return [f"{path['target']['name']} {one}" for path, one in zip(found, told, strict=True)]


def around(cluster: str, azure: list[Body] | None = None, more: Sequence[Body] = ()) -> list[tuple[str, Any]]:
    found = paths(cluster, gateway({"ipAddress": "10.0.0.4"}) if azure is None else azure, more=more)
    ways = [one for path in found for one in path["bypasses"] if one["kind"] != "openNetwork"]  # no network is there
    return [(one["kind"], one["open"]) for one in ways]


# --- hosts --------------------------------------------------------------------------------------------------------


def test_a_listener_for_a_wildcard_leads_to_each_host_behind_it() -> None:
    azure = gateway({"ipAddress": "10.0.0.4"})
    own = azure[0]["properties"]["httpListeners"][0]["properties"]
    own.pop("hostName")
    own["hostNames"] = ["*.contoso.com"]
    other = INGRESS.replace("shop.contoso.com", "blog.contoso.com").replace("{name: web, n", "{name: blog, n")
    elsewhere = INGRESS.replace("shop.contoso.com", "shop.fabrikam.com").replace("{name: web, n", "{name: far, n")
    found = paths(joined(APP, INGRESS, other, elsewhere), azure)
    assert [(path["host"], path["complete"]) for path in found] == [("*.contoso.com", True)] * 2
    assert {path["hops"][1]["to"]["name"] for path in found} == {"shop/web", "shop/blog"}


@pytest.mark.parametrize("name", ["shop.contoso.com", "SHOP.contoso.com", "shop.contoso.com."])
def test_a_host_is_the_same_in_capitals_and_with_a_dot_at_its_end(name: str) -> None:
    assert reached(joined(APP, INGRESS), gateway({"ipAddress": "10.0.0.4"}, hostName=name)) == ["shop/web plaintext"]


def test_a_gateway_for_a_wildcard_takes_the_hosts_of_its_routes() -> None:
    wide = GATEWAY.replace("hostname: shop.contoso.com", "hostname: '*.contoso.com'")
    routed = wide.replace("spec: {parentRefs:", "spec: {hostnames: [shop.contoso.com], parentRefs:")
    (path,) = paths(joined(APP, routed.replace(*PUBLIC)), [])
    assert (path["host"], path["complete"]) == ("shop.contoso.com", True)
    (path,) = paths(joined(APP, ISTIO.replace(*PUBLIC)), [])
    assert (path["host"], path["complete"]) == ("shop.contoso.com", True)


def test_a_host_that_no_certificate_can_name_is_not_a_wrong_one() -> None:
    leaf = make("web", sans=("www.contoso.com",))
    for host, expected in (("*-web.contoso.com", None), ("*.contoso.com", False), ("www.contoso.com", True)):
        azure = gateway({"ipAddress": "20.9.9.9"})
        own = azure[0]["properties"]
        own["sslCertificates"] = [{"name": "c", "id": "/c", "properties": {"publicCertData": b64(leaf.der)}}]
        listener = own["httpListeners"][0]["properties"]
        listener.pop("hostName")
        listener |= {"hostNames": [host], "sslCertificate": {"id": "/c"}}
        (path,) = paths("", azure)
        matches = path["hops"][0]["nameMatches"]
        assert matches is expected if expected is not None else isinstance(matches, Unknown)


def test_two_listeners_with_one_setting_are_two_ways_in() -> None:
    azure = gateway({"ipAddress": "20.9.9.9"}, hostName="erp.fabrikam.com")
    own = azure[0]["properties"]
    for collection in ("httpListeners", "requestRoutingRules"):
        second = copy.deepcopy(own[collection][0])
        second |= {"name": "y", "id": second["id"].removesuffix("x") + "y"}
        own[collection].append(second)
    own["httpListeners"][1]["properties"]["hostName"] = "blog.contoso.com"
    own["requestRoutingRules"][1]["properties"]["httpListener"] = {"id": own["httpListeners"][1]["id"]}
    for path in paths("", azure):
        first, last = path["hops"]
        assert last["from"]["name"] == first["to"]["name"]


# --- redirects ----------------------------------------------------------------------------------------------------

REDIRECT = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: redirect, namespace: shop}
spec:
  parentRefs: [{name: gw, sectionName: plain}]
  rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]
"""


def test_a_route_that_redirects_to_https_is_no_missing_route() -> None:
    both = GATEWAY.replace("listeners: [", "listeners: [{name: plain, port: 80, protocol: HTTP}, ")
    both = both.replace("parentRefs: [{name: gw}]", "parentRefs: [{name: gw, sectionName: web}]").replace(*PUBLIC)
    found = paths(joined(APP, both, REDIRECT), [])
    told = {path["hops"][0]["to"]["port"]: (path.get("redirect"), path["complete"]) for path in found}
    assert told[80] == ({"to": "https://shop.contoso.com", "encrypted": True}, True)
    assert told[443] == (None, True)


def test_every_server_of_an_istio_gateway_is_a_way_in() -> None:
    for tls, expected in (
        ("{httpsRedirect: true}", {"to": "https://shop.contoso.com", "encrypted": True}),
        ("{}", None),
    ):
        plain = f"servers:\n  - {{port: {{number: 80, name: http, protocol: HTTP}}, hosts: ['*'], tls: {tls}}}"
        found = paths(joined(APP, ISTIO.replace("servers:", plain).replace(*PUBLIC)), [])
        told = {path["hops"][0]["to"]["port"]: path for path in found}
        assert told[80].get("redirect") == expected
        assert told[80]["hops"][0]["protection"] == "plaintext"
        assert told[443]["hops"][0]["protection"] == "encryptedVerified"


def test_nginx_that_redirects_sends_nothing_to_pods() -> None:
    note = "annotations: {nginx.ingress.kubernetes.io/permanent-redirect: 'https://new.contoso.com/x'}"
    (path,) = paths(joined(APP, INGRESS.replace("annotations: {}", note).replace(*PUBLIC)), [])
    assert path["redirect"] == {"to": "https://new.contoso.com", "encrypted": True}
    (path,) = paths(joined(APP, INGRESS.replace("annotations: {}", note)), gateway({"ipAddress": "10.0.0.4"}))
    assert "redirect" not in path  # what comes so far in has crossed hops that count
    assert path["complete"] is True


# --- which backend ------------------------------------------------------------------------------------------------


def test_the_longest_path_that_fits_is_taken_whichever_object_it_stands_in() -> None:
    azure = gateway({"ipAddress": "10.0.0.4"})
    rule = azure[0]["properties"]["requestRoutingRules"][0]["properties"]
    way = {key: rule.pop(key) for key in ("backendAddressPool", "backendHttpSettings")}
    own = {"name": "o", "properties": {"paths": ["/orders/*"], **way}}
    path_map = {"defaultRedirectConfiguration": {"id": "/r"}, "pathRules": [own]}
    azure[0]["properties"]["urlPathMaps"] = [{"name": "m", "id": "/m", "properties": path_map}]
    rule["urlPathMap"] = {"id": "/m"}
    orders = INGRESS.replace("{name: web, n", "{name: orders, n").replace("path: /,", "path: /orders,")
    orders = orders.replace("annotations: {}", "annotations: {nginx.ingress.kubernetes.io/backend-protocol: HTTPS}")
    routes = [path for path in paths(joined(APP, INGRESS, orders), azure) if path["route"] == "/orders/*"]
    assert [path["hops"][-1]["protection"] for path in routes] == ["encryptedUnverified"]
    istio = ISTIO.replace("http: [", "http: [{match: [{uri: {prefix: /orders}}], route: [{destination: {host: o}}]}, ")
    routes = [path for path in paths(joined(APP, istio), azure) if path["route"] == "/orders/*"]
    assert [path["missing"][0]["edge"] for path in routes] == ["Service shop/o"]


def test_a_dangling_path_is_told_beside_one_that_works() -> None:
    gone = INGRESS.replace("{name: web, n", "{name: old, n").replace("path: /,", "path: /old,")
    found = paths(joined(APP, INGRESS, gone.replace("name: web, port", "name: old, port")), gateway(BEHIND[0]))
    assert sorted(path["target"]["name"] for path in found) == ["Service shop/old", "shop/web"]
    assert sorted(path["complete"] for path in found) == [False, True]


def test_a_policy_for_one_port_of_a_service_is_for_that_port() -> None:
    policy = """{apiVersion: gateway.networking.k8s.io/v1, kind: BackendTLSPolicy, metadata: {name: p, namespace: shop},
     spec: {targetRefs: [{kind: Service, name: web, sectionName: PORT}],
            validation: {hostname: w, wellKnownCACertificates: System}}}"""
    assert reached(joined(APP, GATEWAY, policy.replace("PORT", "https"))) == ["shop/web encryptedVerified"]
    assert reached(joined(APP, GATEWAY, policy.replace("PORT", "admin"))) == ["shop/web plaintext"]


def test_a_subset_may_leave_the_mesh() -> None:
    rule = """{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: web, namespace: shop},
     spec: {host: web, subsets: [{name: v1, trafficPolicy: {tls: {mode: DISABLE}}}, {name: v2}]}}"""
    for subset, expected in (("v1", "plaintext"), ("v2", "mutual")):
        routed = ISTIO.replace("destination: {host: web,", f"destination: {{host: web, subset: {subset},")
        assert reached(joined(MESHED, routed, STRICT, rule)) == [f"shop/web {expected}"]


def test_a_rule_for_a_port_names_the_port_of_the_service() -> None:
    rule = """{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: web, namespace: shop},
     spec: {host: web, trafficPolicy: {portLevelSettings: [{port: {number: PORT}, tls: {mode: DISABLE}}]}}}"""
    assert reached(joined(MESHED, ISTIO, STRICT, rule.replace("PORT", "443"))) == ["shop/web plaintext"]
    assert reached(joined(MESHED, ISTIO, STRICT, rule.replace("PORT", "8443"))) == ["shop/web mutual"]


def ordering(mode: str, host: str = "web", namespace: str = "shop", more: str = "", name: str = "d") -> str:
    """A DestinationRule."""
    return (
        f"{{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {{name: {name}, "
        f"namespace: {namespace}}}, spec: {{host: '{host}', {more} trafficPolicy: {{tls: {{mode: {mode}}}}}}}}}"
    )


EVERY = ordering("DISABLE", "*.local", "istio-system", name="every")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([EVERY], "plaintext"),
        ([EVERY, ordering("ISTIO_MUTUAL")], "mutual"),  # that of the Service's own namespace comes first
        ([ordering("ISTIO_MUTUAL", "*.shop.svc.cluster.local"), ordering("DISABLE", name="own")], "plaintext"),
        ([ordering("DISABLE", "*.shop.svc.cluster.local"), ordering("ISTIO_MUTUAL", name="own")], "mutual"),
        ([ordering("DISABLE"), ordering("ISTIO_MUTUAL", "web.shop.svc.cluster.local", "istio-ingress")], "mutual"),
        ([ordering("DISABLE", more="exportTo: ['.'],")], "mutual"),  # not for the gateway, which is elsewhere
        ([ordering("DISABLE", more="exportTo: [other],")], "mutual"),
        ([ordering("DISABLE", more="exportTo: [istio-ingress],")], "plaintext"),
        ([ordering("DISABLE", more="exportTo: ['*'],")], "plaintext"),
        ([ordering("DISABLE", more="workloadSelector: {matchLabels: {app: web}},")], "mutual"),
        (
            [
                ordering(
                    "DISABLE",
                    "web.shop.svc.cluster.local",
                    "istio-ingress",
                    "workloadSelector: {matchLabels: {app: web}},",
                )
            ],
            "unknown",  # whether it selects the gateway
        ),
    ],
)
def test_the_destination_rule_that_istio_takes(rules: list[str], expected: str) -> None:
    assert reached(joined(MESHED, ISTIO, STRICT, *rules)) == [f"shop/web {expected}"]


def test_who_is_told_to_leave_the_mesh_lacks_the_certificate_that_strict_pods_demand() -> None:
    for mode in ("DISABLE", "SIMPLE, insecureSkipVerify: true"):
        (path,) = paths(joined(MESHED, ISTIO, STRICT, ordering(mode)), gateway({"ipAddress": "10.0.0.4"}))
        assert path["hops"][-1]["clientCertificate"] == "lacking"


def test_nginx_without_a_proxy_is_not_in_the_mesh_whatever_its_namespace_says() -> None:
    space = "{apiVersion: v1, kind: Namespace, metadata: {name: ingress, labels: {istio-injection: enabled}}}"
    out = CONTROLLER.replace("labels: {app: c}", "labels: {app: c, sidecar.istio.io/inject: 'false'}")
    assert reached(joined(MESHED, INGRESS, STRICT, space, CONTROLLER)) == ["shop/web mutual"]
    assert reached(joined(MESHED, INGRESS, STRICT, space, out)) == ["shop/web plaintext"]


def test_where_tls_passes_through_the_ingress_serves_and_asks_nothing() -> None:
    notes = (
        "{nginx.ingress.kubernetes.io/ssl-passthrough: 'true', nginx.ingress.kubernetes.io/auth-tls-secret: shop/ca}"
    )
    passing = INGRESS.replace("annotations: {}", f"annotations: {notes}")
    controller = CONTROLLER.replace("args: []", "args: [--enable-ssl-passthrough]")
    (path,) = paths(joined(APP, passing, controller), gateway({"ipAddress": "10.0.0.4"}))
    assert path["hops"][1]["protection"] == "encryptedVerified"
    assert "certificate" not in path["hops"][1]
    assert path["hops"][2]["protection"] == "passthrough"


# --- other namespaces ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allowed", "labels", "complete"),
    [
        ("", "", False),
        ("allowedRoutes: {namespaces: {from: All}},", "", True),
        ("allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: shop}}}},", "team: shop", True),
        ("allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: shop}}}},", "team: blog", False),
        ("allowedRoutes: {namespaces: {from: Selector, selector: {matchExpressions: [{}]}}},", "team: shop", None),
    ],
)
def test_a_listener_takes_routes_from_other_namespaces_where_it_says_so(
    allowed: str, labels: str, complete: bool | None
) -> None:
    far = GATEWAY.replace("{name: gw, namespace: shop}", "{name: gw, namespace: infra}").replace(
        "parentRefs: [{name: gw}]", "parentRefs: [{name: gw, namespace: infra}]"
    )
    far = far.replace("hostname: shop", f"{allowed} hostname: shop")
    own = APP.replace("labels: {}", f"labels: {{{labels}}}")
    (path,) = paths(joined(own, far), gateway({"ipAddress": "10.0.0.4"}))
    assert path["complete"] is complete if complete is not None else isinstance(path["complete"], Unknown)


def test_a_route_that_the_controller_refuses_leads_nowhere() -> None:
    refused = GATEWAY.rstrip() + (
        "\nstatus: {parents: [{parentRef: {name: gw}, conditions: [{type: Accepted, status: 'False'}]}]}\n"
    )
    (path,) = paths(joined(APP, refused), gateway({"ipAddress": "10.0.0.4"}))
    assert path["missing"][0]["edge"] == "route of listener web"


@pytest.mark.parametrize(
    ("hosts", "complete"),
    [("[shop.contoso.com]", True), ("[blog.contoso.com]", False), ("[5]", False), ('["*."]', False)],
)
def test_a_route_for_other_hosts_takes_nothing(hosts: str, complete: bool) -> None:
    routed = GATEWAY.replace("parentRefs: [{name: gw}]", f"parentRefs: [{{name: gw}}], hostnames: {hosts}")
    (path,) = paths(joined(APP, routed), gateway({"ipAddress": "10.0.0.4"}))
    assert path["complete"] is complete


def test_a_route_without_a_host_that_is_a_text_takes_nothing_of_any_host() -> None:
    routed = GATEWAY.replace("parentRefs: [{name: gw}]", "parentRefs: [{name: gw}], hostnames: [5]")
    open_ = routed.replace(*PUBLIC).replace(", hostname: shop.contoso.com", "")
    (path,) = paths(joined(APP, open_), [])
    assert path["host"] == "*" and path["complete"] is False


GRANT = """
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: g, namespace: shop}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: routes}], to: [{group: "", kind: Service}]}
"""


def test_a_route_reaches_a_service_elsewhere_by_a_grant_alone() -> None:
    far = GATEWAY.replace("{name: web, namespace: shop}", "{name: web, namespace: routes}")
    far = far.replace("backendRefs: [{name: web,", "backendRefs: [{name: web, namespace: shop,")
    far = far.replace("parentRefs: [{name: gw}]", "parentRefs: [{name: gw, namespace: shop}]")
    far = far.replace("hostname: shop", "allowedRoutes: {namespaces: {from: All}}, hostname: shop")
    assert "gateway.networking.k8s.io/referencegrant" in TRAFFIC_PATH_READS
    (path,) = paths(joined(APP, far), gateway({"ipAddress": "10.0.0.4"}))
    assert path["missing"][0]["edge"] == "ReferenceGrant for Service shop/web"
    assert path["complete"] is False
    for grant, complete in ((GRANT, True), (GRANT.replace("namespace: routes", "namespace: others"), False)):
        (path,) = paths(joined(APP, far, grant), gateway({"ipAddress": "10.0.0.4"}))
        assert path["complete"] is complete


# --- who else -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ingress", "expected"),
    [
        ("[{from: [{podSelector: {}}]}]", []),
        ("[{from: [{namespaceSelector: {matchLabels: {a: b}}}]}]", []),
        ("[{from: [{namespaceSelector: {}}]}]", [True]),
        ("[{from: [{namespaceSelector: {}, podSelector: {matchLabels: {a: b}}}]}]", []),
        ("[{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]", [True]),
        ("[{ports: [{port: web}]}]", [True]),
        ("[{ports: [{port: metrics}]}]", []),
        ("[{ports: [{port: 8000, endPort: 9000}]}]", [True]),
        ("[{ports: [{port: 8000, endPort: 8100}]}]", []),
        ("[{ports: [{port: 8443, protocol: UDP}]}]", []),
        ("[{from: [{namespaceSelector: {matchExpressions: [{key: a, operator: Exists}]}}]}]", []),
        ("[{from: [{podSelector: {}}, {ipBlock: {cidr: 0.0.0.0/0}}]}]", [True]),
    ],
)
def test_whom_a_network_policy_lets_in(ingress: str, expected: list[bool]) -> None:
    policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: "
    policy += f"{{podSelector: {{}}, ingress: {ingress}}}}}"
    named = APP.replace("{containerPort: 8443}", "{name: web, containerPort: 8443}")
    assert around(joined(named, INGRESS, policy)) == [("noNetworkPolicy", one) for one in expected]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{key: app, operator: In, values: [web, api]}", []),
        ("{key: app, operator: In, values: [api]}", [True]),
        ("{key: app, operator: NotIn, values: [web]}", [True]),
        ("{key: tier, operator: NotIn, values: [web]}", []),
        ("{key: app, operator: Exists}", []),
        ("{key: app, operator: DoesNotExist}", [True]),
        ("{key: app, operator: Near}", [None]),
    ],
)
def test_a_network_policy_may_select_pods_by_expressions(expression: str, expected: list[bool | None]) -> None:
    policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: "
    policy += f"{{podSelector: {{matchExpressions: [{expression}]}}, ingress: []}}}}"
    found = [one for _, one in around(joined(APP, INGRESS, policy))]
    assert [None if isinstance(one, Unknown) else one for one in found] == expected


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("cilium.io/v2/CiliumNetworkPolicy", {"ingress": [{}]}, True),
        ("cilium.io/v2/CiliumNetworkPolicy", {"egress": [{"toFQDNs": [{"matchName": "a.example.com"}]}]}, False),
        ("cilium.io/v2/CiliumClusterwideNetworkPolicy", {"ingress": [{"fromEntities": ["all"]}]}, True),
        ("projectcalico.org/v3/NetworkPolicy", {"ingress": [{"action": "Allow"}]}, True),
        ("policy.networking.k8s.io/v1alpha1/AdminNetworkPolicy", {"ingress": [{"action": "Allow"}]}, True),
        ("policy.networking.k8s.io/v1alpha1/AdminNetworkPolicy", Unknown("not known"), True),
    ],
)
def test_other_policies_may_open_what_a_network_policy_closes(kind: str, spec: Any, expected: bool) -> None:
    group, version, name = kind.split("/")
    space = {} if name.startswith(("CiliumClusterwide", "Admin")) else {"namespace": "shop"}
    other = {"apiVersion": f"{group}/{version}", "kind": name, "metadata": {"name": "o", **space}, "spec": spec}
    closed: Body = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    closed |= {"metadata": {"name": "p", "namespace": "shop"}, "spec": {"podSelector": {}, "policyTypes": []}}
    assert around(joined(APP, INGRESS), more=[closed]) == []
    found = around(joined(APP, INGRESS), more=[closed, other])
    assert [isinstance(one, Unknown) for _, one in found] == [True] * expected


NARROW: list[Body] = [{"podSelector": {"matchLabels": {"app": "gateway"}}}]
HIDDEN = Unknown("not known")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"ports": [HIDDEN]}, None),
        ({"ports": [HIDDEN, {"port": 8443}]}, True),
        ({"ports": [{"port": HIDDEN}]}, None),
        ({"ports": [{"port": 8000, "endPort": HIDDEN}]}, None),
        ({"ports": [{"port": 8443, "protocol": HIDDEN}]}, None),
        ({"ports": [{"port": 9090}, {"port": HIDDEN, "protocol": "UDP"}]}, False),
        ({"from": [HIDDEN]}, None),
        ({"from": [*NARROW, HIDDEN]}, None),
        ({"from": [HIDDEN], "ports": [{"port": 9090}]}, False),
        ({"from": [{"ipBlock": {"cidr": HIDDEN}}]}, None),
        ({"from": [{"namespaceSelector": HIDDEN}]}, None),
        ({"from": [{"namespaceSelector": {"matchLabels": HIDDEN}}]}, None),
        ({"from": NARROW}, False),
    ],
)
def test_what_is_not_known_of_a_network_policy_may_let_everyone_in(rule: Body, expected: bool | None) -> None:
    policy: Body = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    policy |= {"metadata": {"name": "p", "namespace": "shop"}, "spec": {"podSelector": {}, "ingress": [rule]}}
    found = [one for _, one in around(joined(APP, INGRESS), more=[policy])]
    told = True in found or (None if found else False)
    assert told is expected


def test_one_workload_of_a_service_that_no_policy_selects_is_a_way_in() -> None:
    policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: "
    policy += "{podSelector: {matchLabels: {v: '1'}}, ingress: []}}"
    first = APP.replace("metadata: {labels: {app: web}}", "metadata: {labels: {app: web, v: '1'}}")
    second = first.split("---")[2].replace("v: '1'", "v: '2'").replace("{name: web, n", "{name: web2, n")
    assert around(joined(first, INGRESS, policy)) == []
    assert around(joined(first, second, INGRESS, policy)) == [("noNetworkPolicy", True)]


@pytest.mark.parametrize(
    ("access", "public", "expected"),
    [
        ({"authorizedIPRanges": ["198.51.100.0/24"]}, None, []),
        ({"authorizedIPRanges": ["0.0.0.0/32"]}, None, []),  # what the cluster itself comes from
        ({"authorizedIPRanges": ["198.51.100.0/24", "0.0.0.0/0"]}, None, [True]),
        ({"authorizedIPRanges": ["0.0.0.0/1", "128.0.0.0/1"]}, None, [True]),
        (None, None, [True]),
        ({"enablePrivateCluster": True}, None, []),
        ({"enableVnetIntegration": True}, "Disabled", []),  # the API server stands in the network, and is closed
        ({"enableVnetIntegration": True}, "Enabled", [True]),
        ({"enableVnetIntegration": True}, None, [True]),
        ({"enableVnetIntegration": True}, Unknown("not read"), [None]),
        ({"enablePrivateCluster": Unknown("x"), "authorizedIPRanges": ["198.51.100.0/24"]}, None, []),
        ({"enableVnetIntegration": None}, "Disabled", [True]),
    ],
)
def test_who_reaches_the_api_of_a_cluster(access: Any, public: Any, expected: list[Any]) -> None:
    cluster = {
        "id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks",
        "name": "aks",
        "type": "Microsoft.ContainerService/managedClusters",
        "properties": {"apiServerAccessProfile": access, "publicNetworkAccess": public},
    }
    found = around(joined(APP, INGRESS), [*gateway({"ipAddress": "10.0.0.4"}), cluster])
    ways = [open_ for kind, open_ in found if kind == "publicClusterApi"]
    assert [None if isinstance(one, Unknown) else one for one in ways] == expected


@pytest.mark.parametrize(
    "change",
    [
        ("spec: {selector: {app: web},", "spec: {type: ExternalName, externalName: erp.fabrikam.com,"),
        ("selector: {app: web}, ", ""),
    ],
)
def test_a_service_without_pods_is_spoken_to_all_the_same(change: tuple[str, str]) -> None:
    (path,) = paths(joined(APP.replace(*change), INGRESS, CONTROLLER), gateway({"ipAddress": "10.0.0.4"}))
    assert path["hops"][-1]["protection"] == "plaintext"
    assert isinstance(path["complete"], Unknown)


def test_pods_that_were_not_seen_are_spoken_to_all_the_same() -> None:
    service = APP.split("---")[1]
    plain = INGRESS.replace("ingressClassName: nginx", "ingressClassName: azure-application-gateway")
    objects = joined(service, plain)
    (path,) = paths(objects, gateway({"ipAddress": "10.0.0.4"}), looked_at=TRAFFIC_PATH_READS - {"core/pod"})
    assert path["hops"][-1]["protection"] == "plaintext"
    assert isinstance(path["complete"], Unknown)
    (path,) = paths(
        joined(service, GATEWAY), gateway({"ipAddress": "10.0.0.4"}), looked_at=TRAFFIC_PATH_READS - {"core/pod"}
    )
    assert isinstance(path["hops"][-1]["protection"], Unknown)  # the mesh may encrypt


# --- more of what routers do ---------------------------------------------------------------------------------------

TWO = joined(APP, APP.split("---", 1)[1].replace("name: web", "name: copy").replace("app: web", "app: copy"))


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ("[{name: web, port: 443, weight: 1}, {name: copy, port: 443, weight: 0}]", ["shop/web"]),
        ("[{name: web, port: 443}, {name: copy, port: 443, weight: 9}]", ["shop/web", "shop/copy"]),
        ("[{name: web, port: 443, weight: 0}]", ["(nowhere)"]),
    ],
)
def test_a_backend_of_no_weight_gets_no_request(routes: str, expected: list[str]) -> None:
    route = GATEWAY.replace("backendRefs: [{name: web, port: 443}]", f"backendRefs: {routes}")
    found = paths(joined(TWO, route), gateway({"ipAddress": "10.0.0.4"}))
    assert [p["target"]["name"] if p["target"]["kind"] == "pods" else "(nowhere)" for p in found] == expected
    virtual = ISTIO.replace(
        "route: [{destination: {host: web, port: {number: 443}}}]",
        "route: [{destination: {host: web, port: {number: 443}}, weight: 100}, "
        "{destination: {host: copy, port: {number: 443}}, weight: 0}]",
    )
    assert [one.partition(" ")[0] for one in reached(joined(TWO, virtual))] == ["shop/web"]


def test_a_mirror_of_requests_is_a_way_too() -> None:
    mirror = "filters: [{type: RequestMirror, requestMirror: {backendRef: {name: copy, port: 443}}}], backendRefs:"
    assert reached(joined(TWO, GATEWAY.replace("backendRefs:", mirror))) == [
        "shop/web plaintext",
        "shop/copy plaintext",
    ]
    for told in (
        "mirror: {host: copy, port: {number: 443}}, route:",
        "mirrors: [{destination: {host: copy, port: {number: 443}}}], route:",
    ):
        found = reached(joined(TWO, ISTIO.replace("route:", told)))
        assert [one.partition(" ")[0] for one in found] == ["shop/web", "shop/copy"]


def test_nginx_takes_the_aliases_of_a_host() -> None:
    notes = "annotations: {nginx.ingress.kubernetes.io/server-alias: 'shop.contoso.com, *.shop.contoso.com'}"
    other = INGRESS.replace("annotations: {}", notes).replace("host: shop.contoso.com", "host: other.contoso.com")
    assert reached(joined(APP, other)) == ["shop/web plaintext"]
    plain = INGRESS.replace("host: shop.contoso.com", "host: other.contoso.com")
    (path,) = paths(joined(APP, plain), gateway({"ipAddress": "10.0.0.4"}))
    assert path["complete"] is False


@pytest.mark.parametrize(
    ("hosts", "export", "complete"),
    [
        ("['*.contoso.com']", "", True),
        ("['shop/*.contoso.com']", "", True),
        ("['*/*.contoso.com']", "", True),
        ("['./*.contoso.com']", "", False),  # routes of its own namespace alone
        ("['blog/*.contoso.com', 'shop/shop.contoso.com']", "", True),
        ("['*.contoso.com']", "exportTo: ['.'],", False),  # to its own namespace, which the Gateway is not in
        ("['*.contoso.com']", "exportTo: [istio-ingress],", True),
    ],
)
def test_which_virtual_services_a_gateway_of_istio_takes(hosts: str, export: str, complete: bool) -> None:
    own = ISTIO.replace('hosts: ["*.contoso.com"]', f"hosts: {hosts}").replace(
        "spec:\n  hosts: [shop.contoso.com]", f"spec:\n  {export.rstrip(',')}\n  hosts: [shop.contoso.com]"
    )
    (path,) = paths(joined(APP, own), gateway({"ipAddress": "10.0.0.4"}))
    assert path["complete"] is complete


BALANCED = """
{apiVersion: v1, kind: Service, metadata: {name: lb, namespace: shop, annotations: {NOTES}},
 spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 443, targetPort: 8443}], RANGES},
 status: {loadBalancer: {ingress: [{ip: 20.0.0.4}]}}}
"""


@pytest.mark.parametrize(
    ("ranges", "notes", "public"),
    [
        ("a: b", "", True),
        ("loadBalancerSourceRanges: [203.0.113.0/24]", "", None),
        ("loadBalancerSourceRanges: [203.0.113.0/24, 0.0.0.0/0]", "", True),
        ("loadBalancerSourceRanges: []", "", True),
        ("a: b", "service.beta.kubernetes.io/azure-allowed-ip-ranges: '203.0.113.0/24,198.51.100.7'", None),
        ("a: b", "service.beta.kubernetes.io/azure-allowed-service-tags: AzureFrontDoor.Backend", True),
        ("a: b", "service.beta.kubernetes.io/azure-allowed-service-tags: ApiManagement.WestEurope", None),
    ],
)
def test_a_load_balancer_for_some_ranges_is_not_for_everyone(ranges: str, notes: str, public: bool | None) -> None:
    found = paths(joined(APP, BALANCED.replace("RANGES", ranges).replace("NOTES", notes)), [])
    assert [path["public"] for path in found] == ([public] if public else [])


@pytest.mark.parametrize(("asked", "public"), [("true", False), ("True", True), ("false", True)])
def test_a_load_balancer_is_internal_when_azure_is_asked_in_its_own_spelling(asked: str, public: bool) -> None:
    notes = f"service.beta.kubernetes.io/azure-load-balancer-internal: '{asked}'"
    service = BALANCED.replace("RANGES", "a: b").replace("NOTES", notes).replace("[{ip: 20.0.0.4}]", "[]")
    assert [path["public"] for path in paths(joined(APP, service), [])] == ([True] if public else [])
