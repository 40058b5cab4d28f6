"""Ingress: what its controller serves for a host, whom it asks for a certificate, and how it speaks to pods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from auditor.lenses.certificates import covers
from auditor.lenses.paths.ends import Landing
from auditor.lenses.paths.estate import Estate, listing, word
from auditor.lenses.paths.pods import WORKLOADS, Inbound, Pods
from auditor.lenses.paths.routes import covers as holds
from auditor.lenses.paths.routes import overlaps
from auditor.lenses.paths.shapes import (
    PASSTHROUGH,
    PLAINTEXT,
    UNVERIFIED,
    VERIFIED,
    Protection,
    Tail,
    Truth,
    evidence,
    lost,
    place,
    redirected,
)
from auditor.lenses.paths.trust import CONFIG, SECRET, Served, Store, Trust
from auditor.lenses.sightings import get, items, text_at, texts
from auditor.model import Resource, Unknown

KIND, CLASS = "networking.k8s.io/ingress", "networking.k8s.io/ingressclass"
READS: Final = frozenset({KIND, CLASS})
NGINX, AGIC, CONTAINERS, OTHER = "nginx", "agic", "containers", ""
_NGINX: Final = "nginx.ingress.kubernetes.io/"
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
_FAKE: Final = "the certificate that the controller makes for itself"


class Ingresses:
    """The Ingress objects of the clusters."""

    def __init__(self, estate: Estate, trust: Trust, pods: Pods) -> None:
        self._estate = estate
        self._trust = trust
        self._pods = pods
        self._arguments: dict[str, tuple[list[str], bool]] = {}
        self._controllers: dict[str, list[Resource]] = defaultdict(list)
        self._maps: dict[str, list[Resource]] = defaultdict(list)
        for workload in estate.all(*WORKLOADS):
            if is_of_nginx(workload):
                self._controllers[workload.cluster].append(workload)
        for config in estate.all(CONFIG):
            if _is_of_nginx(config):
                self._maps[config.cluster].append(config)

    def hosts(self, ingress: Resource) -> list[str]:
        """The hosts of its rules; `*` for a rule without one."""
        rules, _hidden = listing(ingress.body, "spec", "rules")
        return list(dict.fromkeys(text_at(rule, "host") or "*" for rule in rules)) or ["*"]

    def door(self, ingress: Resource) -> str:
        """The kind of place that answers for it."""
        family = self._controller(ingress)
        return {AGIC: "applicationGateway", CONTAINERS: "trafficController"}.get(family, "ingress")

    def is_nginx(self, ingress: Resource) -> bool:
        """Whether nginx serves it."""
        return self._controller(ingress) == NGINX

    def reach(self, ingress: Resource, host: str, route: str) -> int:
        """How long the longest of its paths is that holds a whole route; 0 when there is none, or it is `/`."""
        lengths = [
            len(path)
            for rule in items(ingress.body, "spec", "rules")
            if _same(text_at(rule, "host") or "*", host)
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
        notes = [_note(ingress, key) for key in _REDIRECTS] if controller == NGINX else []
        redirect = next((note for note in notes if note), None)
        for path, service, port in backends:
            if redirect:
                tails.append(_sent_away(redirect))
            elif service is None:
                tails.append(lost(target, f"backend of {path}", "it is no Service, or is not named"))
            else:
                tails.append(self._pods.tail(inbound, ingress.namespace or "", service, port))
        return Landing(
            target,
            served=None if through else self._served(ingress, host, controller),
            asks=None if through else self._asks(ingress, controller),
            accepts=self._accepts(ingress),
            tls=None if through else self._floor(ingress, controller),
            tails=tuple(tails),
        )

    def _backends(self, ingress: Resource, host: str, route: str, least: int) -> Iterator[tuple[str, str | None, Any]]:
        """Path, Service and port of each backend that a request may meet."""
        spec = get(ingress.body, "spec")
        rules, hidden = listing(spec, "rules")
        if hidden:
            yield route, None, hidden
        seen = set()
        for rule in rules:
            if not _same(text_at(rule, "host") or "*", host):
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
        name = text_at(ingress.body, "spec", "ingressClassName") or text_at(
            ingress.body, "metadata", "annotations", "kubernetes.io/ingress.class"
        )
        if name is None:
            classes = [c for c in self._estate.all(CLASS) if c.cluster == ingress.cluster and _is_default(c)]
            told = text_at(classes[0].body, "spec", "controller") if len(classes) == 1 else None
        else:
            known = self._estate.object(CLASS, ingress.cluster, "", name)
            told = text_at(known.body, "spec", "controller") if known else None
        if told:
            return next((family for begin, family in _CONTROLLERS if told.casefold().startswith(begin)), OTHER)
        if name:
            return _CLASSES.get(name.casefold(), OTHER)
        annotations = get(ingress.body, "metadata", "annotations")
        keys = [key for key in annotations if isinstance(key, str)] if isinstance(annotations, dict) else []
        for prefix, family in ((_NGINX, NGINX), (_AGIC, AGIC)):
            if any(key.startswith(prefix) for key in keys):
                return family
        return OTHER

    # --- towards clients ----------------------------------------------------------------------------------------

    def encrypts(self, ingress: Resource, host: str) -> bool | Unknown:
        """Whether its TLS section covers a host."""
        entries, hidden = _tls(ingress)
        if any(_covers(entry, host) for entry in entries):
            return True
        if hidden:
            return hidden
        family = self._controller(ingress)
        if family == AGIC and _note(ingress, f"{_AGIC}appgw-ssl-certificate"):
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
        arguments, seen = self._controller_arguments(ingress.cluster)
        default = [one.partition("=")[2] for one in arguments if one.startswith("--default-ssl-certificate")]
        namespace, _, name = default[0].partition("/") if default else ("", "", "")
        if controller == NGINX and name:
            return self._trust.of_secret(ingress.cluster, namespace, name)
        if controller == NGINX and seen and not default:
            return Served(f"/certificates/{ingress.id.strip('/')}/default", _FAKE, ("ingress.local",), Unknown(_FAKE))
        return Unknown("no TLS section covers the host; the controller serves a certificate that is not visible")

    def _asks(self, ingress: Resource, controller: str) -> str | Unknown:
        if controller == AGIC:
            profile = _note(ingress, f"{_AGIC}appgw-ssl-profile")
            return Unknown("the TLS profile is the gateway's") if profile else "none"
        if controller != NGINX:
            return Unknown("its controller is not one whose settings are known here")
        secret = _note(ingress, f"{_NGINX}auth-tls-secret")
        if isinstance(secret, Unknown) or not secret:
            return secret or "none"
        mode = _note(ingress, f"{_NGINX}auth-tls-verify-client") or "on"
        if isinstance(mode, Unknown):
            return mode
        return {"on": "verified", "off": "none"}.get(mode, "asked")

    def _accepts(self, ingress: Resource) -> Store | Unknown | None:
        """The authorities of client certificates that nginx verifies by."""
        named = get(ingress.body, "metadata", "annotations", f"{_NGINX}auth-tls-secret")
        if not isinstance(named, str):
            return named if isinstance(named, Unknown) else None
        namespace, _, name = named.rpartition("/")
        return self._trust.store(SECRET, ingress.cluster, namespace or ingress.namespace or "", name)

    def _floor(self, ingress: Resource, controller: str) -> str | Unknown:
        """The lowest version that nginx takes: 1.2 where its ConfigMap says nothing else."""
        if controller != NGINX:
            return Unknown("the TLS versions of its controller are not visible")
        maps = self._maps.get(ingress.cluster, [])
        if len(maps) != 1:
            return Unknown(f"{len(maps)} ConfigMaps of controllers were found")
        told = get(maps[0].body, "data", "ssl-protocols")
        if told is None:
            return "1.2"
        versions = [part.removeprefix("TLSv") for part in told.split()] if isinstance(told, str) else []
        spelled = ["1.0" if version == "1" else version for version in versions]
        known = [version for version in spelled if version in ("1.0", "1.1", "1.2", "1.3")]
        return min(known) if known else Unknown("ssl-protocols cannot be read")

    # --- towards pods -------------------------------------------------------------------------------------------

    def _inbound(self, ingress: Resource, controller: str, target: dict[str, Any]) -> Inbound:
        protection, says, key, host = self._upstream(ingress, controller)
        where = self._namespace_of(ingress.cluster) if controller == NGINX else ""
        return Inbound(
            place={k: v for k, v in target.items() if k != "port"},
            cluster=ingress.cluster,
            namespace=where,
            protection=protection,
            says=says,
            evidence=evidence(ingress.id, f"metadata.annotations['{key}']", _plain(_note(ingress, key))),
            meshed=False if controller in (AGIC, CONTAINERS) else self._meshed(ingress.cluster),
            host=host,
        )

    def _upstream(self, ingress: Resource, controller: str) -> tuple[Protection, str, str, str | None]:
        """How the controller speaks to pods, in words, the annotation that says so, and the name it asks for."""
        if controller == NGINX:
            return self._nginx(ingress)
        if controller == AGIC:
            key = f"{_AGIC}backend-protocol"
            protocol = _note(ingress, key) or "http"
            if isinstance(protocol, Unknown):
                return protocol, "the protocol to pods is not known", key, None
            host = _note(ingress, f"{_AGIC}backend-hostname")
            if protocol == "https":
                return VERIFIED, "the gateway speaks TLS to pods and verifies them", key, _plain(host)
            return PLAINTEXT, "the gateway speaks plain text to pods", key, None
        why = Unknown("its controller is not one whose settings are known here")
        return why, why.reason, "kubernetes.io/ingress.class", None

    def _nginx(self, ingress: Resource) -> tuple[Protection, str, str, str | None]:
        key = f"{_NGINX}ssl-passthrough"
        through = _note(ingress, key)
        if through == "true":
            arguments, seen = self._controller_arguments(ingress.cluster)
            if any(argument.startswith("--enable-ssl-passthrough") for argument in arguments):
                return PASSTHROUGH, "the controller passes TLS through to pods", key, None
            if not seen:
                why = Unknown("whether the controller passes TLS through was not seen")
                return why, why.reason, key, None
        key = f"{_NGINX}backend-protocol"
        protocol = _note(ingress, key) or "http"
        for value in (through, protocol):
            if isinstance(value, Unknown):
                return value, "the protocol to pods is not known", key, None
        if any(_note(ingress, f"{_NGINX}{part}") for part in ("configuration-snippet", "server-snippet")):
            why = Unknown("a snippet of nginx may change how it speaks to pods")
            return why, why.reason, f"{_NGINX}configuration-snippet", None
        if protocol not in ("https", "grpcs"):
            if protocol == "auto_http":
                return Unknown("AUTO_HTTP is decided at run time"), "the protocol to pods is not known", key, None
            return PLAINTEXT, f"nginx speaks {str(protocol).upper()} to pods", key, None
        verify, secret = (
            _note(ingress, f"{_NGINX}proxy-ssl-verify") or "off",
            _note(ingress, f"{_NGINX}proxy-ssl-secret"),
        )
        for value in (verify, secret):
            if isinstance(value, Unknown):
                return value, "whether nginx verifies pods is not known", f"{_NGINX}proxy-ssl-verify", None
        if verify != "on" or not secret:
            return UNVERIFIED, "nginx speaks TLS to pods without verifying them", f"{_NGINX}proxy-ssl-verify", None
        name = _plain(_note(ingress, f"{_NGINX}proxy-ssl-name"))
        return VERIFIED, "nginx speaks TLS to pods and verifies them", f"{_NGINX}proxy-ssl-verify", name

    # --- the controller -----------------------------------------------------------------------------------------

    def _controller_arguments(self, cluster: str) -> tuple[list[str], bool]:
        """The arguments of the nginx controllers of a cluster, and whether one was seen."""
        found = self._arguments.get(cluster)
        if found is None:
            arguments: list[str] = []
            seen = False
            for workload in self._controllers.get(cluster, ()):
                containers = workload.containers
                seen = True
                for container in containers if isinstance(containers, list) else ():
                    arguments += texts(container, "args")
            found = self._arguments[cluster] = arguments, seen
        return found

    def _namespace_of(self, cluster: str) -> str:
        found = self._controllers.get(cluster)
        return found[0].namespace or "" if found else ""

    def _meshed(self, cluster: str) -> Truth:
        """Whether the controller's own pods are in a mesh."""
        found = [self._pods.in_mesh(controller) for controller in self._controllers.get(cluster, ())]
        if not found:
            return Unknown("whether the controller is in the mesh was not seen")
        return found[0] if len(set(map(repr, found))) == 1 else Unknown("one of several controllers is in the mesh")


def _note(ingress: Resource, key: str) -> str | Unknown:
    """An annotation in small letters, empty when it is not there."""
    return word(ingress.body, "metadata", "annotations", key)


def _plain(value: str | Unknown | None) -> str | None:
    return value if isinstance(value, str) and value else None


def _same(own: str, host: str) -> bool:
    """Whether a host of a rule is the host of a request."""
    return own in ("*", "") or host in ("*", "") or covers([own], host)


def _tls(ingress: Resource) -> tuple[list[dict[str, Any]], Unknown | None]:
    """The entries of the TLS section whose hosts are known, and why there may be more."""
    entries, hidden = listing(ingress.body, "spec", "tls")
    known = []
    for entry in entries:
        hosts = get(entry, "hosts")
        each = (hosts, *(hosts if isinstance(hosts, list) else ()))
        odd = next((one for one in each if isinstance(one, Unknown)), None)
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


_REDIRECTS: Final = (f"{_NGINX}permanent-redirect", f"{_NGINX}temporal-redirect")


def _sent_away(url: str | Unknown) -> Tail:
    """nginx answers with a redirect to a URL."""
    if isinstance(url, Unknown):
        return redirected(url, "(not known)", url)
    scheme, _, rest = url.partition("://")
    return redirected(scheme, rest.partition("/")[0], Unknown("the address of the redirect is not a URL"))


def _is_default(resource: Resource) -> bool:
    return text_at(resource.body, "metadata", "annotations", "ingressclass.kubernetes.io/is-default-class") == "true"


def is_of_nginx(workload: Resource) -> bool:
    """A workload of the nginx controller, or the Service before it."""
    labels = get(workload.body, "metadata", "labels")
    return text_at(labels, "app.kubernetes.io/name") in ("ingress-nginx", "ingress-nginx-controller") or (
        text_at(labels, "app") in ("ingress-nginx", "ingress-nginx-controller")
    )


def _is_of_nginx(config: Resource) -> bool:
    return config.name.endswith("nginx-controller") or (
        text_at(config.body, "metadata", "labels", "app.kubernetes.io/name") == "ingress-nginx"
        and get(config.body, "data", "ssl-protocols") is not None
    )
