"""Gateway API: listeners of a Gateway, the routes that hang on them, BackendTLSPolicy. Also as AKS runs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from auditor.lenses.certificates.certificate_locations import vault_ref
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.hop_builder import Landing
from auditor.lenses.paths.kubernetes.backend_tls import protection_of
from auditor.lenses.paths.kubernetes.gateway_routes import GROUP, Routes, takes
from auditor.lenses.paths.kubernetes.pods import SERVICE, Inbound, Pods
from auditor.lenses.paths.model import PASSTHROUGH, PLAINTEXT, Protection, Tail, evidence, lost, place, redirected
from auditor.lenses.paths.trust import CONFIG, SECRET, Served, Store, Trust
from auditor.lenses.truth import Truth
from auditor.lenses.values import items, listing, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

KIND, POLICY = f"{GROUP}/gateway", f"{GROUP}/backendtlspolicy"
ALB: Final = "alb.networking.azure.io"
READS: Final = frozenset({KIND, POLICY, f"{ALB}/backendtlspolicy", f"{ALB}/frontendtlspolicy"})
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
        self._routes = Routes(estate)

    def hosts(self, gateway: Resource) -> list[str]:
        """The hosts of its listeners; those of their routes where a listener takes several or any."""
        found: list[str] = []
        for listener in items(gateway.body, "spec", "listeners"):
            own = text_at(listener, "hostname")
            attached = self._routes.attached(gateway, listener) if not own or "*" in own else ()
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
            hole = self._routes.hole(gateway.cluster, through=through)
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
                granted = self._routes.granted(gateway, "Gateway", namespace, "Secret", name)
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

    def _tails(
        self, gateway: Resource, listener: dict[str, Any], host: str, route: str, target: dict[str, Any],
        family: str, through: bool,
    ) -> Iterator[Tail]:  # fmt: skip
        seen = set()
        for attached, rule in self._routes.rules(gateway, listener, host, route):
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
            weighed = [one for one in references if get(one, "weight") != 0]
            if references and not weighed:
                yield lost(target, f"backends of route {attached.name}", "none of them has a weight", gone=True)
            for reference in (*weighed, *_mirrors(rule)):
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
                granted = self._routes.granted(attached, attached.type.rpartition("/")[2], namespace, "Service", name)
                if granted is not True:
                    edge = f"ReferenceGrant for Service {namespace}/{name}"
                    yield lost(target, edge, _ungranted(granted), gone=granted is False)
                    continue
                inbound = self._inbound(gateway, attached, namespace, name, port, target, family, through)
                yield self._pods.tail(inbound, namespace, name, port)

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
            protection, host = protection_of(policy)
            says = "the Gateway speaks TLS to pods and verifies them"
            told = evidence(policy.id, "spec", None)
        elif protection == PLAINTEXT:
            hole = self._estate.hole(POLICY)
            if hole and self._estate.any(POLICY):
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


def _mirrors(rule: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The backends that get a copy of each request."""
    for one in items(rule, "filters"):
        copy = get(one, "requestMirror", "backendRef")
        if isinstance(copy, dict):
            yield copy


def _validation(gateway: Resource, listener: dict[str, Any]) -> Any:
    """How client certificates are validated at a listener."""
    front = get(gateway.body, "spec", "tls", "frontend")
    ports = [item for item in items(front, "perPort") if get(item, "port") == get(listener, "port")]
    found = get(ports[0], "tls", "validation") if ports else get(front, "default", "validation")
    return found or get(listener, "tls", "frontendValidation")


def _special(listener: dict[str, Any], host: str) -> int:
    own = text_at(listener, "hostname")
    return 2 if own == host else 1 if own else 0


def _redirect(told: dict[str, Any], host: str, encrypted: bool | Unknown) -> Tail:
    """What a RequestRedirect sends clients to; what it does not say stays as it was."""
    own = get(told, "requestRedirect")
    return redirected(word(own, "scheme"), text_at(own, "hostname") or host, encrypted)


def _ungranted(granted: Truth) -> str:
    return granted.reason if isinstance(granted, Unknown) else "no ReferenceGrant there lets it"
