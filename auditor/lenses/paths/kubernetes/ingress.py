"""Ingress: what its controller serves for a host, whom it asks for a certificate, and how it speaks to pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from auditor.lenses.certificates.lens import covers
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.hop_builder import Landing
from auditor.lenses.paths.kubernetes.nginx import PREFIX, Controllers, Nginx, note, plain
from auditor.lenses.paths.kubernetes.pods import Inbound, Pods
from auditor.lenses.paths.model import PASSTHROUGH, PLAINTEXT, VERIFIED, Protection, Tail, evidence, lost, place
from auditor.lenses.paths.routes import covers as holds
from auditor.lenses.paths.routes import overlaps
from auditor.lenses.paths.trust import Served, Trust
from auditor.lenses.values import hidden_in, items, listing, text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

KIND, CLASS = "networking.k8s.io/ingress", "networking.k8s.io/ingressclass"
READS: Final = frozenset({KIND, CLASS})
NGINX, AGIC, CONTAINERS, OTHER = "nginx", "agic", "containers", ""
_AGIC: Final = "appgw.ingress.kubernetes.io/"
_CLASSES: Final = {
    "nginx": NGINX,
    "webapprouting.kubernetes.azure.com": NGINX,
    "azure/application-gateway": AGIC,
    "azure-application-gateway": AGIC,
    "azure-alb-external": CONTAINERS,
}
"""Controllers by the usual names of their classes, where no IngressClass says more."""
_CONTROLLERS: Final = (
    ("k8s.io/ingress-nginx", NGINX),
    ("webapprouting.kubernetes.azure.com/nginx", NGINX),
    ("azure/application-gateway", AGIC),
    ("alb.networking.azure.io/", CONTAINERS),
)
_TLS_PORT: Final = 443
"""To pods at this port the ingress controller of Application Gateway speaks TLS, unless an annotation says otherwise.
Source: its `pkg/appgw/backendhttpsettings.go`."""
_FAKE: Final = "the certificate that the controller makes for itself"


class Ingresses:
    """The Ingress objects of the clusters."""

    def __init__(self, estate: Estate, trust: Trust, pods: Pods) -> None:
        self._estate = estate
        self._trust = trust
        self._pods = pods
        self._nginx = Nginx(estate, trust, pods)

    def hosts(self, ingress: Resource) -> list[str]:
        """The hosts of its rules; `*` for a rule without one."""
        rules, _hidden = listing(ingress.body, "spec", "rules")
        return list(dict.fromkeys([*(text_at(rule, "host") or "*" for rule in rules), *self._aliases(ingress)])) or [
            "*"
        ]

    def _aliases(self, ingress: Resource) -> list[str]:
        return self._nginx.aliases(ingress) if self.is_nginx(ingress) else []

    def door(self, ingress: Resource) -> str:
        """The kind of place that answers for it."""
        family = self._controller(ingress)
        return {AGIC: "applicationGateway", CONTAINERS: "trafficController"}.get(family, "ingress")

    def is_nginx(self, ingress: Resource) -> bool:
        """Whether nginx serves it."""
        return self._controller(ingress) == NGINX

    def reach(self, ingress: Resource, host: str, route: str) -> int:
        """How long the longest of its paths is that holds a whole route; 0 when there is none, or it is `/`."""
        alias = _is_alias(host, self._aliases(ingress))
        lengths = [
            len(path)
            for rule in items(ingress.body, "spec", "rules")
            if alias or _same(text_at(rule, "host") or "*", host)
            for path, below in map(_taking, items(rule, "http", "paths"))
            if below and holds(path, route)
        ]
        return max(lengths, default=0)

    def landing(self, ingress: Resource, host: str, route: str, target_port: int, least: int = 0) -> Landing | None:
        """How a request for a host meets an Ingress; None when the Ingress has no rule for it.

        `least`: a path of this length holds the whole route, so that shorter ones are not taken (also of another
        Ingress: a controller merges all of a host).
        """
        controller = self._controller(ingress)
        least = max(least, self.reach(ingress, host, route))
        backends = list(self._backends(ingress, host, route, least))
        if not backends:
            return None
        target = place("ingress", f"{ingress.namespace}/{ingress.name}", ingress.id, port=target_port)
        inbound = self._inbound(ingress, controller, target)
        through = inbound.protection == PASSTHROUGH  # then nothing else that is said of the host counts
        tails: list[Tail] = []
        redirect = self._nginx.redirect(ingress) if controller == NGINX else None
        for path, service, port in backends:
            if redirect:
                tails.append(redirect)
            elif service is None:
                tails.append(lost(target, f"backend of {path}", "it is no Service, or is not named"))
            else:
                tails.append(self._pods.tail(inbound, ingress.namespace or "", service, port))
        copies = self._nginx.mirror(ingress, target) if controller == NGINX and not redirect else None
        tails += [copies] if copies else []
        return Landing(
            target,
            served=None if through else self._served(ingress, host, controller),
            asks=None if through else self._asks(ingress, controller),
            accepts=self._nginx.accepts(ingress),
            tls=None if through else self._floor(ingress, controller),
            tails=tuple(tails),
        )

    def _backends(self, ingress: Resource, host: str, route: str, least: int) -> Iterator[tuple[str, str | None, Any]]:
        """Path, Service and port of each backend that a request may meet."""
        spec = get(ingress.body, "spec")
        rules, hidden = listing(spec, "rules")
        if hidden:
            yield route, None, hidden
        alias = _is_alias(host, self._aliases(ingress))
        seen = set()
        for rule in rules:
            if not alias and not _same(text_at(rule, "host") or "*", host):
                continue
            entries, odd = listing(rule, "http", "paths")
            if odd:
                yield route, None, odd
            for entry in entries:
                path = text_at(entry, "path") or "/"
                service = text_at(entry, "backend", "service", "name") or text_at(entry, "backend", "serviceName")
                port = (
                    get(entry, "backend", "service", "port", "number")
                    or get(entry, "backend", "service", "port", "name")
                    or get(entry, "backend", "servicePort")
                )
                own, below = _taking(entry)
                if not overlaps(route, own) or (service, str(port)) in seen:
                    continue
                if below and len(own) < least and holds(own, route):
                    continue  # a longer one is taken
                seen.add((service, str(port)))
                yield path, service, port
        default = get(spec, "defaultBackend") or get(spec, "backend")
        if (
            not seen
            and isinstance(default, dict)
            and (not rules or any(_same(text_at(r, "host") or "*", host) for r in rules))
        ):
            service = text_at(default, "service", "name") or text_at(default, "serviceName")
            port = get(default, "service", "port", "number") or get(default, "service", "port", "name")
            yield "/", service, port or get(default, "servicePort")

    def _controller(self, ingress: Resource) -> str:
        """The family of the controller that serves an Ingress; empty for one that is not known here."""
        name, told = self._class(ingress)
        if told:
            known = next((family for begin, family in _CONTROLLERS if told.startswith(begin)), OTHER)
            return NGINX if known == OTHER and self._nginx.runs(ingress.cluster, told) else known
        if name:
            return _CLASSES.get(name.casefold(), OTHER)
        annotations = get(ingress.body, "metadata", "annotations")
        keys = [key for key in annotations if isinstance(key, str)] if isinstance(annotations, dict) else []
        for prefix, family in ((PREFIX, NGINX), (_AGIC, AGIC)):
            if any(key.startswith(prefix) for key in keys):
                return family
        return OTHER

    def _class(self, ingress: Resource) -> tuple[str, str]:
        """The class of an Ingress, and the controller that it is for, in small letters; empty where nothing says it."""
        name = text_at(ingress.body, "spec", "ingressClassName") or text_at(
            ingress.body, "metadata", "annotations", "kubernetes.io/ingress.class"
        )
        if name is None:
            defaults = [one for one in self._estate.inside(CLASS, ingress.cluster, "") if _is_default(one)]
            found = defaults[0] if len(defaults) == 1 else None
        else:
            found = self._estate.object(CLASS, ingress.cluster, "", name)
        return name or "", (text_at(found.body, "spec", "controller") or "").casefold() if found else ""

    def controllers(self, ingress: Resource) -> Controllers:
        """The nginx controllers that serve an Ingress."""
        return self._nginx.of(ingress.cluster, self._class(ingress)[1])

    # --- towards clients ----------------------------------------------------------------------------------------

    def encrypts(self, ingress: Resource, host: str) -> bool | Unknown:
        """Whether its TLS section covers a host."""
        entries, hidden = _tls(ingress)
        if any(_covers(entry, host) for entry in entries):
            return True
        if hidden:
            return hidden
        family = self._controller(ingress)
        if family == AGIC and note(ingress, f"{_AGIC}appgw-ssl-certificate"):
            return True
        if family == OTHER:
            return Unknown("its controller is not one whose settings are known here")
        return False

    def _served(self, ingress: Resource, host: str, controller: str) -> Served | Unknown:
        entries, hidden = _tls(ingress)
        for entry in entries:
            if _covers(entry, host):
                name = text_at(entry, "secretName")
                if name:
                    return self._trust.of_secret(ingress.cluster, ingress.namespace or "", name)
                return Unknown("its TLS section names no Secret")
        if hidden:
            return hidden
        serving = self.controllers(ingress)
        default = [one.partition("=")[2] for one in serving.arguments if one.startswith("--default-ssl-certificate")]
        namespace, _, name = default[0].partition("/") if default else ("", "", "")
        if controller == NGINX and name:
            return self._trust.of_secret(ingress.cluster, namespace, name)
        if controller == NGINX and serving.workloads and not default:
            return Served(f"/certificates/{ingress.id.strip('/')}/default", _FAKE, ("ingress.local",), Unknown(_FAKE))
        return Unknown("no TLS section covers the host; the controller serves a certificate that is not visible")

    def _asks(self, ingress: Resource, controller: str) -> str | Unknown:
        if controller == AGIC:
            profile = note(ingress, f"{_AGIC}appgw-ssl-profile")
            return Unknown("the TLS profile is the gateway's") if profile else "none"
        if controller != NGINX:
            return Unknown("its controller is not one whose settings are known here")
        return self._nginx.asks(ingress)

    def _floor(self, ingress: Resource, controller: str) -> str | Unknown:
        if controller != NGINX:
            return Unknown("the TLS versions of its controller are not visible")
        return self.controllers(ingress).floor

    # --- towards pods -------------------------------------------------------------------------------------------

    def _inbound(self, ingress: Resource, controller: str, target: dict[str, Any]) -> Inbound:
        protection, says, key, host = self._upstream(ingress, controller)
        serving = self.controllers(ingress)
        return Inbound(
            place={k: v for k, v in target.items() if k != "port"},
            cluster=ingress.cluster,
            namespace=serving.namespace if controller == NGINX else "",
            protection=protection,
            says=says,
            evidence=evidence(ingress.id, f"metadata.annotations['{key}']", plain(note(ingress, key))),
            meshed=False if controller in (AGIC, CONTAINERS) else serving.meshed,
            host=host,
            tls_at=_TLS_PORT if controller == AGIC and not note(ingress, f"{_AGIC}backend-protocol") else None,
        )

    def _upstream(self, ingress: Resource, controller: str) -> tuple[Protection, str, str, str | None]:
        """How the controller speaks to pods, in words, the annotation that says so, and the name it asks for."""
        if controller == NGINX:
            return self._nginx.upstream(ingress, self.controllers(ingress))
        if controller == AGIC:
            key = f"{_AGIC}backend-protocol"
            protocol = note(ingress, key) or "http"
            if isinstance(protocol, Unknown):
                return protocol, "the protocol to pods is not known", key, None
            host = note(ingress, f"{_AGIC}backend-hostname")
            if protocol == "https":
                return VERIFIED, "the gateway speaks TLS to pods and verifies them", key, plain(host)
            return PLAINTEXT, "the gateway speaks plain text to pods", key, None
        why = Unknown("its controller is not one whose settings are known here")
        return why, why.reason, "kubernetes.io/ingress.class", None


def _same(own: str, host: str) -> bool:
    """Whether a host of a rule is the host of a request."""
    return own in ("*", "") or host in ("*", "") or covers([own], host)


def _is_alias(host: str, aliases: list[str]) -> bool:
    return bool(host) and any(_same(alias, host) for alias in aliases)


def _tls(ingress: Resource) -> tuple[list[dict[str, Any]], Unknown | None]:
    """The entries of the TLS section whose hosts are known, and why there may be more."""
    entries, hidden = listing(ingress.body, "spec", "tls")
    known = []
    for entry in entries:
        odd = hidden_in(get(entry, "hosts"))
        hidden = hidden or odd
        if odd is None:
            known.append(entry)
    return known, hidden


def _covers(entry: dict[str, Any], host: str) -> bool:
    hosts = texts(entry, "hosts")
    return not hosts or any(_same(own, host) for own in hosts)


def _taking(entry: dict[str, Any]) -> tuple[str, bool]:
    """The fixed beginning of a path, which may be a regular expression, and whether everything below it is taken."""
    path = text_at(entry, "path") or "/"
    cut = min((path.find(sign) for sign in "([.*+?|^$\\" if sign in path), default=len(path))
    begin = path[:cut]
    whole = cut == len(path) or path[cut:] == "*"
    own = f"{begin.rpartition('/')[0] if cut < len(path) else begin.rstrip('/')}/*"
    return own, whole and word(entry, "pathType") != "exact"


def _is_default(resource: Resource) -> bool:
    return text_at(resource.body, "metadata", "annotations", "ingressclass.kubernetes.io/is-default-class") == "true"
