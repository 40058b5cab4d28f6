"""What the relation index keeps of a resource: the fields that conditions read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from auditor.evaluate.conditions.grammar import All, AnyOf, Count, Field, Node, Not, Path, Related, Test, Value
from auditor.evaluate.conditions.paths import DERIVED
from auditor.model.kubernetes_types import WORKLOADS
from auditor.model.projection import IDENTITY, Fields, path_of

_WHOLE_BODY: Final = (
    ("podSpec",),
    ("podOs",),
    ("containers",),
    ("images",),
    ("platformNamespace",),
    ("hostPaths",),
    ("commands",),
)
_POD_LABELS: Final = tuple((*path[:-1], "metadata", "labels") for path in dict.fromkeys(WORKLOADS.values()))
_IN_THE_BODY: Final = {
    "podLabels": _POD_LABELS,
    "endpointLabels": _POD_LABELS,
    "namespaceLabels": (("metadata", "labels"),),
    "isolates": (("spec",), ("specs",)),
    "opens": (("spec",), ("specs",)),
    "grants": (("rules",), ("aggregationRule",), ("metadata", "uid")),
    "boundTo": (("subjects",), ("roleRef",)),
    "entries": (("data",), ("binaryData",)),
    "judgedAs": (
        ("metadata", "ownerReferences"),
        *(("spec", key) for key in ("ephemeralContainers", "replicas", "workloadRef")),
        *(("status", key) for key in ("phase", "conditions")),
    ),
}
"""Where that is read from which a resource has beside its body, and which is not the whole of it."""


_KEPT_BY_NAME: Final = frozenset((*(path[0] for path in _WHOLE_BODY), *_IN_THE_BODY))


def kept_of(paths: Iterable[tuple[str, ...]]) -> Fields:
    """What is kept of the resources of one type: what paths read, with what identifies a resource."""
    read = [place for path in paths for place in _IN_THE_BODY.get(path[0] if path else "", (path,))]
    read += map(path_of, IDENTITY.split())
    return Fields.of([()] if any(path[:1] in _WHOLE_BODY for path in read) else read)


def read_paths(node: Node, prefix: tuple[str, ...] | None = ()) -> Iterator[tuple[str, ...]]:
    """What a `where` reads from the related resource. `prefix` leads to the current thing, None: it is elsewhere."""
    match node:
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from read_paths(part, prefix)
        case Not(part):
            yield from read_paths(part, prefix)
        case Field(path, test):
            yield from _own(path, prefix)
            yield from _operand(test, prefix)
        case Value(_value, test):
            yield from _operand(test, prefix)
        case Count(path, where, test):
            yield from _operand(test, prefix)
            for counted in _own(path, prefix):
                yield counted if where is None else (*counted, "")  # the elements, for `where` names what it reads
            if where is not None:
                yield from read_paths(where, next(_own(path, prefix), None))
        case Related(ours=ours, test=test):
            yield from _own(ours, prefix)
            yield from _operand(test, prefix)


def _own(path: Path, prefix: tuple[str, ...] | None) -> Iterator[tuple[str, ...]]:
    if not path.start and prefix is not None:
        found = (*prefix, *path.segments)
        if not (prefix == () and found[:1] and found[0] in DERIVED and found[0] not in _KEPT_BY_NAME):
            yield found


def _operand(test: Test, prefix: tuple[str, ...] | None) -> Iterator[tuple[str, ...]]:
    if isinstance(test.operand, Path):
        yield from _own(test.operand, prefix)
