"""Reading values at paths, slowly and with their names: the meaning of a path. Pure.

Keys of Azure are found whatever their casing: ARM does not promise one. A key in two spellings has no value that is
known. Keys of Kubernetes have one spelling, and what an API server would refuse or drop because of another is unknown.
Nothing at the end of a path is `MISSING`; something of the wrong kind on the way, where an object or an array is
expected, is `Unknown`: calling it absent could hide it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from auditor.evaluate.conditions.grammar import EACH, Path
from auditor.kubernetes.container_commands import commands_of
from auditor.kubernetes.host_paths import host_paths_of
from auditor.kubernetes.image_references import images_of, platform_namespace_of
from auditor.kubernetes.platform_roles import bound_to, grants_of
from auditor.kubernetes.policy_isolation import isolates, opens
from auditor.kubernetes.policy_labels import endpoint_labels, namespace_labels
from auditor.kubernetes.workloads import (
    containers_of,
    entries_of,
    judged_as,
    pod_labels_of,
    pod_os_of,
    pod_spec_of,
    user_name_of,
)
from auditor.model.case_insensitive import FREE, in_two_spellings, misspelled, names_of, not_an_array, not_an_object
from auditor.model.kubernetes_types import is_cluster_type
from auditor.model.resource import MISSING, Resource, Unknown


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
    "commands": commands_of,
    "grants": grants_of,
    "boundTo": bound_to,
}
"""First segments that are the resource's own, whatever its body holds."""


class Scope(NamedTuple):
    """What paths start from: the judged resource (`$.`), the element of `each` (`^.`), and the current thing.

    `here` is a Resource at the top of a rule and inside `related`, an element below `each` and inside `count`; `prefix`
    is the text that leads to it. `item` is the element of `each` (the resource, for a rule without `each`). `strict`:
    the current thing is of Kubernetes, where keys and booleans have one spelling.
    """

    root: Resource
    here: Any
    prefix: str
    item: Any
    item_prefix: str
    strict: bool

    @classmethod
    def of(cls, resource: Resource) -> Scope:
        """The scope of a rule without `each`."""
        return cls(resource, resource, "", resource, "", is_cluster_type(resource.type))

    @classmethod
    def of_element(cls, resource: Resource, element: Any, text: str) -> Scope:
        """The scope of one element of `each`."""
        return cls(resource, element, text, element, text, is_cluster_type(resource.type))

    def inside(self, here: Any, prefix: str = "") -> Scope:
        """The scope of a `where`."""
        strict = is_cluster_type(here.type) if isinstance(here, Resource) else self.strict
        return self._replace(here=here, prefix=prefix, strict=strict)

    def is_strict(self, path: Path) -> bool:
        """Whether a path leads through an object of Kubernetes."""
        return is_cluster_type(self.root.type) if path.start else self.strict


def values_at(path: Path, scope: Scope) -> list[tuple[str, Any]]:
    """Every value at a path, with its own path. Without `[*]` exactly one; with it one an element, possibly none."""
    start, text = scope.here, scope.prefix
    if path.start:
        start, text = (scope.root, "") if path.start == "$" else (scope.item, scope.item_prefix)
    segments, at, strict = path.segments, 0, scope.is_strict(path)
    if isinstance(start, Resource) and segments and (derived := DERIVED.get(segments[0])):
        start, text, at = derived(start), join(text, segments[0]), 1
    elif isinstance(start, Resource):
        start = start.body
    found: list[tuple[str, Any]] = []
    _walk(start, segments, at, text, found, strict)
    return found


def _walk(
    value: Any, segments: tuple[str, ...], at: int, text: str, found: list[tuple[str, Any]], strict: bool
) -> None:
    """Follow the segments from the index `at` on."""
    for index in range(at, len(segments)):
        segment = segments[index]
        if segment == EACH:
            for name, element in elements(value, text):
                _walk(element, segments, index + 1, name, found, strict)
            return
        if value.__class__ is dict:
            value = _value_of(value, segment, strict, segments, index)
        elif value is None or value is MISSING:
            value = MISSING
        else:
            value = value if isinstance(value, Unknown) else not_an_object(value)
            break
        text = join(text, segment)
    found.append((text, MISSING if value is None else value))


def _value_of(holder: dict[str, Any], key: str, strict: bool, segments: tuple[str, ...], index: int) -> Any:
    """The value of a key, whatever its casing; `strict`: of an object of Kubernetes, where it has one spelling."""
    names = names_of(holder)
    found = holder.get(key, MISSING)
    if found is not MISSING and not names.twice:  # by far the most frequent
        return found
    folded = key.casefold()
    if folded not in names or (strict and is_free(segments, index)):
        return found
    if folded in names.twice:
        return in_two_spellings(key)
    return misspelled(key, names[folded]) if strict and found is MISSING else holder[names[folded]]


def is_free(segments: tuple[str, ...], index: int) -> bool:
    """Whether the key at an index is one of the author's own, of an object of Kubernetes."""
    return index > 0 and segments[index - 1].casefold() in FREE


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
        yield text, not_an_array(value)


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
