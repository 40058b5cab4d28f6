"""The ways into clusters: which Gateway, Ingress or Service has an address or takes a host."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, Final

from auditor.lenses.paths.bypasses import Around, admits_everyone, bypass
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.hop_builder import Landing, Sender, follow
from auditor.lenses.paths.kubernetes.gateway_api import KIND as GATEWAY
from auditor.lenses.paths.kubernetes.gateway_api import Gateways
from auditor.lenses.paths.kubernetes.gateway_routes import takes
from auditor.lenses.paths.kubernetes.ingress import KIND as INGRESS
from auditor.lenses.paths.kubernetes.ingress import Ingresses
from auditor.lenses.paths.kubernetes.istio import KIND as ISTIO
from auditor.lenses.paths.kubernetes.istio import Istio
from auditor.lenses.paths.kubernetes.network_policies import contains
from auditor.lenses.paths.kubernetes.nginx import is_of_nginx
from auditor.lenses.paths.kubernetes.pods import POD, SERVICE, Pods
from auditor.lenses.paths.kubernetes.server_names import narrowest
from auditor.lenses.paths.model import Entered, Missing, evidence, hop, lost, place
from auditor.lenses.paths.network.dns import is_address, is_public
from auditor.lenses.paths.routes import is_pattern
from auditor.lenses.paths.trust import Trust
from auditor.lenses.truth import Truth, truth_and
from auditor.lenses.values import items, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

_AZURE: Final = "service.beta.kubernetes.io/azure-"
_INTERNAL: Final = f"{_AZURE}load-balancer-internal"


class Clusters:
    """Everything in clusters that takes requests from outside."""

    def __init__(self, estate: Estate, trust: Trust, around: Around) -> None:
        self._estate = estate
        self._trust = trust
        self._around = around
        self._pods = Pods(estate)
        self._ingresses = Ingresses(estate, trust, self._pods)
        self._gateways = Gateways(estate, trust, self._pods)
        self._istio = Istio(estate, trust, self._pods)
        self._at: dict[str, list[Resource]] = defaultdict(list)
        self._services: dict[str, list[Resource]] = defaultdict(list)
        self._hosts: dict[str, list[Resource]] = defaultdict(list)
        self._taking: dict[tuple[str, str], list[Resource]] = defaultdict(list)  # address, host; `*`: patterns
        self._balanced = [s for s in estate.all(SERVICE) if word(s.body, "spec", "type") == "loadbalancer"]
        self._by_selector: dict[tuple[str, str], list[Resource]] = defaultdict(list)
        self._nginx: dict[str, list[Resource]] = defaultdict(list)
        self._running: dict[str, str] = {}  # by address: the id of the pod
        self._found: dict[tuple[Any, ...], tuple[Landing, ...]] = {}
        self._index()

    def _index(self) -> None:
        for service in self._balanced:
            if is_of_nginx(service):
                self._nginx[service.cluster].append(service)
            self._by_selector[service.cluster, service.namespace or ""].append(service)
            for address in addresses(service):
                self._services[address].append(service)
        for entrance in self._estate.all(GATEWAY, INGRESS, ISTIO):
            hosts = [host.casefold() for host in self.hosts(entrance)]
            for host in hosts:
                self._hosts[host].append(entrance)
            for address in self._addresses(entrance):
                self._at[address].append(entrance)
                for host in {"*" if "*" in host else host for host in hosts}:
                    self._taking[address, host].append(entrance)
        for pod in self._estate.all(POD):
            ip = text_at(pod.body, "status", "podIP")
            if ip and get(pod.body, "spec", "hostNetwork") is not True:
                self._running[ip] = pod.id

    def _addresses(self, entrance: Resource) -> tuple[str, ...]:
        """The addresses of an entrance: its own, and those of the load balancers before its controller."""
        found = [*addresses(entrance)]
        for service in self._before(entrance):
            found += (address for one, same in self._like(service) if same is True for address in addresses(one))
        return tuple(dict.fromkeys(found))

    def _before(self, entrance: Resource) -> list[Resource]:
        """The load balancers before the controller of an entrance, as far as they are known."""
        kind = entrance.type.casefold()
        if kind == ISTIO:
            return self._of_istio(entrance)
        if kind == INGRESS and self._ingresses.is_nginx(entrance):
            serving = self._ingresses.controllers(entrance)
            return [service for service in self._nginx[entrance.cluster] if serving.before(service)]
        return [s for a in addresses(entrance) for s in self._services.get(a, ()) if s.cluster == entrance.cluster]

    def _of_istio(self, gateway: Resource) -> list[Resource]:
        """The load balancers before the pods that a Gateway of Istio is about."""
        wanted = get(gateway.body, "spec", "selector")
        if not isinstance(wanted, dict) or not wanted:
            return []
        found = []
        for service in self._balanced:
            own = get(service.body, "spec", "selector")
            if service.cluster == gateway.cluster and isinstance(own, dict) and contains(own, wanted):
                found.append(service)
        return found

    def hosts(self, entrance: Resource) -> list[str]:
        """The hosts that an entrance takes."""
        kind = entrance.type.casefold()
        if kind == INGRESS:
            return self._ingresses.hosts(entrance)
        return self._gateways.hosts(entrance) if kind == GATEWAY else self._istio.hosts(entrance)

    def has(self, address: str) -> bool:
        """Whether anything in a cluster has an address."""
        return address in self._at or address in self._services or address in self._running

    def declares(self, host: str) -> list[Resource]:
        """The entrances that take a host by its own name."""
        return self._hosts.get(host.casefold(), [])

    # --- where a request arrives --------------------------------------------------------------------------------

    def landings(
        self, address: str, port: int, host: str, route: str, subnet: str | None, but: frozenset[str] = frozenset()
    ) -> tuple[Landing, ...]:
        """What a request to an address meets."""
        key = address, port, host, route, subnet, but
        found = self._found.get(key)
        if found is None:
            around = self._around.address(address, port, subnet)
            found = tuple(
                replace(landing, bypasses=(*around, *landing.bypasses))
                for landing in self._at_address(address, port, host, route, but)
            )
            self._found[key] = found
        return found

    def _at_address(self, address: str, port: int, host: str, route: str, but: frozenset[str]) -> Iterator[Landing]:
        entrances = self._at.get(address, [])
        taking = (*self._taking.get((address, host.casefold()), ()), *self._taking.get((address, "*"), ()))
        likely = [(e, host) for e in {e.id: e for e in taking}.values()]
        likely = narrowest(likely, self.hosts, self._is_nginx)
        if not host:
            likely = [(e, host) for e in entrances if not but or not all(_is_among(one, but) for one in self.hosts(e))]
        elif is_pattern(host):  # every host that it stands for
            likely = [
                (e, one)
                for e in entrances
                for one in self.hosts(e)
                if (takes(host, one) or takes(one, host)) and not _is_among(one, but)
            ]
        least = max(
            (self._ingresses.reach(e, one, route) for e, one in likely if e.type.casefold() == INGRESS), default=0
        )
        found = [one for e, named in likely if (one := self._meet(e, named, route, port, least))]
        good = [one for one in found if not one.refuses]
        yield from good or found[:1]
        if found:
            return
        services = self._services.get(address, [])
        if entrances:
            target = place("ingress", f"{entrances[0].namespace}/{entrances[0].name}", entrances[0].id)
            yield Landing(target, missing=(Missing(f"rule for host {host}", "nothing there takes it", gone=True),))
        elif services:
            yield self._service(services[0], port, host)
        elif pod := self._estate.by_id(POD, self._running.get(address)):
            yield self._pod(pod, port)

    def _is_nginx(self, entrance: Resource) -> bool:
        return entrance.type.casefold() == INGRESS and self._ingresses.is_nginx(entrance)

    def by_host(self, host: str, route: str, port: int) -> tuple[Landing, ...]:
        """What a request for a host meets where it is declared, when that is in one place alone."""
        declared = self.declares(host)
        places = {(one.cluster, one.type, one.namespace) for one in declared}
        if len(places) != 1:
            return ()
        found = (self._meet(entrance, host, route, port) for entrance in declared)
        return tuple(one for one in found if one)

    def _meet(self, entrance: Resource, host: str, route: str, port: int | None, least: int = 0) -> Landing | None:
        kind = entrance.type.casefold()
        landing: Landing | None
        if kind == INGRESS:
            landing = self._ingresses.landing(entrance, host, route, port or 443, least)
        elif kind == GATEWAY:
            landing = next(self._gateways.landings(entrance, host, route, port), None)
        else:
            landing = next(self._istio.landings(entrance, host, route, port), None)
        if landing is None:
            return None
        return replace(landing, bypasses=(*landing.bypasses, *self._beside(entrance)))

    def _service(self, service: Resource, port: int, host: str) -> Landing:
        """A load balancer without an Ingress or Gateway that is known to be behind it."""
        target = place("loadBalancer", f"{service.namespace}/{service.name}", service.id, port=port)
        around = self._around.cluster(service.cluster)
        behind = [one for one in self.declares(host) if one.cluster == service.cluster]
        if behind:
            told = f"{behind[0].namespace}/{behind[0].name} takes this host and shows no address"
            why = Unknown(told)
            tail = lost(target, f"entrance behind Service {service.name}", told)
            return Landing(target, served=why, asks=why, tails=(tail,), bypasses=around)
        hole = next((hole for kind in (GATEWAY, INGRESS, ISTIO) if (hole := self._estate.hole(kind))), None)
        asks = Unknown(f"what is behind the load balancer was not seen: {hole}") if hole else None
        return Landing(target, asks=asks, tails=(self._pods.plain(service, port, target),), bypasses=around)

    def _pod(self, pod: Resource, port: int) -> Landing:
        """A pod that is called by its own address, as the ingress controller of Application Gateway does."""
        why = Unknown("what the pod serves is not visible")
        target = place("pods", f"{pod.namespace}/{pod.name}", pod.id, port=port)
        return Landing(target, served=why, bypasses=self._around.cluster(pod.cluster))

    # --- ways around --------------------------------------------------------------------------------------------

    def _beside(self, entrance: Resource) -> tuple[dict[str, Any], ...]:
        """Public load balancers before the same controller, and the API of the cluster."""
        found = []
        alike = {other.id: (other, same) for one in self._before(entrance) for other, same in self._like(one)}
        for service, same in alike.values():
            public = truth_and(is_balanced_in_public(service), same)
            if public is False:
                continue
            says = f"the load balancer {service.namespace}/{service.name} answers the Internet"
            path = f"metadata.annotations['{_INTERNAL}']"
            found.append(bypass("publicIngress", service.id, path, says, public))
        return (*found, *self._around.cluster(entrance.cluster))

    def _like(self, service: Resource) -> Iterator[tuple[Resource, Truth]]:
        """The load balancers before the same pods, and whether they surely are."""
        wanted = get(service.body, "spec", "selector")
        for other in self._by_selector[service.cluster, service.namespace or ""]:
            same = True if other.id == service.id else _is_same(wanted, get(other.body, "spec", "selector"))
            if same is not False:
                yield other, same

    # --- from the Internet --------------------------------------------------------------------------------------

    def paths(self, reached: frozenset[str], hosts: frozenset[str]) -> Iterator[Entered]:
        """What clients reach in clusters by themselves. `reached`: entrances that other paths lead to, by `hosts`."""
        for entrance in self._estate.all(GATEWAY, INGRESS, ISTIO):
            own = self._addresses(entrance)
            public: Truth = any(map(is_public, own)) if any(map(is_address, own)) else self._in_public(entrance)
            if public is False or (public is not True and entrance.id in reached):
                continue
            kind = self._door(entrance)
            entry = place(kind, f"{entrance.namespace}/{entrance.name}", entrance.id, addresses=list(own))
            for host in self.hosts(entrance):
                if kind == "applicationGateway" and host in hosts:
                    continue  # the gateway itself was read
                for sender, landing, port in self._first(entrance, host):
                    for tail in follow(sender, [landing], "" if host == "*" else host, self._trust):
                        yield Entered(entrance, host, "/*", entry, public, tail, port)
        for service in self._balanced:
            if any(self._at.get(address) for address in addresses(service)) or service.id in reached:
                continue
            public = is_balanced_in_public(service)
            if public is not False:
                yield from self._alone(service, public)

    def _door(self, entrance: Resource) -> str:
        """What answers for an entrance: a gateway of Azure, or something in the cluster."""
        if entrance.type.casefold() == INGRESS:
            return self._ingresses.door(entrance)
        family = word(entrance.body, "spec", "gatewayClassName")
        return "trafficController" if family == "azure-alb-external" else "ingress"

    def _in_public(self, entrance: Resource) -> Truth:
        """Whether the load balancers of an entrance are public, where it shows no address itself."""
        if entrance.type.casefold() == ISTIO:
            found = [is_balanced_in_public(service) for service in self._of_istio(entrance)]
            if all(public is False for public in found) and (found or not self._estate.hole(SERVICE)):
                return False  # no load balancer is before it: it is an egress gateway, or for the cluster alone
        notes = get(entrance.body, "spec", "infrastructure", "annotations")
        if text_at(notes, _INTERNAL) == "true":
            return False
        return Unknown("the entrance shows no address")

    def _first(self, entrance: Resource, host: str) -> Iterator[tuple[Sender, Landing, int | None]]:
        """The hop from clients to an entrance, as it is offered to them, and at which port where one is written."""
        kind = entrance.type.casefold()
        offers: list[tuple[int | None, Truth, str]] = []
        if kind == INGRESS:
            offers = [(None, self._ingresses.encrypts(entrance, host), "spec.tls")]
        elif kind == GATEWAY:
            offers = [
                (get(one, "port"), self._gateways.encrypts(one), "spec.listeners[*].protocol")
                for one in self._gateways.listeners(entrance, host, None)
            ]
        else:
            offers = [
                (get(one, "port", "number"), self._istio.encrypts(one), "spec.servers[*].port.protocol")
                for one in self._istio.servers(entrance, host, None)
            ]
        for told, encrypts, path in offers:
            port = told if isinstance(told, int) else None
            landing = self._meet(entrance, host, "/*", 80 if kind == INGRESS and encrypts is False else port)
            if landing is None:
                continue
            spoken = "TLS" if encrypts is True else "plain text" if encrypts is False else "something not known"
            says = f"the entrance speaks {spoken} to clients"
            sender = Sender(
                place("client", "Internet"), encrypts, True, says, evidence(entrance.id, path, None), well_known=True
            )
            bypasses = tuple(one for one in landing.bypasses if one["kind"] != "publicIngress")
            yield sender, replace(landing, bypasses=bypasses, plain=False), port

    def _alone(self, service: Resource, public: Truth) -> Iterator[Entered]:
        own = list(addresses(service))
        entry = place("loadBalancer", f"{service.namespace}/{service.name}", service.id, addresses=own)
        why = Unknown("what the pods speak is not visible")
        for item in items(service.body, "spec", "ports"):
            port = get(item, "port")
            spot = place("loadBalancer", f"{service.namespace}/{service.name}", service.id, port=port)
            come_in = hop(place("client", "Internet"), spot, why, "the load balancer passes connections on")
            tail = self._pods.plain(service, port, spot).after(come_in)
            tail = replace(tail, bypasses=(*tail.bypasses, *self._around.cluster(service.cluster)))
            yield Entered(service, own[0] if own else "*", f":{port}", entry, public, tail)


def _is_same(one: Any, other: Any) -> Truth:
    """Whether two Services select the same pods by the same words; one without a selector selects none."""
    for selector in (one, other):
        if isinstance(selector, Unknown):
            return selector
    if not isinstance(one, dict) or not isinstance(other, dict) or not one or one.keys() != other.keys():
        return False
    return truth_and(*(_is_equal(one[key], other[key]) for key in one))


def _is_equal(one: Any, other: Any) -> Truth:
    hidden = next((value for value in (one, other) if isinstance(value, Unknown)), None)
    return hidden or bool(one == other)


def _is_among(host: str, but: frozenset[str]) -> bool:
    """Whether a host is one of some names and patterns."""
    return any(host.casefold() == one or fnmatchcase(host.casefold(), one) for one in but)


def addresses(entrance: Resource) -> tuple[str, ...]:
    """The addresses (and names) that an entrance shows in its status, or asks for."""
    status = get(entrance.body, "status")
    found = [
        value
        for item in (*items(status, "loadBalancer", "ingress"), *items(status, "addresses"))
        for value in (text_at(item, "ip"), text_at(item, "hostname"), text_at(item, "value"))
        if value
    ]
    if not found and entrance.type == "core/Service":
        asked = text_at(entrance.body, "spec", "loadBalancerIP") or text_at(
            get(entrance.body, "metadata", "annotations"), "service.beta.kubernetes.io/azure-load-balancer-ipv4"
        )
        found = [asked] if asked else []
        found += texts(entrance.body, "spec", "externalIPs")
    return tuple(dict.fromkeys(value.casefold() for value in found))


def is_balanced_in_public(service: Resource) -> Truth:
    """Whether a Service of type LoadBalancer answers the Internet: by its address, else by what it asks for."""
    own = [address for address in addresses(service) if is_address(address)]
    if own:
        return truth_and(any(map(is_public, own)), _admits_everyone(service))
    notes = get(service.body, "metadata", "annotations")
    internal = get(notes, _INTERNAL)
    if isinstance(internal, Unknown):
        return internal
    return truth_and(internal not in ("true", True), _admits_everyone(service))  # Azure takes no other spelling


def _admits_everyone(service: Resource) -> Truth:
    """Whether a load balancer lets everyone in: unless ranges or service tags are given, and none of them is everyone.

    Source: learn.microsoft.com: aks/load-balancer-standard.
    """
    notes = get(service.body, "metadata", "annotations")
    ranges = get(service.body, "spec", "loadBalancerSourceRanges")
    given: list[Any] = ranges if isinstance(ranges, list) else [ranges] if isinstance(ranges, Unknown) else []
    for kind in ("ip-ranges", "service-tags"):
        told = word(notes, f"{_AZURE}allowed-{kind}")
        given = [*given, told] if isinstance(told, Unknown) else [*given, *filter(None, told.split(","))]
    return admits_everyone(given)
