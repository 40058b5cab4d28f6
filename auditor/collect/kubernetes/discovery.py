"""Which kinds an API server has, of those that are needed. What it does not have is not there to be judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from auditor.collect.kubernetes.connection import ApiError, Connection, shaped


class _Version(msgspec.Struct, frozen=True):
    version: str = ""


class _Group(msgspec.Struct, frozen=True, rename={"preferred": "preferredVersion"}):
    name: str
    versions: list[_Version]
    preferred: _Version = _Version()


class _Groups(msgspec.Struct, frozen=True):
    groups: list[_Group]


class _Resource(msgspec.Struct, frozen=True):
    name: str
    kind: str
    verbs: list[str] = []


class _Resources(msgspec.Struct, frozen=True):
    resources: list[_Resource] | None  # null: Go writes a slice that nothing was added to


class Kind(NamedTuple):
    """A kind that the server lists."""

    type: str  # the auditor's: `apps/Deployment`, `core/Pod`
    group: str  # "" for the core group
    version: str
    kind: str
    plural: str
    listed: bool = True  # whether its objects can be listed

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        """Where all of its objects are listed, those of every namespace."""
        return f"{_root(self.group, self.version)}/{self.plural}"


class Served(NamedTuple):
    """What the server has: kinds to list, casefolded types that it lacks, and those of which it cannot be said."""

    kinds: list[Kind]
    absent: list[str]
    failed: dict[str, ApiError]


def served(connection: Connection, types: Iterable[str]) -> Served:
    """Look for casefolded types. Raises `ApiError` when nothing can be said of any of them.

    The version that the server prefers is looked at first, then the others: a kind may be left behind in an old one.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    for kind in types:
        group, _, name = kind.partition("/")
        wanted["" if group == "core" else group].add(name)
    versions = {"": ["v1"], **_versions(connection.get("/apis"))}
    found = Served([], [], {})
    for group, names in sorted(wanted.items()):
        error: ApiError | None = None
        left = set(names)
        unlisted: set[str] = set()
        for version in versions.get(group, ()):
            if not left:
                break
            try:
                kinds = _kinds(connection.get(_root(group, version)), group, version)
            except ApiError as refused:
                if refused.kind == "unreachable":
                    raise
                error = refused
                continue
            found.kinds.extend(kind for kind in kinds if kind.listed and kind.kind.casefold() in left)
            unlisted |= {kind.kind.casefold() for kind in kinds if not kind.listed}
            left -= {kind.kind.casefold() for kind in kinds if kind.listed}
        for name in sorted(left):
            kind = f"{group or 'core'}/{name}"
            if name in unlisted:
                found.failed[kind] = ApiError("unreadable", "the API server has no list of its objects")
            elif error:
                found.failed[kind] = error
            else:
                found.absent.append(kind)
    found.kinds.sort()
    return found


def _root(group: str, version: str) -> str:
    return f"/apis/{group}/{version}" if group else f"/api/{version}"


def _versions(answer: dict[str, Any]) -> dict[str, list[str]]:
    """The groups of `/apis` and their versions, the preferred one first. Raises `ApiError`."""
    groups = shaped(answer, _Groups).groups
    if not groups:
        raise ApiError("unreadable", "it does not answer as a Kubernetes API server does: it has no API groups")
    return {
        group.name: sorted((one.version for one in group.versions), key=lambda name: name != group.preferred.version)
        for group in groups
    }


def _kinds(answer: dict[str, Any], group: str, version: str) -> list[Kind]:
    """The kinds of a version, without subresources. Raises `ApiError`."""
    return [
        Kind(f"{group or 'core'}/{one.kind}", group, version, one.kind, one.name, "list" in one.verbs)
        for one in shaped(answer, _Resources).resources or ()
        if "/" not in one.name
    ]
