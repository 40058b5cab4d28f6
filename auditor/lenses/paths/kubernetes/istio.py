"""Istio's own Gateway and VirtualService."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.hop_builder import Landing
from auditor.lenses.paths.kubernetes.gateway_routes import takes
from auditor.lenses.paths.kubernetes.mesh import is_exported
from auditor.lenses.paths.kubernetes.pods import Inbound, Pods
from auditor.lenses.paths.model import PASSTHROUGH, PLAINTEXT, Tail, evidence, lost, place, redirected
from auditor.lenses.paths.routes import covers, overlaps
from auditor.lenses.paths.trust import SECRET, Served, Store, Trust
from auditor.lenses.values import hidden_in, items, listing, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

KIND, ROUTES = "networking.istio.io/gateway", "networking.istio.io/virtualservice"
READS: Final = frozenset({KIND, ROUTES})
_ASKS: Final = {"mutual": "verified", "optional_mutual": "asked", "istio_mutual": "verified", "simple": "none"}
_VERSIONS: Final = {"tls_auto": "1.2", "tlsv1_0": "1.0", "tlsv1_1": "1.1", "tlsv1_2": "1.2", "tlsv1_3": "1.3"}


class Istio:
    """The Gateways and VirtualServices of the clusters."""

    def __init__(self, estate: Estate, trust: Trust, pods: Pods) -> None:
        self._estate = estate
        self._trust = trust
        self._pods = pods
        self._routes: dict[tuple[str, str, str], list[Resource]] = {}
        self._unclear: dict[str, str] = {}  # by cluster: why a route may hang on any gateway
        for route in estate.all(ROUTES):
            if hidden_in(get(route.body, "spec", "gateways")):
                self._unclear[route.cluster] = f"the gateways of VirtualService {route.name} are not known"
            for name in texts(route.body, "spec", "gateways"):
                namespace, slash, short = name.partition("/")
                key = route.cluster, namespace if slash else route.namespace or "", short if slash else name
                self._routes.setdefault(key, []).append(route)

    def hosts(self, gateway: Resource) -> list[str]:
        """The hosts of its servers; those of its VirtualServices where a server takes several or any."""
        found: list[str] = []
        named = [host for route in self._of(gateway) for host in texts(route.body, "spec", "hosts")]
        for server in items(gateway.body, "spec", "servers"):
            for host in map(_bare, texts(server, "hosts")):
                inner = [one for one in named if takes(host, one)] if "*" in host else []
                found += inner or ([host] if host != "*" else [])
        return list(dict.fromkeys(found)) or ["*"]

    def _of(self, gateway: Resource) -> list[Resource]:
        return self._routes.get((gateway.cluster, gateway.namespace or "", gateway.name), [])

    def servers(self, gateway: Resource, host: str, port: int | None) -> list[dict[str, Any]]:
        """The servers that take requests for a host, those for its own name first."""
        found = [
            server
            for server in items(gateway.body, "spec", "servers")
            if (port is None or get(server, "port", "number") == port)
            and any(takes(_bare(name), host) for name in texts(server, "hosts"))
        ]
        return sorted(found, key=lambda server: host not in map(_bare, texts(server, "hosts")))

    def encrypts(self, server: dict[str, Any]) -> bool | Unknown:
        """Whether a server speaks TLS."""
        protocol = word(server, "port", "protocol")
        return protocol if isinstance(protocol, Unknown) else protocol in ("https", "tls")

    def landings(self, gateway: Resource, host: str, route: str, port: int | None) -> Iterator[Landing]:
        """How a request for a host meets a Gateway."""
        server = next(iter(self.servers(gateway, host, port)), None)
        _servers, hidden = listing(gateway.body, "spec", "servers")
        if server is None:
            target = place("ingress", f"{gateway.namespace}/{gateway.name}", gateway.id)
            why = hidden.reason if hidden else f"none of its servers takes {host}"
            tail = lost(target, f"server of Gateway {gateway.name}", why, gone=hidden is None)
            yield Landing(target, tails=(tail,), refuses=hidden is None)
            return
        number = get(server, "port", "number")
        name = text_at(server, "port", "name")
        target = place(
            "ingress", f"{gateway.namespace}/{gateway.name}", gateway.id, element=f"servers/{name}" if name else None,
            port=number if isinstance(number, int) else None,
        )  # fmt: skip
        mode = word(server, "tls", "mode", otherwise="simple")
        through = mode in ("passthrough", "auto_passthrough")
        if get(server, "tls", "httpsRedirect") is True:
            tails = [redirected("https", host, False)]
        else:
            tails = list(self._tails(gateway, server, host, route, target, through))
        if not tails:
            hole = self._estate.hole(ROUTES) or self._unclear.get(gateway.cluster)
            why = hole or f"none takes {host}{route.removesuffix('*')}"
            tails.append(lost(target, f"VirtualService of Gateway {gateway.name}", why, gone=hole is None))
        least = word(server, "tls", "minProtocolVersion", otherwise="tls_auto")
        asks: str | Unknown = mode if isinstance(mode, Unknown) else _ASKS.get(mode, Unknown(f"mode {mode}"))
        floor: str | Unknown = (
            least if isinstance(least, Unknown) else _VERSIONS.get(least, Unknown(f"version {least}"))
        )
        yield Landing(
            target,
            served=None if through else self._served(gateway, server),
            asks=None if through else asks,
            accepts=self._accepts(gateway, server),
            tls=None if through else floor,
            plain=self.encrypts(server) is False,
            tails=tuple(tails),
        )

    def _served(self, gateway: Resource, server: dict[str, Any]) -> Served | Unknown:
        name = text_at(server, "tls", "credentialName")
        if name:
            return self._trust.of_secret(gateway.cluster, gateway.namespace or "", name)
        return Unknown("the certificate of the server is a file of the gateway's pods")

    def _accepts(self, gateway: Resource, server: dict[str, Any]) -> Store | Unknown | None:
        """The authorities of client certificates: in a Secret of their own, or beside the certificate."""
        name = word(server, "tls", "credentialName")
        if not isinstance(name, str) or not name:
            return name if isinstance(name, Unknown) else None
        return self._trust.store(SECRET, gateway.cluster, gateway.namespace or "", f"{name}-cacert", name)

    def _tails(
        self, gateway: Resource, server: dict[str, Any], host: str, route: str, target: dict[str, Any], through: bool
    ) -> Iterator[Tail]:
        seen: set[tuple[str, str, str]] = set()
        for attached in self._of(gateway):
            if not any(takes(name, host) for name in texts(attached.body, "spec", "hosts")):
                continue
            if not is_exported(attached, gateway.namespace or "") or not _lets(server, host, gateway, attached):
                continue
            for section in ("http", "tls", "tcp"):
                rules, hidden = listing(attached.body, "spec", section)
                if hidden:
                    yield lost(target, f"routes of VirtualService {attached.name}", hidden.reason)
                for rule in rules:
                    paths = _paths(rule) if section == "http" else []
                    if section == "http" and not any(overlaps(route, path) for path, _below in paths):
                        continue
                    yield from self._of_rule(gateway, attached, rule, host, target, through, seen)
                    if any(below and covers(path, route) for path, below in paths):
                        break  # the first rule that fits is taken

    def _of_rule(
        self, gateway: Resource, attached: Resource, rule: dict[str, Any], host: str, target: dict[str, Any],
        through: bool, seen: set[tuple[str, str, str]],
    ) -> Iterator[Tail]:  # fmt: skip
        redirect = get(rule, "redirect")
        if isinstance(redirect, dict):
            yield redirected(
                word(redirect, "scheme"), text_at(redirect, "authority") or host, Unknown("the scheme stays as it was")
            )
        if get(rule, "delegate") is not None:
            named = text_at(rule, "delegate", "name")
            yield lost(target, f"VirtualService {named}", f"{attached.name} leaves routing to it")
        if get(rule, "directResponse") is not None:
            yield Tail(target)
        parts = list(items(rule, "route"))
        parts = [part for part in parts if get(part, "weight") != 0] or parts
        copies = [get(rule, "mirror"), *(get(one, "destination") for one in items(rule, "mirrors"))]
        for part in (*parts, *({"destination": one} for one in copies if isinstance(one, dict))):
            called = text_at(part, "destination", "host") or ""
            port = get(part, "destination", "port", "number")
            subset = text_at(part, "destination", "subset") or ""
            if (called, str(port), subset) not in seen:
                seen.add((called, str(port), subset))
                yield self._destination(gateway, attached, called, port, subset, target, through)

    def _destination(
        self, gateway: Resource, route: Resource, called: str, port: Any, subset: str, target: dict[str, Any],
        through: bool,
    ) -> Tail:  # fmt: skip
        parts = called.split(".")
        if not called or (len(parts) > 1 and parts[2:3] != ["svc"] and len(parts) != 2):
            return lost(target, f"destination {called or '(none)'}", "it is no Service of the cluster")
        namespace = parts[1] if len(parts) > 1 else route.namespace or ""
        why = "the gateway passes TLS through to pods" if through else "the gateway speaks plain text to pods"
        inbound = Inbound(
            place={key: value for key, value in target.items() if key != "port"},
            cluster=gateway.cluster,
            namespace=gateway.namespace or "",
            protection=PASSTHROUGH if through else PLAINTEXT,
            says=why,
            evidence=evidence(route.id, "spec.http[*].route[*].destination.host", called),
            meshed=True,
            subset=subset,
        )
        return self._pods.tail(inbound, namespace, parts[0], port)


def _lets(server: dict[str, Any], host: str, gateway: Resource, route: Resource) -> bool:
    """Whether a server takes routes for a host from the namespace of a route: `./`, `name/` before its own host."""
    for name in texts(server, "hosts"):
        space, slash, own = name.partition("/")
        wanted = gateway.namespace if space == "." else space
        if takes(own if slash else name, host) and (not slash or space == "*" or wanted == route.namespace):
            return True
    return False


def _bare(host: str) -> str:
    """Without the namespace that a server may put before a host."""
    return host.rpartition("/")[2]


def _paths(rule: dict[str, Any]) -> list[tuple[str, bool]]:
    """The paths of a rule, and whether it takes everything below each."""
    found = []
    for match in items(rule, "match"):
        told = text_at(match, "uri", "prefix") or text_at(match, "uri", "exact") or "/"
        wide = set(match) <= {"uri", "name"} and (get(match, "uri") is None or bool(text_at(match, "uri", "prefix")))
        found.append((f"{told.rstrip('/')}/*", wide))
    return found or [("/*", True)]
