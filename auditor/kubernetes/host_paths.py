"""The paths of nodes that workloads and persistent volumes mount, in one spelling. Pure.

The kernel takes `/./etc`, `//etc/` and `/opt/../etc` for `/etc`; Windows takes either slash. Links are not followed.
"""

from __future__ import annotations

import ntpath
import posixpath
import re
from collections.abc import Iterator
from typing import Any, Final

from auditor.kubernetes.workloads import pod_spec_of
from auditor.model.resource import Resource, Unknown

_OF_WINDOWS: Final = re.compile(r"[A-Za-z]:|\\|//[.?]/")
_VOLUME: Final = "core/PersistentVolume"


def host_paths_of(resource: Resource) -> Any:
    """Each path of the node that a workload or a persistent volume mounts: `name` of the volume, normalised `path`,
    and `kind` (`hostPath`, or `local` for a local persistent volume). `MISSING` for anything else."""
    spec = resource.body.get("spec") if resource.type == _VOLUME else pod_spec_of(resource)
    if not isinstance(spec, dict):
        return spec
    volumes = [{**spec, "name": resource.name}] if resource.type == _VOLUME else spec.get("volumes")
    if volumes is not None and not isinstance(volumes, list):
        return volumes if isinstance(volumes, Unknown) else Unknown("the list of volumes is not a list")
    return list(_paths(volumes or []))


def _paths(volumes: list[Any]) -> Iterator[Any]:
    for volume in volumes:
        if isinstance(volume, Unknown):
            yield volume
        for kind in ("hostPath", "local") if isinstance(volume, dict) else ():
            source = volume.get(kind)
            if source is None:
                continue
            path = source.get("path") if isinstance(source, dict) else source
            yield {"name": volume.get("name"), "kind": kind, "path": normal_path(path)}


def normal_path(path: Any) -> Any:
    """One spelling for all that lead to the same place; of a path of Windows with slashes.

    >>> normal_path("/var//lib/./kubelet/"), normal_path("c:\\\\Windows\\\\..\\\\k")
    ('/var/lib/kubelet', 'c:/k')
    """
    if path is None or isinstance(path, Unknown):
        return path
    if not isinstance(path, str):
        return Unknown("a path of the node is not text")
    if _OF_WINDOWS.match(path):
        return ntpath.normpath(path).replace("\\", "/")
    return "/" + posixpath.normpath(f"/{path}").lstrip("/")
