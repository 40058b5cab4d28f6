"""One exemption as it is written, and what it selects. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from auditor.model.finding import Exemption, Outcome
from auditor.model.resource import Origin, Record, Resource

EVERYTHING: Final = "*"


class Entry(Record, frozen=True, kw_only=True):
    """An exemption. `rule` and `element` are globs; `resources` are globs of ids and of plan addresses, one of which
    must fit; `tags` are tags of an ARM resource or labels of a Kubernetes object, all of which must. `names` are the
    casefolded ids or addresses of the resources that a comment belongs to, and `lines` the lines where they begin.
    """

    rule: str
    resources: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    names: frozenset[str] = frozenset()
    lines: frozenset[int] = frozenset()
    element: str | None = None
    outcomes: tuple[Outcome, ...] = (Outcome.FAIL,)
    exemption: Exemption
    ends: dt.datetime

    @property
    def place(self) -> str:
        """`exemptions.yaml:12`."""
        return f"{self.exemption.file}:{self.exemption.line}"


def fits(pattern: str, text: str) -> bool:
    """Whether a glob stands for the whole text, in any casing. `*` is any text; nothing else is special, because plan
    addresses hold brackets. Takes linear time."""
    return _fits(pattern.casefold(), text.casefold())


def _fits(pattern: str, text: str) -> bool:
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    last = rest.pop()
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in rest:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


class Selection:
    """The exemptions of one rule, found by what they select. Exact names are looked up; only globs are tried."""

    def __init__(self, rule_id: str, entries: Sequence[Entry], tagged: Tagged) -> None:
        self._entries, self._tagged = entries, tagged
        self.numbers = [number for number, entry in enumerate(entries) if fits(entry.rule, rule_id)]
        self._globs: list[int] = []
        self._exact: dict[str, list[int]] = {}
        for number in self.numbers:
            entry = entries[number]
            names = entry.names or [glob.casefold() for glob in entry.resources]
            if not names or (not entry.names and any(EVERYTHING in name for name in names)):
                self._globs.append(number)
                continue
            for name in names:
                self._exact.setdefault(name, []).append(number)

    def of(self, resource_id: str, origin: Origin, element: str | None) -> list[int]:
        """The numbers of the exemptions that are about a resource, or an element of it, in their order."""
        if not self.numbers:
            return []
        names = [resource_id.casefold(), *([origin.address.casefold()] if origin.address else [])]
        found = {*self._globs, *(number for name in names for number in self._exact.get(name, ()))}
        return [number for number in sorted(found) if self._selects(number, names, origin, element)]

    def _selects(self, number: int, names: list[str], origin: Origin, element: str | None) -> bool:
        entry = self._entries[number]
        if entry.element is not None and not (element is not None and fits(entry.element, element)):
            return False
        if entry.tags and names[0] not in self._tagged.get(number, ()):
            return False
        if entry.names:  # of a comment: another file, or another document of this one, may hold the same name
            here = origin.file == entry.exemption.file and not entry.names.isdisjoint(names)
            return here and (bool(origin.address) or origin.line is None or origin.line in entry.lines)
        globs = [glob.casefold() for glob in entry.resources]
        return not globs or any(_fits(glob, name) for glob in globs for name in names)


Tagged = Mapping[int, frozenset[str]]
"""Number of an exemption that selects by tag → the casefolded ids of the resources that have its tags."""


def tagged(entries: Sequence[Entry], resources: Iterable[Resource]) -> Tagged:
    """Look for the tags that exemptions select by. `resources` are read only when there are such exemptions."""
    wanted = {number: entry.tags for number, entry in enumerate(entries) if entry.tags}
    found: dict[int, set[str]] = {number: set() for number in wanted}
    for resource in resources if wanted else ():
        tags = _tags(resource)
        for number, asked in wanted.items():
            if tags and all(fits(value, tags.get(name.casefold(), "\0")) for name, value in asked.items()):
                found[number].add(resource.id.casefold())
    return {number: frozenset(ids) for number, ids in found.items()}


def _tags(resource: Resource) -> dict[str, str]:
    given: Any = resource.body.get("tags")
    if resource.is_kubernetes:
        metadata = resource.body.get("metadata")
        given = metadata.get("labels") if isinstance(metadata, dict) else None
    if not isinstance(given, dict):
        return {}
    return {str(name).casefold(): value for name, value in given.items() if isinstance(value, str)}
