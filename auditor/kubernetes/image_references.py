"""The images of a workload, by the parts of their references: registry, repository, tag, digest. Pure.

Source: the grammar of github.com/distribution/reference, whose defaults for the registry every container runtime has;
opencontainers.org image-spec "Digests".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from auditor.kubernetes.workloads import containers_of, pod_spec_of
from auditor.model.kubernetes_types import SYSTEM_NAMESPACES
from auditor.model.resource import MISSING, Resource, Unknown

_NO_REGISTRY: Final = "docker.io"
_NO_NAMESPACE: Final = "library"
_REFERENCE: Final = re.compile(
    r"(?:(?P<registry>[^/@\s]+)/)?(?P<path>[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[^@\s/]+))?",
    re.ASCII,
)
_REGISTRY: Final = re.compile(r"(?:[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?", re.ASCII)
_HEXADECIMAL: Final = {"sha256": 64, "sha384": 96, "sha512": 128}
"""The algorithms of digests, and how many lower-case hexadecimal digits each has."""
_DEFAULT_PORT: Final = ":443"


def images_of(resource: Resource) -> Any:
    """Every image of a workload, of containers and of image volumes, or `MISSING`.

    Each has the `name` of its container or volume and its `pullPolicy`; `reference` in full (`docker.io/library/web:1`
    for `web:1`, no default port) and its parts `registry`, `repository`, `tag` and `digest`. A digest without the right
    number of digits is none. What is not an image reference, such as a placeholder, has unknown parts.
    """
    containers, spec = containers_of(resource), pod_spec_of(resource)
    volumes = spec.get("volumes") if isinstance(spec, dict) else None
    odd = next((part for part in (containers, volumes) if isinstance(part, Unknown)), None)
    if odd is not None or not isinstance(containers, list):
        return odd or containers
    return [*map(_of_container, containers), *_of_volumes(volumes if isinstance(volumes, list) else [])]


def _of_container(container: Any) -> Any:
    if not isinstance(container, dict):
        return container
    return _image(container, container.get("image"), container.get("imagePullPolicy"))


def _of_volumes(volumes: list[Any]) -> Iterator[Any]:
    for volume in volumes:
        if isinstance(volume, Unknown):
            yield volume
        image = volume.get("image") if isinstance(volume, dict) else None
        if isinstance(image, Unknown):
            yield image
        elif isinstance(image, dict):
            yield _image(volume, image.get("reference"), image.get("pullPolicy"))


def _image(holder: dict[str, Any], reference: Any, policy: Any) -> dict[str, Any]:
    return {"name": holder.get("name"), "pullPolicy": policy, **parts_of(reference)}


def parts_of(reference: Any) -> dict[str, Any]:
    """The parts of an image reference that it has; of none at all no parts."""
    if reference is None or reference is MISSING or reference == "":
        return {}
    if isinstance(reference, str):
        return _parts(reference)
    reason = reference if isinstance(reference, Unknown) else Unknown("an image reference is not text")
    return dict.fromkeys(_PARTS, reason)


_PARTS: Final = ("reference", "registry", "repository", "tag", "digest")


@lru_cache(maxsize=4096)
def _parts(reference: str) -> dict[str, Any]:
    found = _REFERENCE.fullmatch(reference)
    registry, path = (found["registry"], found["path"]) if found else (None, "")
    if registry and not _names_registry(registry):
        registry, path = None, f"{registry}/{path}"
    if not found or (registry and not _REGISTRY.fullmatch(registry)):
        return dict.fromkeys(_PARTS, Unknown(f"{reference[:80]} is not an image reference"))
    registry = (registry or _NO_REGISTRY).casefold().removesuffix(_DEFAULT_PORT)
    if registry in ("index.docker.io", "registry-1.docker.io"):
        registry = _NO_REGISTRY
    if registry == _NO_REGISTRY and "/" not in path:
        path = f"{_NO_NAMESPACE}/{path}"
    tag, named = found["tag"], found["digest"]
    digest = named if named and is_digest(named) else None
    full = f"{registry}/{path}" + (f":{tag}" if tag else "") + (f"@{named}" if named else "")
    parts = {"reference": full, "registry": registry, "repository": path, "tag": tag, "digest": digest}
    return {name: value for name, value in parts.items() if value}


def _names_registry(first: str) -> bool:
    """Whether the first part of a reference is a host, as container runtimes tell it from a part of the path."""
    return "." in first or ":" in first or first == "localhost" or first != first.lower()


def is_digest(text: str) -> bool:
    """Whether a text is a digest, `sha256:` and 64 lower-case hexadecimal digits or one of its longer kin."""
    algorithm, _, value = text.partition(":")
    size = _HEXADECIMAL.get(algorithm)
    return size == len(value) and re.fullmatch("[0-9a-f]+", value) is not None


_OF_THE_PLATFORM: Final = re.compile(
    r"(mcr[.]microsoft[.]com|mcr[.](azure|azk8s)[.]cn)/(acstor|aks|app-routing|azmk8s|azure-application-gateway|azure-policy"
    r"|azurearc|azurearck8s|azuredefender|azuremonitor|containernetworking|k8s|k8se"
    r"|oss/(v2/)?(?!bitnami/|busybox|library/|nginx/|alpine)[^/:@]+/)"
    r"|(registry[.]k8s[.]io|k8s[.]gcr[.]io)/(kube-(apiserver|controller-manager|scheduler|proxy)|coredns|etcd|pause)\b"
)
"""The images that the platform runs: those of AKS and its add-ons, and those of Kubernetes itself. The registry of
Microsoft has images of shells and compilers too, which anybody may run."""


def platform_namespace_of(resource: Resource) -> Any:
    """The namespace of a workload; `MISSING` where it is one of the platform's and not all of the images are, for
    anybody may deploy there."""
    namespace = resource.namespace
    if namespace not in SYSTEM_NAMESPACES:
        return namespace
    images = images_of(resource)
    references = [image.get("reference") if isinstance(image, dict) else None for image in _listed(images)]
    theirs = [isinstance(one, str) and _OF_THE_PLATFORM.match(one) for one in references]
    return namespace if theirs and all(theirs) else MISSING


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
