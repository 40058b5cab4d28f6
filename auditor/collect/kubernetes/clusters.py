"""Which clusters to read, and how to sign in to each: contexts of a kubeconfig, or the cluster that this runs in."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from auditor.collect.kubernetes.connection import ApiError
from auditor.model.errors import ConfigError

if TYPE_CHECKING:
    from kubernetes.client import ApiClient, Configuration

EVERY: Final = "all"


class Cluster(NamedTuple):
    """A cluster, by the name that its resources are given. `sign_in` may take long; it raises `ApiError`."""

    name: str
    sign_in: Callable[[], ApiClient]


def contexts_of(names: Sequence[str], kubeconfig: str | None = None) -> list[Cluster]:
    """The clusters of contexts of a kubeconfig; `all` for every context, but each cluster once.

    Raises `ConfigError` when there is no such file or context.
    """
    there = _contexts(kubeconfig)
    if not there:
        raise ConfigError("The kubeconfig has no context.", "Name another one with --kubeconfig.")
    chosen = list(dict.fromkeys(names))
    if chosen == [EVERY] and EVERY not in there:
        chosen = list({cluster: name for name, cluster in reversed(there.items())}.values())[::-1]
    for name in chosen:
        if name not in there:
            raise ConfigError(f"The kubeconfig has no context {name!r}.", f"Its contexts are: {', '.join(there)}.")
    return [Cluster(name, partial(_sign_in, name, kubeconfig)) for name in chosen]


def this_cluster(name: str) -> Cluster:
    """The cluster of the pod that this runs in, by its service account."""
    return Cluster(name, _sign_in_here)


def check_installed() -> None:
    """Raises `ConfigError` when the client is not there."""
    if importlib.util.find_spec("kubernetes") is None:
        raise ConfigError("Reading clusters needs the package kubernetes.", "Install auditor[kubernetes].")


def client_of(configuration: Configuration) -> ApiClient:
    """A client that follows nobody elsewhere with its credentials, and leaves it to us to ask again."""
    from kubernetes.client import ApiClient

    configuration.retries = False
    client = ApiClient(configuration)
    client.user_agent = "auditor"
    return client


def _contexts(kubeconfig: str | None) -> dict[str, str]:
    """Context → the cluster that it names."""
    import yaml
    from kubernetes.config import ConfigException
    from kubernetes.config.kube_config import KUBE_CONFIG_DEFAULT_LOCATION, KubeConfigMerger

    place = kubeconfig or KUBE_CONFIG_DEFAULT_LOCATION
    try:
        merged = KubeConfigMerger(place).config  # type: ignore[no-untyped-call]
        if merged is None:
            raise ConfigError(f"There is no kubeconfig at {place}.", "Name it with --kubeconfig.")
        found = [node.value for node in merged.value["contexts"]]
        return {one["name"]: str(one["context"]["cluster"]) for one in found}
    except (ConfigException, yaml.YAMLError, OSError, KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{place} is no kubeconfig: {error}", "Name one with --kubeconfig.") from error


def _sign_in(context: str, kubeconfig: str | None) -> ApiClient:
    """Runs the sign-in program of the context, if it has one (kubelogin). The kubeconfig is never written to."""
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, load_kube_config

    configuration = Configuration()
    try:
        load_kube_config(kubeconfig, context, configuration, persist_config=False)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError, ValueError) as error:
        raise ApiError("forbidden", f"signing in failed: {error}") from error
    if not configuration.api_key and not configuration.cert_file:
        raise ApiError("forbidden", "signing in failed: the context has no credentials, or its program gave none")
    return client_of(configuration)


def _sign_in_here() -> ApiClient:
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, load_incluster_config

    configuration = Configuration()
    try:
        load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    except ConfigException as error:
        raise ApiError("forbidden", f"this is no pod with a service account: {error}") from error
    return client_of(configuration)
