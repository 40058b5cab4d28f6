"""Gateway API: listeners of a Gateway, the routes that hang on them, BackendTLSPolicy. Also as AKS runs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from auditor.lenses.certificates import covers
from auditor.lenses.paths.ends import Landing
from auditor.lenses.paths.estate import Estate, listing, word
from auditor.lenses.paths.mesh import NAMESPACE
from auditor.lenses.paths.pods import SERVICE, Inbound, Pods, contains
from auditor.lenses.paths.routes import taken
from auditor.lenses.paths.shapes import (
    PASSTHROUGH,
    PLAINTEXT,
    VERIFIED,
    Protection,
    Tail,
    Truth,
    evidence,
    lost,
    place,
    redirected,
    truth_and,
)
from auditor.lenses.paths.trust import CONFIG, SECRET, Served, Store, Trust
from auditor.lenses.sightings import get, items, text_at, texts, vault_ref
from auditor.model import Resource, Unknown

GROUP: Final = "gateway.networking.k8s.io"
KIND, HTTP, GRPC, TLS = (f"{GROUP}/{kind}" for kind in ("gateway", "httproute", "grpcroute", "tlsroute"))
POLICY: Final = f"{GROUP}/backendtlspolicy"
GRANT: Final = f"{GROUP}/referencegrant"
ALB: Final = "alb.networking.azure.io"
READS: Final = frozenset(
    {KIND, HTTP, GRPC, TLS, POLICY, GRANT, f"{ALB}/backendtlspolicy", f"{ALB}/frontendtlspolicy"}
)  # fmt: skip
CONTAINERS: Final = "azure-alb-external"  # the class of Application Gateway for Containers
_ISTIO: Final = ("istio", "approuting-istio", "istio-waypoint")
_STORES: Final = {"configmap": CONFIG, "secret": SECRET}
_VAULT: Final = "kubernetes.azure.com/tls-cert-keyvault-uri"
_FLOORS: Final = {**dict.fromkeys(_ISTIO, "1.2"), CONTAINERS: "1.2"}
"""The lowest version by class: Istio's default for gateways; the policies of Application Gateway for Containers."""


class Gateways:
    """The Gateways of the clusters."""

    def __init__(self, estate: Estate, trust: Trust, pods: Pods) -> None:
        self._estate = estate
        self._trust = trust
        self._pods = pods
        self._routes: dict[tuple[str, str, str], list[tuple[Resource, dict[str, Any]]]] = {}
        self._unclear: dict[str, str] = {}  # by cluster: why a route may hang on any gateway
        for route in estate.all(HTTP, GRPC, TLS):
            parents, hidden = listing(route.body, "spec", "parentRefs")
            if hidden or any(isinstance(get(one, "name"), Unknown) for one in parents):
                self._unclear[route.cluster] = f"the gateways of route {route.name} are not known"
            for parent in parents:
                if (text_at(parent, "kind") or "Gateway") != "Gateway":
                    continue
                key = (
                    route.cluster,
                    text_at(parent, "namespace") or route.namespace or "",
                    text_at(parent, "name") or "",
                )
                self._routes.setdefault(key, []).append((route, parent))

    def hosts(self, gateway: Resource) -> list[str]:
        """The hosts of its listeners; those of their routes where a listener takes several or any."""
        found: list[str] = []
        for listener in items(gateway.body, "spec", "listeners"):
            own = text_at(listener, "hostname")
            attached = self._attached(gateway, listener) if not own or "*" in own else ()
            routes = [texts(route.body, "spec", "hostnames") for route, _ in attached]
            found += [host for hosts in routes for host in hosts if takes(own, host)]
            found += [own] if own and not (routes and all(routes)) else []
        return list(dict.fromkeys(found)) or ["*"]

    def listeners(self, gateway: Resource, host: str, port: int | None) -> list[dict[str, Any]]:
        """The listeners that take requests for a host; at each port those for the most special name."""
        found = [
            listener
            for listener in items(gateway.body, "spec", "listeners")
            if (port is None or get(listener, "port") == port) and takes(text_at(listener, "hostname"), host)
        ]
        best: dict[Any, int] = {}
        for listener in found:
            at = str(get(listener, "port"))
            best[at] = max(best.get(at, 0), _special(listener, host))
        return [one for one in found if _special(one, host) == best[str(get(one, "port"))]]

    def encrypts(self, listener: dict[str, Any]) -> bool | Unknown:
        """Whether a listener speaks TLS."""
        protocol = word(listener, "protocol")
        return protocol if isinstance(protocol, Unknown) else protocol in ("https", "tls")

    def landings(self, gateway: Resource, host: str, route: str, port: int | None) -> Iterator[Landing]:
        """How a request for a host meets a Gateway."""
        listed, hidden = listing(gateway.body, "spec", "listeners")
        found = self.listeners(gateway, host, port)
        for listener in found[:1]:
            yield self._landing(gateway, listener, host, route)
        if not found:
            target = place("ingress", f"{gateway.namespace}/{gateway.name}", gateway.id)
            why = (
                hidden.reason
                if hidden
                else f"none of its listeners takes {host}" + (f" on port {port}" if port else "")
            )
            tail = lost(target, f"listener of Gateway {gateway.name}", why, gone=hidden is None and bool(listed))
            yield Landing(target, tails=(tail,), refuses=hidden is None)

    def _landing(self, gateway: Resource, listener: dict[str, Any], host: str, route: str) -> Landing:
        name = text_at(listener, "name") or "listener"
        family = word(gateway.body, "spec", "gatewayClassName")
        port = get(listener, "port")
        target = place(
            "ingress", f"{gateway.namespace}/{gateway.name}", gateway.id, element=f"listeners/{name}",
            port=port if isinstance(port, int) else None,
        )  # fmt: skip
        through = word(listener, "tls", "mode") == "passthrough"
        tails = list(self._tails(gateway, listener, host, route, target, str(family), through))
        if not tails:
            hole = next((h for kind in (HTTP, TLS if through else GRPC) if (h := self._estate.hole(kind))), None)
            hole = self._estate.hole(HTTP) if not through else hole
            hole = hole or self._unclear.get(gateway.cluster)
            why = hole or f"no route takes {host}{route.removesuffix('*')}"
            tails.append(lost(target, f"route of listener {name}", why, gone=hole is None))
        encrypted = self.encrypts(listener)
        return Landing(
            target,
            served=None if through else self._served(gateway, listener),
            asks=None if through else self._asks(gateway, listener),
            accepts=self._accepts(gateway, listener),
            tls=None
            if through
            else _FLOORS.get(str(family), Unknown("the TLS versions of the Gateway are not visible")),
            plain=encrypted is False,
            tails=tuple(tails),
        )

    # --- towards clients ----------------------------------------------------------------------------------------

    def _served(self, gateway: Resource, listener: dict[str, Any]) -> Served | Unknown:
        url = text_at(get(listener, "tls", "options"), _VAULT)
        found = self._trust.of_vault(vault_ref(url)) if url else None
        if found:
            return found
        for reference in items(listener, "tls", "certificateRefs"):
            name = text_at(reference, "name")
            if name and (text_at(reference, "kind") or "Secret") == "Secret":
                namespace = text_at(reference, "namespace") or gateway.namespace or ""
                granted = self._granted(gateway, "Gateway", namespace, "Secret", name)
                if granted is not True:
                    return Unknown(f"the Gateway takes it from {namespace}/{name}, and {_ungranted(granted)}")
                return self._trust.of_secret(gateway.cluster, namespace, name)
        return Unknown(f"the certificate of listener {text_at(listener, 'name')} is not visible")

    def _asks(self, gateway: Resource, listener: dict[str, Any]) -> str | Unknown:
        """Client certificates: `spec.tls.frontend`, for all ports or one; `frontendValidation` of a listener before."""
        found = _validation(gateway, listener)
        if found is None:
            return self._asks_of_azure(gateway)
        if isinstance(found, Unknown):
            return found
        if not list(items(found, "caCertificateRefs")):
            return "none"
        mode = word(found, "mode", otherwise="allowvalidonly")
        return mode if isinstance(mode, Unknown) else "verified" if mode == "allowvalidonly" else "asked"

    def _accepts(self, gateway: Resource, listener: dict[str, Any]) -> Store | Unknown | None:
        """The authorities of client certificates."""
        references, hidden = listing(_validation(gateway, listener), "caCertificateRefs")
        found: set[str] = set()
        whole = hidden is None
        for one in references:
            name, kind = word(one, "name"), word(one, "kind", otherwise="configmap")
            if not isinstance(name, str) or kind not in _STORES:
                return name if isinstance(name, Unknown) else Unknown("the kind of a trust store is not known")
            namespace = text_at(one, "namespace") or gateway.namespace or ""
            store = self._trust.store(_STORES[kind], gateway.cluster, namespace, text_at(one, "name"))
            if not isinstance(store, tuple):
                return store
            found |= store[0]
            whole = whole and store[1]
        return (frozenset(found), whole) if references else hidden

    def _asks_of_azure(self, gateway: Resource) -> str | Unknown:
        for policy in self._estate.inside(f"{ALB}/frontendtlspolicy", gateway.cluster, gateway.namespace or ""):
            if text_at(policy.body, "spec", "targetRef", "name") == gateway.name:
                verify = get(policy.body, "spec", "default", "verify")
                if verify is not None:
                    return verify if isinstance(verify, Unknown) else "verified"
        return "none"

    # --- towards pods -------------------------------------------------------------------------------------------

    def _attached(self, gateway: Resource, listener: dict[str, Any]) -> Iterator[tuple[Resource, Truth]]:
        """The routes that hang on a listener, and whether it takes them."""
        key = gateway.cluster, gateway.namespace or "", gateway.name
        for route, parent in self._routes.get(key, ()):
            if text_at(parent, "sectionName") not in (None, text_at(listener, "name")):
                continue
            if get(parent, "port") not in (None, get(listener, "port")):
                continue
            allowed = truth_and(self._allowed(gateway, listener, route), _accepted(route, gateway, parent))
            if allowed is not False:
                yield route, allowed

    def _allowed(self, gateway: Resource, listener: dict[str, Any], route: Resource) -> Truth:
        """Whether a listener takes routes from the namespace of a route: by default from its own."""
        spaces = get(listener, "allowedRoutes", "namespaces")
        source = word(spaces, "from", otherwise="same")
        if isinstance(source, Unknown) or source == "all":
            return source if isinstance(source, Unknown) else True
        if source == "same":
            return route.namespace == gateway.namespace
        if source != "selector":
            return False
        where = self._estate.object(NAMESPACE, route.cluster, "", route.namespace or "")
        wanted = get(spaces, "selector", "matchLabels")
        own = get(where.body, "metadata", "labels") if where else None
        hidden = (own, wanted, *(wanted.values() if isinstance(wanted, dict) else ()))
        if where is None or get(spaces, "selector", "matchExpressions") or any(isinstance(v, Unknown) for v in hidden):
            return Unknown(f"whether its listener takes routes from namespace {route.namespace} was not seen")
        return not isinstance(wanted, dict) or (isinstance(own, dict) and contains(own, wanted))

    def _granted(self, origin: Resource, kind: str, namespace: str, to: str, name: str) -> Truth:
        """Whether an object may refer to one in a namespace: in its own, or where a ReferenceGrant lets it."""
        if namespace == (origin.namespace or ""):
            return True
        for grant in self._estate.inside(GRANT, origin.cluster, namespace):
            spec = get(grant.body, "spec")
            if any(
                text_at(one, "kind") == kind and text_at(one, "namespace") == origin.namespace
                for one in items(spec, "from")
            ) and any(text_at(one, "kind") == to and text_at(one, "name") in (None, name) for one in items(spec, "to")):
                return True
        hole = self._estate.hole(GRANT)
        return Unknown(hole) if hole else False

    def _tails(
        self, gateway: Resource, listener: dict[str, Any], host: str, route: str, target: dict[str, Any],
        family: str, through: bool,
    ) -> Iterator[Tail]:  # fmt: skip
        seen = set()
        for attached, rule in self._rules(gateway, listener, host, route):
            if isinstance(rule, Unknown):
                yield lost(target, f"route {attached.namespace}/{attached.name}", rule.reason)
                continue
            redirect = next((one for one in items(rule, "filters") if text_at(one, "type") == "RequestRedirect"), None)
            if redirect is not None:
                yield _redirect(redirect, host, self.encrypts(listener))
                continue
            references, hidden = listing(rule, "backendRefs")
            if hidden:
                yield lost(target, f"backends of route {attached.name}", hidden.reason)
            for reference in references:
                name = text_at(reference, "name")
                namespace = text_at(reference, "namespace") or attached.namespace or ""
                port = get(reference, "port")
                key = namespace, name, str(port)
                if key in seen:
                    continue
                seen.add(key)
                if not name or (text_at(reference, "kind") or "Service") != "Service":
                    yield lost(target, f"backend of route {attached.name}", "it is no Service, or is not named")
                    continue
                granted = self._granted(attached, attached.type.rpartition("/")[2], namespace, "Service", name)
                if granted is not True:
                    edge = f"ReferenceGrant for Service {namespace}/{name}"
                    yield lost(target, edge, _ungranted(granted), gone=granted is False)
                    continue
                inbound = self._inbound(gateway, attached, namespace, name, port, target, family, through)
                yield self._pods.tail(inbound, namespace, name, port)

    def _rules(
        self, gateway: Resource, listener: dict[str, Any], host: str, route: str
    ) -> Iterator[tuple[Resource, dict[str, Any] | Unknown]]:
        """The rules that requests for a host and route meet: the longest paths that fit, of all routes together."""
        found: list[tuple[Resource, dict[str, Any]]] = []
        paths: list[tuple[str, bool]] = []
        for attached, allowed in self._attached(gateway, listener):
            named = texts(attached.body, "spec", "hostnames")
            if named and not any(takes(name, host) for name in named):
                continue
            rules, hidden = listing(attached.body, "spec", "rules")
            if hidden or isinstance(allowed, Unknown):
                yield attached, hidden or allowed  # type: ignore[misc]
            for rule in rules if allowed is True else ():
                for path in _paths(rule):
                    found.append((attached, rule))
                    paths.append(path)
        told = set()
        for number in taken(route, paths):
            attached, rule = found[number]
            if id(rule) not in told:
                told.add(id(rule))
                yield attached, rule

    def _inbound(
        self, gateway: Resource, route: Resource, namespace: str, service: str, port: Any, target: dict[str, Any],
        family: str, through: bool,
    ) -> Inbound:  # fmt: skip
        protection: Protection = PLAINTEXT
        says, host = "the Gateway speaks plain text to pods: no BackendTLSPolicy is for the Service", None
        told = evidence(route.id, "spec.rules[*].backendRefs", None)
        policy = self._policy(gateway.cluster, namespace, service, port, family)
        if through:
            protection, says = PASSTHROUGH, "the Gateway passes TLS through to pods"
            told = evidence(gateway.id, "spec.listeners[*].tls.mode", "Passthrough")
        elif policy is not None:
            protection, host = _of_policy(policy)
            says = "the Gateway speaks TLS to pods and verifies them"
            told = evidence(policy.id, "spec", None)
        elif protection == PLAINTEXT:
            hole = self._estate.hole(POLICY)
            if hole and self._estate.all(POLICY):
                protection, says = Unknown(hole), "whether the Gateway speaks TLS to pods is not known"
        return Inbound(
            place={key: value for key, value in target.items() if key != "port"},
            cluster=gateway.cluster,
            namespace=gateway.namespace or "",
            protection=protection,
            says=says,
            evidence=told,
            meshed=family in _ISTIO,
            host=host,
        )

    def _policy(self, cluster: str, namespace: str, service: str, port: Any, family: str) -> Resource | None:
        """The BackendTLSPolicy for a port of a Service: of the Gateway API, or of Azure's gateway for containers."""
        known = self._estate.object(SERVICE, cluster, namespace, service)
        ports = items(known.body, "spec", "ports") if known else ()
        name = next((text_at(one, "name") for one in ports if get(one, "port") == port), None)
        whole: Resource | None = None
        for kind in (POLICY, f"{ALB}/backendtlspolicy") if family == CONTAINERS else (POLICY,):
            for policy in self._estate.inside(kind, cluster, namespace):
                spec = get(policy.body, "spec")
                one = get(spec, "targetRef")
                for target in (*items(spec, "targetRefs"), *([one] if isinstance(one, dict) else [])):
                    if text_at(target, "name") != service or (text_at(target, "kind") or "Service") != "Service":
                        continue
                    section = text_at(target, "sectionName")
                    if section and section == name:
                        return policy
                    whole = whole or (None if section else policy)
        return whole


def _validation(gateway: Resource, listener: dict[str, Any]) -> Any:
    """How client certificates are validated at a listener."""
    front = get(gateway.body, "spec", "tls", "frontend")
    ports = [item for item in items(front, "perPort") if get(item, "port") == get(listener, "port")]
    found = get(ports[0], "tls", "validation") if ports else get(front, "default", "validation")
    return found or get(listener, "tls", "frontendValidation")


def _of_policy(policy: Resource) -> tuple[Protection, str | None]:
    """What a BackendTLSPolicy says: the certificate is always verified, against a name that must be given."""
    spec = get(policy.body, "spec")
    validation = get(spec, "validation")
    if isinstance(validation, Unknown):
        return validation, None
    if validation is not None:
        if not text_at(validation, "wellKnownCACertificates") and not list(items(validation, "caCertificateRefs")):
            return Unknown("the BackendTLSPolicy names no authority"), None
        return VERIFIED, text_at(validation, "hostname")
    default = get(spec, "default")
    name = text_at(default, "sni") or text_at(default, "verify", "subjectAltName")
    if get(default, "verify") is None:
        return Unknown("the BackendTLSPolicy does not say whom it trusts"), name
    return VERIFIED, name


def _special(listener: dict[str, Any], host: str) -> int:
    own = text_at(listener, "hostname")
    return 2 if own == host else 1 if own else 0


def takes(own: str | None, host: str) -> bool:
    """Whether a listener or route for a name takes a host. A wildcard stands for any number of labels."""
    if own in (None, "", "*") or host in ("*", ""):
        return True
    return covers([own], host) or (own.startswith("*.") and host.casefold().endswith(own[1:].casefold()))


def _paths(rule: dict[str, Any]) -> list[tuple[str, bool]]:
    """The paths of a rule, and whether it takes everything below each."""
    found = []
    for match in items(rule, "matches"):
        kind = text_at(match, "path", "type") or "PathPrefix"
        path = (text_at(match, "path", "value") or "/") if kind != "RegularExpression" else "/"
        narrow = any(get(match, key) for key in ("headers", "queryParams", "method"))
        found.append((f"{path.rstrip('/')}/*", kind == "PathPrefix" and not narrow))
    return found or [("/*", True)]


def _redirect(told: dict[str, Any], host: str, encrypted: bool | Unknown) -> Tail:
    """What a RequestRedirect sends clients to; what it does not say stays as it was."""
    own = get(told, "requestRedirect")
    return redirected(word(own, "scheme"), text_at(own, "hostname") or host, encrypted)


def _accepted(route: Resource, gateway: Resource, parent: dict[str, Any]) -> Truth:
    """False when the controller says that it does not take a route."""
    for told in items(route.body, "status", "parents"):
        own = get(told, "parentRef")
        states = [(get(one, "type"), get(one, "status")) for one in items(told, "conditions")]
        if ("Accepted", "False") not in states:
            continue
        pairs = (
            (get(own, "name"), gateway.name),
            (get(own, "namespace") or route.namespace, gateway.namespace),
            (get(own, "sectionName"), get(parent, "sectionName")),
        )
        if all(one == other for one, other in pairs):
            return False
        if all(one == other or isinstance(one, Unknown) for one, other in pairs):
            return Unknown("which listener refuses the route is not known")
    return True


def _ungranted(granted: Truth) -> str:
    return granted.reason if isinstance(granted, Unknown) else "no ReferenceGrant there lets it"
