"""How the lens of traffic paths grows: `python -m benchmarks.paths [--gateways 1000]`.

For 1,000 gateways of 20 listeners with 5 path rules each: 100 services of API Management with 200 APIs each, 50
clusters with 500 ingresses each; and a tenth of all that. Each size is a process of its own; the estate is made before
the clock starts, as an audit has it from its reading. Ends with 1 when ten times takes more than 12 times as long.

Each path rule is about one API. Were it about all 200, there would be as many paths: the lens grows with the paths.
"""

from __future__ import annotations

import argparse
import json
import resource as usage
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

GOAL = 12.0
LISTENERS, RULES, APIS, INGRESSES = 20, 5, 200, 500
_RG = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers"
_POLICY = "<policies><inbound><base /><validate-jwt header-name='Authorization'><openid-config url='https://x/y' />"
_POLICY += "<audiences><audience>a</audience></audiences></validate-jwt></inbound></policies>"

Body = dict[str, Any]


def estate(gateways: int) -> Iterator[tuple[Body, str]]:
    """The bodies of an estate, each with its cluster."""
    services, clusters = max(1, gateways // 10), max(1, gateways // 20)
    for number in range(gateways):
        yield from ((body, "") for body in _gateway(number, services))
    for number in range(services):
        yield from ((body, "") for body in _service(number, clusters))
    for number in range(clusters):
        name = f"aks-{number}"
        yield _arm("Microsoft.Network/privateDnsZones", f"c{number}.internal"), ""
        address = {"aRecords": [{"ipv4Address": _address(number)}]}
        yield _arm("Microsoft.Network/privateDnsZones/A", f"c{number}.internal/*", **address), ""
        private = {"enablePrivateCluster": True}
        yield _arm("Microsoft.ContainerService/managedClusters", name, apiServerAccessProfile=private), ""
        yield from ((body, name) for body in _cluster(number))


def _arm(kind: str, name: str, **properties: Any) -> Body:
    space, *types = kind.split("/")
    path = "/".join(f"{part}/{own}" for part, own in zip(types, name.split("/"), strict=True))
    return {"id": f"{_RG}/{space}/{path}", "name": name, "type": kind, "properties": properties}


def _address(cluster: int) -> str:
    return f"10.{100 + cluster // 250}.{cluster % 250}.4"


def _gateway(number: int, services: int) -> Iterator[Body]:
    own = f"{_RG}/Microsoft.Network/applicationGateways/agw-{number}"
    behind = _service_address(number % services)
    public = _arm("Microsoft.Network/publicIPAddresses", f"pip-{number}", ipAddress="20.0.0.1")
    yield public

    def named(collection: str, name: str, **properties: Any) -> Body:
        return {"name": name, "id": f"{own}/{collection}/{name}", "properties": properties}

    def to(collection: str, name: str) -> Body:
        return {"id": f"{own}/{collection}/{name}"}

    backend = {
        "backendAddressPool": to("backendAddressPools", "p"),
        "backendHttpSettings": to("backendHttpSettingsCollection", "s"),
    }
    redirect = {"defaultRedirectConfiguration": to("redirectConfigurations", "r")}
    maps, rules, listeners = [], [], []
    for at in range(LISTENERS):
        paths = [f"/api{(number + at * RULES + rule) % APIS}/*" for rule in range(RULES)]
        routes = [named("pathRules", f"r{rule}", paths=[path], **backend) for rule, path in enumerate(paths)]
        maps.append(named("urlPathMaps", f"m{at}", pathRules=routes, **redirect))
        more = {"httpListener": to("httpListeners", f"l{at}"), "urlPathMap": to("urlPathMaps", f"m{at}")}
        rules.append(named("requestRoutingRules", f"q{at}", ruleType="PathBasedRouting", **more))
        front = {"frontendIPConfiguration": to("frontendIPConfigurations", "f"), "protocol": "Https"}
        listeners.append(named("httpListeners", f"l{at}", hostName=f"h{at}.g{number}.contoso.com", **front))
    yield _arm(
        "Microsoft.Network/applicationGateways",
        f"agw-{number}",
        sslPolicy={"policyName": "AppGwSslPolicy20220101"},
        frontendIPConfigurations=[named("frontendIPConfigurations", "f", publicIPAddress={"id": public["id"]})],
        backendAddressPools=[named("backendAddressPools", "p", backendAddresses=[{"ipAddress": behind}])],
        backendHttpSettingsCollection=[
            named("backendHttpSettingsCollection", "s", protocol="Https", hostName=f"apim-{number % services}.internal")
        ],
        redirectConfigurations=[named("redirectConfigurations", "r", targetUrl="https://www.contoso.com")],
        httpListeners=listeners, urlPathMaps=maps, requestRoutingRules=rules,
    )  # fmt: skip


def _service_address(number: int) -> str:
    return f"10.{number // 250}.{number % 250}.5"


def _service(number: int, clusters: int) -> Iterator[Body]:
    kind, name = "Microsoft.ApiManagement/service", f"apim-{number}"
    host = {"type": "Proxy", "hostName": f"{name}.internal"}
    yield _arm(
        kind, name, virtualNetworkType="Internal", privateIPAddresses=[_service_address(number)],
        hostnameConfigurations=[host], createdAtUtc="2024-01-01T00:00:00Z",
    )  # fmt: skip
    yield _arm(f"{kind}/policies", f"{name}/policy", format="rawxml", value=_POLICY)
    for api in range(APIS):
        flat = number * APIS + api
        url = f"https://api{flat // clusters % INGRESSES}.c{flat % clusters}.internal"
        yield _arm(f"{kind}/apis", f"{name}/api{api}", path=f"api{api}", serviceUrl=url, isCurrent=True)


def _cluster(number: int) -> Iterator[Body]:
    for at in range(INGRESSES):
        space, name, host = f"team-{at % 25}", f"app-{at}", f"api{at}.c{number}.internal"
        meta = {"name": name, "namespace": space}
        service = {"service": {"name": name, "port": {"number": 443}}}
        rule = {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": service}]}}
        notes = {"nginx.ingress.kubernetes.io/backend-protocol": "HTTPS"}
        yield {
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta | {"annotations": notes},
            "spec": {"ingressClassName": "nginx", "tls": [{"hosts": [host], "secretName": name}], "rules": [rule]},
            "status": {"loadBalancer": {"ingress": [{"ip": _address(number)}]}},
        }  # fmt: skip
        ports = [{"port": 443, "targetPort": 8443}]
        yield {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {"selector": {"app": name}, "ports": ports},
        }
        container = {"name": "app", "ports": [{"containerPort": 8443}]}
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
        yield {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {"template": template}}


def run(gateways: int) -> None:
    """One size, measured: a line of JSON."""
    import gc

    from auditor.lenses.coverage import Coverage
    from auditor.lenses.registry import TRAFFIC_PATH_READS, lens_of
    from auditor.model.kubernetes_types import kubernetes_type
    from auditor.model.resource import Origin, Resource

    lens = lens_of("auditor/trafficPath")
    origin = Origin(source="live")
    made = [
        Resource(kubernetes_type(body) if "apiVersion" in body else body["type"], body, origin, cluster)
        for body, cluster in estate(gateways)
    ]
    before = usage.getrusage(usage.RUSAGE_SELF).ru_maxrss
    gc.disable()  # as an audit does
    start = time.process_time()
    paths = list(lens.derive(made, Coverage(TRAFFIC_PATH_READS)))
    took = time.process_time() - start
    used = usage.getrusage(usage.RUSAGE_SELF).ru_maxrss - before
    whole = sum(one["kind"] == "pods" for one in (path.body["properties"]["target"] for path in paths))
    print(
        json.dumps({"resources": len(made), "paths": len(paths), "toPods": whole, "seconds": took, "kilobytes": used})
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="How the lens of traffic paths grows.")
    parser.add_argument("--gateways", type=int, default=1000)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        run(options.one)
        return 0
    seconds = []
    for size in (options.gateways // 10, options.gateways):
        command = [sys.executable, "-m", "benchmarks.paths", "--one", str(size)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        seconds.append(found["seconds"])
        each = found["seconds"] / found["paths"] * 1e6
        print(
            f"{size:>6} gateways  {found['resources']:>8} resources  {found['paths']:>8} paths"
            f" ({found['toPods']} to pods)  {found['seconds']:7.2f} s of processor  {each:5.0f} µs a path"
            f"  {found['kilobytes'] / 1024:7.0f} MB"
        )
    growth = seconds[1] / seconds[0]
    print(f"ten times the estate takes {growth:.1f} times as long (goal: within {GOAL:.0f})")
    return int(growth > GOAL)


if __name__ == "__main__":
    sys.exit(main())
