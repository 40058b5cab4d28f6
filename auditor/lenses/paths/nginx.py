"""nginx as an ingress controller: what its annotations, arguments and ConfigMap say towards clients and pods."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from auditor.lenses.paths.estate import Estate, word
from auditor.lenses.paths.pods import WORKLOADS, Pods
from auditor.lenses.paths.shapes import (
    PASSTHROUGH,
    PLAINTEXT,
    UNVERIFIED,
    VERIFIED,
    Protection,
    Tail,
    Truth,
    redirected,
)
from auditor.lenses.paths.trust import CONFIG, SECRET, Store, Trust
from auditor.lenses.sightings import get, text_at, texts
from auditor.model import Resource, Unknown

PREFIX: Final = "nginx.ingress.kubernetes.io/"
_REDIRECTS: Final = (f"{PREFIX}permanent-redirect", f"{PREFIX}temporal-redirect")


class Nginx:
    """The nginx controllers of the clusters."""

    def __init__(self, estate: Estate, trust: Trust, pods: Pods) -> None:
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

    def floor(self, cluster: str) -> str | Unknown:
        """The lowest version that nginx takes: 1.2 where its ConfigMap says nothing else."""
        maps = self._maps.get(cluster, [])
        if len(maps) != 1:
            return Unknown(f"{len(maps)} ConfigMaps of controllers were found")
        told = get(maps[0].body, "data", "ssl-protocols")
        if told is None:
            return "1.2"
        versions = [part.removeprefix("TLSv") for part in told.split()] if isinstance(told, str) else []
        spelled = ["1.0" if version == "1" else version for version in versions]
        known = [version for version in spelled if version in ("1.0", "1.1", "1.2", "1.3")]
        return min(known) if known else Unknown("ssl-protocols cannot be read")

    def redirect(self, ingress: Resource) -> Tail | None:
        """Where an Ingress sends clients away to, when it does."""
        notes = [note(ingress, key) for key in _REDIRECTS]
        url = next((one for one in notes if one), None)
        return _sent_away(url) if url else None

    # --- towards pods -------------------------------------------------------------------------------------------

    def upstream(self, ingress: Resource) -> tuple[Protection, str, str, str | None]:
        """How nginx speaks to pods, in words, the annotation that says so, and the name it asks for."""
        key = f"{PREFIX}ssl-passthrough"
        through = note(ingress, key)
        if through == "true":
            arguments, seen = self.arguments(ingress.cluster)
            if any(argument.startswith("--enable-ssl-passthrough") for argument in arguments):
                return PASSTHROUGH, "the controller passes TLS through to pods", key, None
            if not seen:
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
        verify, secret = (
            note(ingress, f"{PREFIX}proxy-ssl-verify") or "off",
            note(ingress, f"{PREFIX}proxy-ssl-secret"),
        )
        for value in (verify, secret):
            if isinstance(value, Unknown):
                return value, "whether nginx verifies pods is not known", f"{PREFIX}proxy-ssl-verify", None
        if verify != "on" or not secret:
            return UNVERIFIED, "nginx speaks TLS to pods without verifying them", f"{PREFIX}proxy-ssl-verify", None
        name = plain(note(ingress, f"{PREFIX}proxy-ssl-name"))
        return VERIFIED, "nginx speaks TLS to pods and verifies them", f"{PREFIX}proxy-ssl-verify", name

    def arguments(self, cluster: str) -> tuple[list[str], bool]:
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

    def namespace_of(self, cluster: str) -> str:
        """The namespace of the controller of a cluster; empty when none was seen."""
        found = self._controllers.get(cluster)
        return found[0].namespace or "" if found else ""

    def meshed(self, cluster: str) -> Truth:
        """Whether the controller's own pods are in a mesh."""
        found = [self._pods.in_mesh(controller) for controller in self._controllers.get(cluster, ())]
        if not found:
            return Unknown("whether the controller is in the mesh was not seen")
        return found[0] if len(set(map(repr, found))) == 1 else Unknown("one of several controllers is in the mesh")


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
