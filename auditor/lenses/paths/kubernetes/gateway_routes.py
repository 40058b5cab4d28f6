"""The routes of the Gateway API: which hang on a listener, which rule a request meets, what they may refer to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from auditor.lenses.certificates.lens import covers
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.kubernetes.mesh import NAMESPACE
from auditor.lenses.paths.kubernetes.network_policies import selects
from auditor.lenses.paths.routes import taken
from auditor.lenses.truth import Truth, truth_and
from auditor.lenses.values import hidden_in, items, listing, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

GROUP: Final = "gateway.networking.k8s.io"
HTTP, GRPC, TLS = (f"{GROUP}/{kind}" for kind in ("httproute", "grpcroute", "tlsroute"))
GRANT: Final = f"{GROUP}/referencegrant"
READS: Final = frozenset({HTTP, GRPC, TLS, GRANT})


class Routes:
    """The routes of the clusters, by the Gateways that they name."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
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

    def hole(self, cluster: str, *, through: bool) -> str | None:
        """Why a route may take a request although none was found; `through`: TLS is passed on to it."""
        kinds = (HTTP, TLS) if through else (HTTP,)
        holes = (hole for kind in kinds if (hole := self._estate.hole(kind)))
        return next(holes, None) or self._unclear.get(cluster)

    def attached(self, gateway: Resource, listener: dict[str, Any]) -> Iterator[tuple[Resource, Truth]]:
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
        own = get(where.body, "metadata", "labels") if where else None
        if not isinstance(own, dict):
            return Unknown(f"whether its listener takes routes from namespace {route.namespace} was not seen")
        return selects(get(spaces, "selector"), own)

    def granted(self, origin: Resource, kind: str, namespace: str, to: str, name: str) -> Truth:
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

    def rules(
        self, gateway: Resource, listener: dict[str, Any], host: str, route: str
    ) -> Iterator[tuple[Resource, dict[str, Any] | Unknown]]:
        """The rules that requests for a host and route meet: the longest paths that fit, of all routes together."""
        found: list[tuple[Resource, dict[str, Any]]] = []
        paths: list[tuple[str, bool]] = []
        for attached, allowed in self.attached(gateway, listener):
            named = get(attached.body, "spec", "hostnames")
            if named and not any(takes(one, host) for one in texts(attached.body, "spec", "hostnames")):
                hidden_host = hidden_in(named)
                if hidden_host is None:
                    continue
                allowed = hidden_host
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


def _accepted(route: Resource, gateway: Resource, parent: dict[str, Any]) -> Truth:
    """False when the controller says that it does not take a route."""
    for told in items(route.body, "status", "parents"):
        own, conditions = get(told, "parentRef"), get(told, "conditions")
        if isinstance(conditions, Unknown):
            return conditions
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
