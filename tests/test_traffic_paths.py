"""Traffic paths: less knowledge never looks better, and damage ends nothing."""

from __future__ import annotations

import copy
import os
import random
from functools import lru_cache
from typing import Any

import pytest
import yaml

from auditor.demo.estate_inventory import Body, resource_of
from auditor.demo.faults import as_found, planted
from auditor.evaluate.conditions.relations import Relations
from auditor.evaluate.interpreter import answers
from auditor.lenses.coverage import Coverage
from auditor.lenses.paths.bypasses import Around
from auditor.lenses.paths.estate import Estate
from auditor.model.finding import Outcome
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource, Unknown
from tests import test_traffic_paths_forwarded as forwarded
from tests import test_traffic_paths_front_door as front_door
from tests.damage import damage_tree, parts
from tests.paths_of_demo import LENS, VARIANTS, designed, rules, varied

Verdicts = dict[tuple[str, str], Outcome]
"""By rule, and by host and route of the path."""
_RANK = {Outcome.FAIL: 0, Outcome.ERROR: 0, Outcome.UNKNOWN: 1, Outcome.PASS: 2}
_BLIND = int(os.environ.get("AUDITOR_PATH_SEEDS", "40"))
_DAMAGED = int(os.environ.get("AUDITOR_PATH_SEEDS", "60"))


def judged(bodies: list[Body], covers: frozenset[str]) -> Verdicts:
    """The worst outcome of each rule for each path, by host and route; `*` for all paths of a host together."""
    resources = [resource_of(body) for body in bodies if resource_of(body).type.casefold() in LENS.reads]
    found: Verdicts = {}
    for path in LENS.derive(resources, Coverage(covers)):
        host, route = (path.body["properties"][key] for key in ("host", "route"))
        for bound in rules():
            for answer in answers(bound, path, Relations([])):
                for key in (f"{host}{route}", f"{host} *"):
                    worst = found.get((bound.rule.id, key), Outcome.PASS)
                    found[bound.rule.id, key] = min(worst, answer.outcome, key=lambda one: _RANK[one])
    return found


def read() -> list[Body]:
    return [body for body in designed() if resource_of(body).type.casefold() in LENS.reads]


def no_better(before: Verdicts, after: Verdicts) -> list[str]:
    """What was bad and passes now. A host that is not known any more is judged as a whole under another name."""
    return [
        f"{rule} of {key}: {before[rule, key].value} → {outcome.value}"
        for (rule, key), outcome in after.items()
        if outcome is Outcome.PASS and (rule, key) in before and before[rule, key] is not Outcome.PASS
    ]


def blinded(bodies: list[Body], rng: random.Random) -> list[Body]:
    """The estate with some values unknown."""
    changed = copy.deepcopy(bodies)
    for _ in range(rng.randint(1, 3)):
        body = rng.choice(changed)
        places = [
            (holder, key)
            for holder, key in parts(body)
            if holder is not body and key not in _NAMES and not (key == "id" and "name" in holder)
        ]
        if places:
            holder, key = rng.choice(places)
            holder[key] = Unknown("not known")
    return changed


_NAMES = ("name", "namespace", "type", "apiVersion", "kind", "hostName", "hostname", "host")
"""By these things are told apart: what is not known by name is another path, not the same with less known."""


@pytest.mark.parametrize("seed", range(_BLIND))
def test_an_unknown_never_makes_a_verdict_better(seed: int) -> None:
    rng = random.Random(seed)
    variant = rng.choice(VARIANTS)
    bodies = [body for body in varied(variant) if resource_of(body).type.casefold() in LENS.reads]
    assert no_better(judged(bodies, LENS.reads), judged(blinded(bodies, rng), LENS.reads)) == [], variant["name"]


def _ways_in() -> dict[str, list[Body]]:
    """Small estates with one way in each that is bad."""
    plain = {"supportedProtocols": ["Http", "Https"], "httpsRedirect": "Disabled", "forwardingProtocol": "HttpOnly"}
    origin, behind = front_door.linked()
    nat = [forwarded.firewall(), forwarded.policy(forwarded.nat())]
    inside = forwarded.policy(forwarded.nat(translatedAddress="10.1.0.4"))
    return {
        "Front Door before a gateway": [*front_door.front_door({}, **plain), *front_door.to_gateway()],
        "Front Door that leads into the cluster": [*front_door.front_door(origin, **plain), *behind],
        "a rule of a firewall": [*nat, *forwarded.refusing(forwarded.EVERYONE)],
        "a firewall before a gateway": [
            forwarded.firewall(), inside, forwarded.network(), *forwarded.private_gateway({"ipAddress": "10.0.0.4"}),
        ],
        "a public load balancer": [
            *forwarded.balancer({"ipAddress": "10.0.0.4"}), *forwarded.refusing(forwarded.EVERYONE),
        ],
    }  # fmt: skip


@pytest.mark.parametrize("name", _ways_in())
def test_an_unknown_at_a_way_in_never_makes_a_verdict_better(name: str) -> None:
    azure = _ways_in()[name]
    cluster = list(yaml.safe_load_all(front_door.CLUSTER))
    before = judged([*azure, *cluster], LENS.reads)
    for at, body in enumerate(azure):
        for number, (holder, key) in enumerate(parts(body)):
            if holder is body or key in (*_NAMES, "customDomains", "linkToDefaultDomain") or key == "id":
                continue
            changed = copy.deepcopy(azure)
            hidden, inner = list(parts(changed[at]))[number]
            hidden[inner] = Unknown("not known")
            after = judged([*changed, *cluster], LENS.reads)
            worse = [one for one in no_better(before, after) if "front-door" not in one]  # said once, of any path
            assert (body["type"], key, worse) == (body["type"], key, [])
            assert {rule for (rule, _), was in before.items() if was is not Outcome.PASS} <= {rule for rule, _ in after}


_A = "aks.internal.contoso.com/A/*"
_GATEWAY = "ingress/gateway.networking.k8s.io/Gateway/platform"
_SELECTOR = ("allowedRoutes", "namespaces", "selector", "matchLabels", "kubernetes.io/metadata.name")
FOUND = [  # by random blinding, where the table above did not look
    ("the listener of the Gateway takes another host", _A, ("properties", "aRecords", 0)),
    ("a record that leads to an address of nobody", _A, ("properties", "aRecords")),
    (
        "the controller refuses the route",
        "payments/gateway.networking.k8s.io/HTTPRoute/payments",
        ("status", "parents", 0, "parentRef", "sectionName"),
    ),
    (
        "a pod without a sidecar",
        "aks-istio-system/security.istio.io/PeerAuthentication/default",
        ("spec", "mtls", "mode"),
    ),
    ("a workload refuses the sidecar", _GATEWAY, ("spec", "listeners", 1, *_SELECTOR)),
    (
        "no NetworkPolicy before the pods",
        "orders/gateway.networking.k8s.io/HTTPRoute/orders",
        ("spec", "parentRefs"),
    ),
    (
        "the Gateway trusts another authority for client certificates",
        "backends/orders",
        ("properties", "credentials", "certificateIds", 0),
    ),
    (
        "one port is PERMISSIVE",
        "payments/security.istio.io/PeerAuthentication/payments",
        ("spec", "selector", "matchLabels"),
    ),
    ("one port is PERMISSIVE", _GATEWAY, ("status", "addresses", 0)),
    ("no NetworkPolicy before the pods", "orders/core/Service/orders-api", ("spec", "selector", "app")),
    (
        "a NetworkPolicy that lets everyone in beside one that refuses",
        "orders/core/Service/orders-api",
        ("spec", "ports", 0),
    ),
    (
        "no NetworkPolicy before the pods",
        "orders/networking.k8s.io/NetworkPolicy/allow-out",
        ("spec", "policyTypes"),
    ),
    (
        "the TLS section covers another host, and the controller has no certificate of its own",
        "ingress-nginx/apps/Deployment/ingress-nginx-controller",
        ("spec", "template", "spec", "containers", 0, "args"),
    ),
    (
        "a second load balancer before the Gateway, in public",
        "ingress/core/Service/platform-istio-public",
        ("spec", "selector", "app"),
    ),
    ("the authority between has expired", "orders/core/ConfigMap/variant", ("data", "ca.crt")),
    ("the authority between has expired", "orders/core/ConfigMap/variant", ("data",)),
    ("the authority between has expired", "vaults/kv/certificates/variant", ("properties", "cer")),
    (
        "a NetworkPolicy that lets everyone in beside one that refuses",
        "orders/networking.k8s.io/NetworkPolicy/allow-https-in",
        ("spec", "ingress", 0, "ports", 0),
    ),
    (
        "a Kubernetes API for every range",
        "managedClusters/aks-apiplatform-prod-weu",
        ("properties", "apiServerAccessProfile", "authorizedIPRanges", 1),
    ),
    (
        "the gateways may call the ingress past API Management",
        "networkSecurityGroups/nsg-aks-prod-weu",
        ("properties", "securityRules", 0, "properties", "priority"),
    ),
    ("the mesh is PERMISSIVE", "core/Namespace/orders", ("metadata", "labels", "kubernetes.io/metadata.name")),
    (
        "the mesh is PERMISSIVE",
        "orders/gateway.networking.k8s.io/HTTPRoute/orders",
        ("spec", "hostnames", 0),
    ),
]


@pytest.mark.parametrize(("name", "resource", "steps"), FOUND)
def test_a_value_that_is_not_known_never_makes_a_verdict_better(
    name: str, resource: str, steps: tuple[str | int, ...]
) -> None:
    (variant,) = (variant for variant in VARIANTS if variant["name"] == name)
    bodies = [body for body in varied(variant) if resource_of(body).type.casefold() in LENS.reads]
    changed = copy.deepcopy(bodies)
    (holder,) = (body for body in changed if resource_of(body).id.endswith(f"/{resource}"))
    *way, last = steps
    at: Any = holder
    for step in way:
        at = at[step]
    at[last] = Unknown("not known")
    assert no_better(judged(bodies, LENS.reads), judged(changed, LENS.reads)) == []


def test_an_authority_in_what_could_not_be_read_leaves_the_end_of_the_path_open() -> None:
    (variant,) = (variant for variant in VARIANTS if variant["name"] == "the authority between has expired")
    resources = [resource_of(body) for body in varied(variant)]
    left = [one for one in resources if one.type.casefold() in LENS.reads and one.type != "core/ConfigMap"]

    def ends(*gaps: Gap) -> list[Any]:
        (path,) = (
            path
            for path in LENS.derive(left, Coverage(LENS.reads, gaps))
            if path.body["properties"]["host"] == "developer.contoso.com"
        )
        return [one["notAfter"] for one in path.body["properties"]["certificates"] if one["hop"] == 1]

    assert [type(one) for one in ends()] == [str]
    place = "/clusters/aks-apiplatform-prod-weu/namespaces/orders"
    _, issuer = ends(Gap(what=place, reason="forbidden", type="core/ConfigMap"))
    assert isinstance(issuer, Unknown)
    assert (
        issuer.reason
        == "the issuer of CN=developer.apim.internal.contoso.com was not found, and core/configmap: forbidden"
    )


@pytest.mark.parametrize("kind", sorted({resource_of(body).type.casefold() for body in designed()} & LENS.reads))
def test_a_type_that_was_not_collected_never_makes_a_verdict_better(kind: str) -> None:
    for faults in (False, True):
        bodies, verdicts = demo(faults=faults)
        left = [body for body in bodies if resource_of(body).type.casefold() != kind]
        assert no_better(verdicts, judged(left, LENS.reads - {kind})) == []


@lru_cache
def demo(*, faults: bool) -> tuple[list[Body], Verdicts]:
    """What the lens reads of the demo estate, with or without its faults, and what is said of it."""
    bodies = as_found(designed(), planted()) if faults else designed()
    bodies = [body for body in bodies if resource_of(body).type.casefold() in LENS.reads]
    return bodies, judged(bodies, LENS.reads)


@pytest.mark.parametrize("seed", range(_DAMAGED))
def test_damage_ends_nothing(seed: int) -> None:
    rng = random.Random(seed)
    bodies = read()
    for at in rng.sample(range(len(bodies)), 5):
        damaged = damage_tree(bodies[at], rng)
        if isinstance(damaged, dict):
            bodies[at] = damaged
    resources = []
    for before, body in zip(read(), bodies, strict=True):
        one = resource_of(before)
        resources.append(Resource(one.type, body, one.origin, one.cluster))
    for path in LENS.derive(resources, Coverage(LENS.reads)):
        for bound in rules():
            assert all(answer.outcome is not Outcome.ERROR for answer in answers(bound, path, Relations([])))


def test_networks_with_the_same_addresses_are_told_apart() -> None:
    """Two networks that are not connected may use one range: whose group counts is that of the connected one."""
    bodies = read()
    networks = [body for body in bodies if str(body.get("type")).casefold() == "microsoft.network/virtualnetworks"]
    others = []
    for body in networks:
        other = copy.deepcopy(body)
        other["id"] = body["id"].replace("/virtualNetworks/", "/virtualNetworks/other-")
        other["properties"]["virtualNetworkPeerings"] = []
        for subnet in other["properties"]["subnets"]:
            subnet["properties"].pop("networkSecurityGroup", None)
        others.append(other)
    assert others
    assert judged([*others, *bodies], LENS.reads) == judged(bodies, LENS.reads)


def test_an_address_of_several_unconnected_networks_is_in_none_of_them_for_sure() -> None:
    kind = "Microsoft.Network/virtualNetworks"
    estate = Estate(Coverage(LENS.reads))
    for name in ("a", "b"):
        subnet = {"name": "s", "properties": {"addressPrefix": "10.1.0.0/24"}}
        body = {"id": f"/n/{kind}/{name}", "type": kind, "name": name, "properties": {"subnets": [subnet]}}
        estate.take(Resource(kind, body, Origin()))
    (way,) = Around(estate).address("10.1.0.7", 443, f"/n/{kind}/c/subnets/gateways")
    assert isinstance(way["open"], Unknown) and way["open"].reason == "10.1.0.7 lies in several networks: a, b"
    (way,) = Around(estate).address("10.1.0.7", 443, f"/n/{kind}/B/subnets/gateways")
    assert way["open"] is True and way["resource"].endswith("/b")
