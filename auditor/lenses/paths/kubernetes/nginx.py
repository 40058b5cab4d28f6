"""nginx as an ingress controller: what its annotations, arguments and ConfigMap say towards clients and pods."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from auditor.kubernetes.workloads import containers_of
from auditor.lenses.paths.estate import Estate
from auditor.lenses.paths.kubernetes.network_policies import contains, labels
from auditor.lenses.paths.kubernetes.pods import WORKLOADS, Pods
from auditor.lenses.paths.model import (
    PASSTHROUGH,
    PLAINTEXT,
    TLS_ORDER,
    UNVERIFIED,
    VERIFIED,
    Protection,
    Tail,
    lost,
    redirected,
)
from auditor.lenses.paths.trust import CONFIG, SECRET, Store, Trust
from auditor.lenses.truth import Truth
from auditor.lenses.values import text_at, texts, word
from auditor.model.case_insensitive import get
from auditor.model.resource import Resource, Unknown

PREFIX: Final = "nginx.ingress.kubernetes.io/"
_REDIRECTS: Final = (f"{PREFIX}permanent-redirect", f"{PREFIX}temporal-redirect")


_NOT_SEEN: Final = Unknown("the controller was not seen")


@dataclass(frozen=True, slots=True)
class Controllers:
    """The workloads that serve an Ingress: those of its class, else all of nginx in its cluster."""

    workloads: tuple[Resource, ...] = ()
    arguments: tuple[str, ...] = ()
    namespace: str = ""  # of the first
    meshed: Truth = _NOT_SEEN
    floor: str | Unknown = _NOT_SEEN  # the lowest version of TLS

    def before(self, service: Resource) -> bool:
        """Whether a Service sends to them; where none was seen, any of nginx may."""
        selector = get(service.body, "spec", "selector")
        if not self.workloads or not isinstance(selector, dict):
            return True
        own = [one for one in self.workloads if one.namespace == service.namespace]
        return any(contains(labels(one), selector) for one in own)


class Nginx:
    """The nginx controllers of the clusters."""

    def __init__(self, estate: Estate, trust: Trust, pods: Pods) -> None:
        self._trust = trust
        self._pods = pods
        self._workloads: dict[str, list[Resource]] = defaultdict(list)
        self._maps: dict[str, list[Resource]] = defaultdict(list)
        self._found: dict[tuple[str, str], Controllers] = {}
        for workload in estate.all(*WORKLOADS):
            if is_of_nginx(workload):
                self._workloads[workload.cluster].append(workload)
        for config in estate.all(CONFIG):
            if _is_of_nginx(config):
                self._maps[config.cluster].append(config)

    def runs(self, cluster: str, told: str) -> bool:
        """Whether nginx runs in a cluster as the controller that an IngressClass names."""
        return any(_class_of(workload) == told.casefold() for workload in self._workloads[cluster])

    def of(self, cluster: str, told: str) -> Controllers:
        """The controllers that an IngressClass names; it may be empty, or not known here."""
        found = self._found.get((cluster, told))
        if found is None:
            found = self._found[cluster, told] = self._of(cluster, told.casefold())
        return found

    def _of(self, cluster: str, told: str) -> Controllers:
        every = self._workloads[cluster]
        workloads = tuple(one for one in every if _class_of(one) == told) or tuple(every)
        spaces = {one.namespace for one in workloads}
        near = [one for one in self._maps[cluster] if one.namespace in spaces] or self._maps[cluster]
        floor = _floor(near[0]) if len(near) == 1 else Unknown(f"{len(near)} ConfigMaps of controllers were found")
        if not workloads:
            return Controllers(floor=floor)
        meshed = [self._pods.in_mesh(one) for one in workloads]
        alike = len(set(map(repr, meshed))) == 1
        return Controllers(
            workloads,
            tuple(argument for one in workloads for argument in _arguments(one)),
            workloads[0].namespace or "",
            meshed[0] if alike else Unknown("one of several controllers is in the mesh"),
            floor,
        )

    # --- towards clients ----------------------------------------------------------------------------------------

    def asks(self, ingress: Resource) -> str | Unknown:
        """Whether clients must show a certificate."""
        secret = note(ingress, f"{PREFIX}auth-tls-secret")
        if isinstance(secret, Unknown) or not secret:
            return secret or "none"
        mode = note(ingress, f"{PREFIX}auth-tls-verify-client") or "on"
        if isinstance(mode, Unknown):
            return mode
        return {"on": "verified", "off": "none"}.get(mode, "asked")

    def accepts(self, ingress: Resource) -> Store | Unknown | None:
        """The authorities of client certificates that nginx verifies by."""
        named = get(ingress.body, "metadata", "annotations", f"{PREFIX}auth-tls-secret")
        if not isinstance(named, str):
            return named if isinstance(named, Unknown) else None
        namespace, _, name = named.rpartition("/")
        return self._trust.store(SECRET, ingress.cluster, namespace or ingress.namespace or "", name)

    def aliases(self, ingress: Resource) -> list[str]:
        """Further names of the hosts of an Ingress."""
        told = plain(note(ingress, f"{PREFIX}server-alias")) or ""
        return [name for one in told.split(",") if (name := one.strip()) and not name.startswith("~")]

    def redirect(self, ingress: Resource) -> Tail | None:
        """Where an Ingress sends clients away to, when it does."""
        notes = [note(ingress, key) for key in _REDIRECTS]
        url = next((one for one in notes if one), None)
        return _sent_away(url) if url else None

    def mirror(self, ingress: Resource, origin: dict[str, Any]) -> Tail | None:
        """Where an Ingress sends a copy of each request, which is not followed."""
        url = note(ingress, f"{PREFIX}mirror-target")
        if not url:
            return None
        return lost(origin, "mirror of requests", url.reason if isinstance(url, Unknown) else f"copies go to {url}")

    # --- towards pods -------------------------------------------------------------------------------------------

    def upstream(self, ingress: Resource, controllers: Controllers) -> tuple[Protection, str, str, str | None]:
        """How nginx speaks to pods, in words, the annotation that says so, and the name it asks for."""
        key = f"{PREFIX}ssl-passthrough"
        through = note(ingress, key)
        if through == "true":
            if any(argument.startswith("--enable-ssl-passthrough") for argument in controllers.arguments):
                return PASSTHROUGH, "the controller passes TLS through to pods", key, None
            if not controllers.workloads:
                why = Unknown("whether the controller passes TLS through was not seen")
                return why, why.reason, key, None
        key = f"{PREFIX}backend-protocol"
        protocol = note(ingress, key) or "http"
        for value in (through, protocol):
            if isinstance(value, Unknown):
                return value, "the protocol to pods is not known", key, None
        if any(note(ingress, f"{PREFIX}{part}") for part in ("configuration-snippet", "server-snippet")):
            why = Unknown("a snippet of nginx may change how it speaks to pods")
            return why, why.reason, f"{PREFIX}configuration-snippet", None
        if protocol not in ("https", "grpcs"):
            if protocol == "auto_http":
                return Unknown("AUTO_HTTP is decided at run time"), "the protocol to pods is not known", key, None
            return PLAINTEXT, f"nginx speaks {str(protocol).upper()} to pods", key, None
        verify = get(ingress.body, "metadata", "annotations", f"{PREFIX}proxy-ssl-verify")  # `On` is off
        secret = note(ingress, f"{PREFIX}proxy-ssl-secret")
        for value in (verify, secret):
            if isinstance(value, Unknown):
                return value, "whether nginx verifies pods is not known", f"{PREFIX}proxy-ssl-verify", None
        if verify != "on" or not str(secret).strip():
            return UNVERIFIED, "nginx speaks TLS to pods without verifying them", f"{PREFIX}proxy-ssl-verify", None
        name = plain(note(ingress, f"{PREFIX}proxy-ssl-name"))
        return VERIFIED, "nginx speaks TLS to pods and verifies them", f"{PREFIX}proxy-ssl-verify", name


def note(ingress: Resource, key: str) -> str | Unknown:
    """An annotation in small letters, empty when it is not there."""
    return word(ingress.body, "metadata", "annotations", key)


def plain(value: str | Unknown | None) -> str | None:
    """A text that is known and not empty."""
    return value if isinstance(value, str) and value else None


def _sent_away(url: str | Unknown) -> Tail:
    """nginx answers with a redirect to a URL."""
    if isinstance(url, Unknown):
        return redirected(url, "(not known)", url)
    scheme, _, rest = url.partition("://")
    return redirected(scheme, rest.partition("/")[0], Unknown("the address of the redirect is not a URL"))


def _floor(config: Resource) -> str | Unknown:
    """The lowest version that nginx takes: 1.2 where its ConfigMap says nothing else."""
    told = get(config.body, "data", "ssl-protocols")
    if told is None:
        return "1.2"
    versions = [part.removeprefix("TLSv") for part in told.split()] if isinstance(told, str) else []
    spelled = ["1.0" if version == "1" else version for version in versions]
    known = [version for version in spelled if version in TLS_ORDER]
    return min(known) if known else Unknown("ssl-protocols cannot be read")


def _arguments(workload: Resource) -> list[str]:
    containers = containers_of(workload)
    return [one for part in (containers if isinstance(containers, list) else ()) for one in texts(part, "args")]


def _class_of(workload: Resource) -> str:
    """What an IngressClass names this controller by, in small letters."""
    told = [one.partition("=")[2] for one in _arguments(workload) if one.startswith("--controller-class=")]
    return (told[0] if told else "k8s.io/ingress-nginx").casefold()


def is_of_nginx(resource: Resource) -> bool:
    """A workload of the nginx controller, or the Service before it; app routing of AKS has labels of its own."""
    own = get(resource.body, "metadata", "labels")
    names = {text_at(own, key) for key in ("app.kubernetes.io/name", "app")}
    return bool(names & {"ingress-nginx", "ingress-nginx-controller"}) or _is_of_app_routing(own)


def _is_of_app_routing(own: Any) -> bool:
    managed = text_at(own, "app.kubernetes.io/managed-by") == "aks-app-routing-operator"
    return managed and text_at(own, "app.kubernetes.io/component") == "ingress-controller"


def _is_of_nginx(config: Resource) -> bool:
    own = get(config.body, "metadata", "labels")
    told = get(config.body, "data", "ssl-protocols") is not None
    named = text_at(own, "app.kubernetes.io/name") == "ingress-nginx"
    return config.name.endswith("nginx-controller") or (named and told) or _is_of_app_routing(own)
