"""Where a finding is shown in SARIF: a file the user gave, or a made path that is the same in every audit.

Code scanning rejects a whole upload when one result has no physical location, or an address that is not encoded.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

from auditor.model.finding import ResourceRef
from auditor.model.resource import Origin
from auditor.render.names import FILES

_PLAIN = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*").fullmatch
_PROVIDERS = re.compile("/providers/", re.IGNORECASE)


def location_of(resource: ResourceRef, origin: Origin) -> tuple[str, int]:
    """The percent-encoded address and the line of findings on a resource."""
    if origin.file and origin.source in FILES:
        return _file_address(origin.file), max(origin.line or 1, 1)
    return made_address(resource), 1


def category_of(subscriptions: tuple[str, ...], clusters: tuple[str, ...]) -> str:
    """The stable category of an upload. It ends with `/`: what follows the last one would name a single run."""
    if len(subscriptions) + len(clusters) != 1:
        return "auditor/"
    return f"auditor/{_encode(*subscriptions)}/" if subscriptions else f"auditor/cluster/{_encode(*clusters)}/"


def made_address(resource: ResourceRef) -> str:
    """`azure/SUBSCRIPTION/GROUP/TYPE/NAME.json`, `kubernetes/CLUSTER/NAMESPACE/KIND/NAME.yaml`, or
    `resources/TYPE/NAME.json` for what is derived."""
    if resource.id.startswith("/clusters/"):
        cluster = resource.id.split("/")[2]
        kind = resource.type.rpartition("/")[2]
        return _join("kubernetes", cluster, resource.namespace, kind, f"{resource.name}.yaml")
    names = _names(resource)
    names[-1] += ".json"
    if resource.subscription_id:
        scope = ("azure", resource.subscription_id, resource.resource_group)
        return _join(*scope, *resource.type.split("/"), *names)
    return _join("resources", *resource.type.split("/"), *names)


def _names(resource: ResourceRef) -> list[str]:
    """The names of the resource and of those above it: databases of two servers may have one name."""
    tail = _PROVIDERS.split(resource.id)[-1]
    names = tail.split("/")[2::2]
    return names if names and names[-1] == resource.name else [resource.name]


@lru_cache(maxsize=256)  # thousands of resources come of one file
def _file_address(file: str) -> str:
    path = file.replace("\\", "/")
    if re.match(r"[A-Za-z]:/", path):
        return f"file:///{path[:2]}{quote(path[2:], safe='/')}"
    if path.startswith("/"):
        return f"file://{quote(path, safe='/')}"
    return quote(path.removeprefix("./"), safe="/")


def _join(*segments: str | None) -> str:
    present = [segment for segment in segments if segment]
    path = "/".join(present)
    if _PLAIN(path) and path.count("/") == len(present) - 1:
        return path  # by far the most frequent
    return "/".join(map(_encode, present))


def _encode(segment: str) -> str:
    # `.` and `..` would climb; `quote` leaves dots alone, so such a segment gets other characters.
    return quote(segment if segment.strip(".") else segment.replace(".", "_") or "_", safe="")
