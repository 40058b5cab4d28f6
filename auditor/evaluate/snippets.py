"""Excerpts of resources: the part of a body around what decided a finding, as lines that people read. Pure.

An excerpt shows the fields of the evidence, plain values beside them, and how much was left out. It tells no secret:
texts that look like one, or stand in a field that is named like one, are left out, and so are values of environment
variables and settings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import msgspec

from auditor.kubernetes.host_paths import host_paths_of
from auditor.kubernetes.image_references import images_of
from auditor.kubernetes.platform_roles import bound_to, grants_of
from auditor.kubernetes.workloads import containers_of, entries_of, pod_labels_of, pod_spec_of
from auditor.model.case_insensitive import names_of
from auditor.model.finding import Evidence, Excerpt, Severity
from auditor.model.resource import MISSING, Resource, Unknown

MOST: Final = 2_000
"""Excerpts of one audit: those of the gravest failures."""
_LINES, _LENGTH, _SIBLINGS, _ELEMENTS = 60, 100, 5, 4

_SEGMENT: Final = re.compile(r"\['([^']*)'\]|\[(\d+|\*)\]|([^.\[\]]+)")
_SECRET_NAME: Final = re.compile(
    r"pass(word|wd|phrase)?$|pwd|secret|token|credential|connection_?string|(access|account|api|primary|secondary|private|"
    r"shared|master|instrumentation|encryption|storage|function|host)_?key|^key\d?$|sas$|signature|authorization",
    re.IGNORECASE,
)
_REFERENCE_NAME: Final = re.compile(r"(name|id|uri|ref|reference|type|version|source|thumbprint)$", re.IGNORECASE)
_SECRET_TEXT: Final = re.compile(
    r"(pass(word|wd)?|pwd|secret|token|key|sig|signature)\s*[=:]|\b(basic|bearer)\s+\S{8}|-----BEGIN|^eyJ[\w-]+\.|://[^/\s]*@|\?\S*=",
    re.IGNORECASE,
)
_OPAQUE: Final = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+/_-]{24,}={0,2}")
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

Tree = dict[str, Any]
"""Wanted paths: a key, an index or `*` → what is wanted below; empty where a path ends."""


class Excerpts:
    """Collects the excerpts of the gravest failures, as they come."""

    def __init__(self, limit: int = MOST) -> None:
        self._limit = limit
        self._kept: list[list[Excerpt]] = [[] for _ in Severity]
        self._count = 0
        self._lightest = len(Severity) - 1  # what is lighter need not be looked at any more

    def wanted(self, rank: int) -> bool:
        """Whether there is room for one of this severity."""
        return rank < self._lightest or (rank == self._lightest and self._count < self._limit)

    def add(self, rank: int, fingerprint: str, resource: Resource, evidence: Sequence[Evidence]) -> None:
        """Keep the excerpt of a failure, if there is something to show."""
        found = excerpt(resource, fingerprint, evidence)
        if found:
            self.keep(rank, found)

    def keep(self, rank: int, found: Excerpt) -> None:
        """Keep an excerpt in place of a lighter one."""
        self._kept[rank].append(found)
        self._count += 1
        if self._count > self._limit:
            self._kept[max(rank for rank, kept in enumerate(self._kept) if kept)].pop()
            self._count -= 1
        if self._count == self._limit:
            self._lightest = max(rank for rank, kept in enumerate(self._kept) if kept)

    def join(self, others: Excerpts) -> None:
        """Take what another part of the input brought."""
        for rank, kept in enumerate(others._kept):
            for found in kept:
                if self.wanted(rank):
                    self.keep(rank, found)

    def listed(self) -> list[Excerpt]:
        """Gravest first, then as they came."""
        return [found for kept in self._kept for found in kept]


def excerpt(resource: Resource, fingerprint: str, evidence: Sequence[Evidence]) -> Excerpt | None:
    """The excerpt around evidence; None when none of it lies in the resource itself."""
    tree: Tree = {}
    for each in evidence:
        path = each.path
        if path.startswith("related ") or not path:
            continue
        node = tree
        for quoted, index, key in _SEGMENT.findall(path):
            node = node.setdefault(index or key or quoted, {})
    writer = _Writer()
    writer.fields(_root(resource, tree), tree, 0, top=True)
    if not writer.marked:
        return None
    return Excerpt(fingerprint=fingerprint, lines=tuple(writer.lines), marked=tuple(writer.marked))


def _root(resource: Resource, tree: Tree) -> dict[str, Any]:
    """The body; with the pod specification and containers of a workload in front where these are asked for."""
    asked = {name: read(resource) for name, read in _BESIDE.items() if name in tree and name not in resource.body}
    return {**{name: value for name, value in asked.items() if value is not MISSING}, **resource.body}


_BESIDE: Final = {
    "podSpec": pod_spec_of,
    "podLabels": pod_labels_of,
    "entries": entries_of,
    "containers": containers_of,
    "images": images_of,
    "hostPaths": host_paths_of,
    "grants": grants_of,
    "boundTo": bound_to,
}


class _Writer:
    """Writes lines; `marked` are the numbers of those that decided."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.marked: list[int] = []

    def line(self, depth: int, text: str, mark: bool = False) -> None:
        if len(self.lines) < _LINES:
            if mark:
                self.marked.append(len(self.lines))
            self.lines.append("  " * depth + text)
        elif len(self.lines) == _LINES:
            self.lines.append("…")

    def fields(self, body: dict[str, Any], tree: Tree, depth: int, *, top: bool = False) -> None:
        """Fields of an object: those that are wanted, and plain ones beside them."""
        wanted = {
            name if name in body else names_of(body).get(name.casefold(), name): below for name, below in tree.items()
        }
        every = wanted.pop("*", None)
        if every is not None:
            wanted = {**dict.fromkeys(list(body)[:_ELEMENTS], every), **wanted}
        beside = {"name", "kind"} if top else _beside(body, wanted)
        left = 0
        for key, value in body.items():
            if key in wanted:
                self.field(str(key), value, wanted[key], depth)
            elif key in beside and _says_something(value):
                self.line(depth, f"{_quoted(str(key))}: {_plain(str(key), value, body)}")
            else:
                left += 1
        for key, below in wanted.items():
            if key not in body:
                end = f".{'.'.join(_first_path(below))}" if below else ""
                self.line(depth, f"{_quoted(str(key) + end)}: absent", mark=True)
        if left and not top:
            self.line(depth, f"… {left} more")

    def field(self, key: str, value: Any, below: Tree, depth: int) -> None:
        name = _quoted(key)
        if isinstance(value, dict) and below:
            self.line(depth, f"{name}: {{")
            self.fields(value, below, depth + 1)
            self.line(depth, "}")
        elif isinstance(value, list) and below:
            self.line(depth, f"{name}: [", mark="*" in below and not below["*"])
            self.elements(value, below, depth + 1)
            self.line(depth, "]")
        elif isinstance(value, dict) and value:
            self.line(depth, f"{name}: {{", mark=True)
            self.whole(value, depth + 1)
            self.line(depth, "}")
        elif isinstance(value, list) and value:
            self.line(depth, f"{name}: [", mark=True)
            self.elements(value, {"*": {}}, depth + 1)
            self.line(depth, "]")
        elif below and value is None:
            self.line(depth, f"{_quoted('.'.join((key, *_first_path(below))))}: absent", mark=True)
        else:
            self.line(depth, f"{name}: {_plain(key, value, {})}", mark=True)

    def elements(self, values: list[Any], tree: Tree, depth: int) -> None:
        """Elements of an array: those that are wanted, else the first few."""
        indexes = sorted(int(name) for name in tree if name.isdigit() and int(name) < len(values))
        every = tree.get("*")
        if every is not None:
            indexes = sorted({*indexes, *range(min(len(values), _ELEMENTS))})
        before = 0
        for index in indexes:
            if index > before:
                self.line(depth, f"… {index - before} more")
            before = index + 1
            self.element(values[index], {**(every or {}), **tree.get(str(index), {})}, depth, mark=every is None)
        if len(values) > before:
            self.line(depth, f"… {len(values) - before} more")

    def element(self, value: Any, below: Tree, depth: int, mark: bool) -> None:
        if isinstance(value, dict):
            self.line(depth, "{", mark=mark and not below)
            if below:
                self.fields(value, below, depth + 1)
            else:
                self.whole(value, depth + 1)
            self.line(depth, "}")
        elif isinstance(value, list):
            self.line(depth, f"[ {len(value)} ]", mark=mark)
        else:
            self.line(depth, _plain("", value, {}), mark=mark)

    def whole(self, body: dict[str, Any], depth: int) -> None:
        """The plain fields of an object that is evidence as a whole."""
        plain = [key for key, value in body.items() if _says_something(value)][:_SIBLINGS]
        for key in plain:
            self.line(depth, f"{_quoted(str(key))}: {_plain(str(key), body[key], body)}")
        if len(body) > len(plain):
            self.line(depth, f"… {len(body) - len(plain)} more")


def _first_path(tree: Tree) -> list[str]:
    """The first path that is wanted below."""
    path = []
    while tree:
        key, tree = next(iter(tree.items()))
        path.append(key)
    return path


def _says_something(value: Any) -> bool:
    return not isinstance(value, (dict, list)) and value is not None and value != ""


def _beside(body: dict[str, Any], wanted: dict[str, Tree]) -> set[str]:
    """The plain fields nearest to those that decided; beside what only leads there, the name alone."""
    if all(wanted.values()):
        return {"name"}
    keys = list(body)
    places = [place for place, key in enumerate(keys) if key in wanted] or [len(keys)]
    plain = [(min(abs(place - to) for to in places), key) for place, key in enumerate(keys)]
    near = [key for _, key in sorted(plain, key=itemgetter(0)) if _says_something(body[key]) and key not in wanted]
    return {*near[:_SIBLINGS], "name"}


def _plain(key: str, value: Any, beside: dict[str, Any]) -> str:
    """A plain value as JSON, cut when long; `(not shown)` in place of what may be a secret."""
    if isinstance(value, Unknown):
        return f"(not known: {value.reason})"
    if isinstance(value, (dict, list)):
        return "{}" if isinstance(value, dict) else "[]"
    if isinstance(value, str):
        if _may_be_secret(key, value, beside):
            return "(not shown)"
        return _quoted(value if len(value) <= _LENGTH else value[: _LENGTH - 1] + "…")
    return msgspec.json.encode(value).decode()


def _may_be_secret(key: str, value: str, beside: dict[str, Any]) -> bool:
    if key == "value" and "name" in beside:  # an environment variable, a setting
        return True
    if _names_secret(key):
        return True
    if _SECRET_TEXT.search(value):
        return True
    return bool(_OPAQUE.fullmatch(value)) and not _GUID.fullmatch(value) and not value.startswith("/")


@lru_cache(maxsize=4096)  # names of fields recur
def _names_secret(key: str) -> bool:
    return bool(_SECRET_NAME.search(key)) and not _REFERENCE_NAME.search(key)


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()
