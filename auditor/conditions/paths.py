"""Reading values at paths, slowly and with their names: the meaning of a path. Pure.

Keys are found whatever their casing, the exact spelling first: ARM does not promise one. Nothing at the end of a path
is `MISSING`; something of the wrong shape where an array is walked is `Unknown`: calling it absent could hide it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from auditor.conditions.grammar import EACH, Path
from auditor.endpoints import endpoint_labels, namespace_labels
from auditor.host_paths import host_paths_of
from auditor.image_references import images_of, platform_namespace_of
from auditor.isolation import isolates, opens
from auditor.model import MISSING, Resource, Unknown
from auditor.platform_roles import bound_to, grants_of
from auditor.workloads import containers_of, entries_of, judged_as, pod_labels_of, pod_os_of, pod_spec_of, user_name_of


def _from(key: str, derive: Callable[[Resource], Any], *metadata: str) -> Callable[[Resource], Any]:
    """What is derived from a key of the body is unknown when that is; of an object of a cluster, from its metadata."""

    def value(resource: Resource) -> Any:
        parts = [resource.body.get(key)]
        if resource.partial and resource.is_kubernetes:
            given = resource.body.get("metadata")
            parts += [given, *(given.get(name) for name in metadata if isinstance(given, dict))]
        for part in parts:
            if isinstance(part, Unknown):
                return part
        return derive(resource)

    return value


DERIVED: Final[Mapping[str, Callable[[Resource], Any]]] = {
    "id": _from("id", lambda r: r.id, "name", "namespace"),
    "name": _from("name", lambda r: r.name, "name"),
    "type": lambda r: r.type,
    "subscriptionId": _from("id", lambda r: r.subscription_id),
    "resourceGroup": _from("id", lambda r: r.resource_group),
    "parentId": _from("id", lambda r: r.parent_id),
    "namespace": _from("", lambda r: r.namespace, "namespace"),
    "cluster": lambda r: r.cluster if r.is_kubernetes else MISSING,
    "userName": user_name_of,
    "podSpec": pod_spec_of,
    "podLabels": pod_labels_of,
    "endpointLabels": endpoint_labels,
    "namespaceLabels": namespace_labels,
    "isolates": isolates,
    "opens": opens,
    "podOs": pod_os_of,
    "judgedAs": judged_as,
    "entries": entries_of,
    "containers": containers_of,
    "images": images_of,
    "platformNamespace": _from("", platform_namespace_of, "namespace"),
    "hostPaths": host_paths_of,
    "grants": grants_of,
    "boundTo": bound_to,
}
"""First segments that are the resource's own, whatever its body holds."""


class Scope(NamedTuple):
    """What paths start from: the judged resource (`$.`), the element of `each` (`^.`), and the current thing.

    `here` is a Resource at the top of a rule and inside `related`, an element below `each` and inside `count`; `prefix`
    is the text that leads to it. `item` is the element of `each` (the resource, for a rule without `each`).
    """

    root: Resource
    here: Any
    prefix: str
    item: Any
    item_prefix: str

    @classmethod
    def of(cls, resource: Resource) -> Scope:
        """The scope of a rule without `each`."""
        return cls(resource, resource, "", resource, "")

    def inside(self, here: Any, prefix: str = "") -> Scope:
        """The scope of a `where`."""
        return self._replace(here=here, prefix=prefix)


def values_at(path: Path, scope: Scope) -> list[tuple[str, Any]]:
    """Every value at a path, with its own path. Without `[*]` exactly one; with it one an element, possibly none."""
    start, text = scope.here, scope.prefix
    if path.start:
        start, text = (scope.root, "") if path.start == "$" else (scope.item, scope.item_prefix)
    segments = path.segments
    if isinstance(start, Resource) and not segments:
        start = start.body
    elif isinstance(start, Resource):
        first, segments = segments[0], segments[1:]
        derived = DERIVED.get(first)
        start, text = derived(start) if derived else get(start.body, first), join(text, first)
    found: list[tuple[str, Any]] = []
    _walk(start, segments, text, found)
    return found


def _walk(value: Any, segments: tuple[str, ...], text: str, found: list[tuple[str, Any]]) -> None:
    for index, segment in enumerate(segments):
        if value.__class__ is Unknown:
            break
        if segment == EACH:
            rest = segments[index + 1 :]
            for name, element in elements(value, text):
                _walk(element, rest, name, found)
            return
        text = join(text, segment)
        value = get(value, segment)
    found.append((text, MISSING if value is None else value))


def elements(value: Any, text: str) -> Iterator[tuple[str, Any]]:
    """The elements of an array, or the values of an object, each with its path."""
    if value is None or value is MISSING:
        return
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield f"{text}[{index}]", element
    elif isinstance(value, dict):
        for key, element in value.items():
            yield join(text, str(key)), element
    elif isinstance(value, Unknown):
        yield text, value
    else:
        yield text, Unknown("an array is expected here")


def get(value: Any, key: str) -> Any:
    """The value of a key, whatever its casing. `MISSING` when there is none, or nothing that has keys."""
    if value.__class__ is not dict and not isinstance(value, dict):
        return value if isinstance(value, Unknown) else MISSING
    found = value.get(key, MISSING)
    if found is MISSING:
        folded = key.casefold()
        for name in value:
            if isinstance(name, str) and name.casefold() == folded:
                return value[name]
    return found


def text_of(segments: tuple[str, ...]) -> str:
    """The text of a path without `[*]`, as `values_at` gives it from the resource."""
    text = ""
    for segment in segments:
        text = join(text, segment)
    return text


def join(text: str, key: str) -> str:
    """A path with one more key, quoted where it must be."""
    if key.isidentifier():
        return f"{text}.{key}" if text else key
    if not key or any(mark in key for mark in ".[]'"):
        return f"{text}['{key}']"
    return f"{text}.{key}" if text else key
