"""Exemptions in comments: which files hold some, where their comments are, which lines belong to which resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.exemptions.inline import Comment, Spot
    from auditor.model.resource import Resource
    from auditor.plans.change import Changes

_MARK = b"auditor:exempt"
_YAML = (".yaml", ".yml")
_JSON = (".json", ".jsonc")

Place = tuple[int, int, str]
"""First line, last line (the first where it is not known yet), and the id or address of a resource."""


def marked_files(resources: Iterable[Resource], changes: Sequence[Changes]) -> Iterator[tuple[str, str, list[Place]]]:
    """The files with exemptions in comments, of those that resources and Terraform plans were written in: name, text
    and what stands where."""
    places: dict[str, list[Place]] = defaultdict(list)
    marked = cache(_marked)
    for resource in resources:
        origin = resource.origin
        if origin.file and origin.line and origin.file.endswith((*_YAML, *_JSON)) and marked(origin.file) is not None:
            places[origin.file].append((origin.line, origin.line, resource.id))
    for change in changes:
        for address, lines in change.written.items():
            places[lines.file].append((lines.first, lines.last, address))
    for file, given in sorted(places.items()):
        text = marked(file)
        if text is not None:
            yield file, text, given


def is_marked_yaml(file: str) -> bool:
    """Whether a file is YAML by its name, and holds the mark."""
    return file.endswith(_YAML) and _marked(file) is not None


def _marked(file: str) -> str | None:
    try:
        content = Path(file).read_bytes()
    except OSError:
        return None  # standard input, or gone since it was read
    return content.decode("utf-8-sig", "replace") if _MARK in content else None


def parsed(file: str, text: str, places: list[Place]) -> tuple[Iterable[Comment], list[Spot]]:
    """The comments of a file, and the lines of its resources."""
    from auditor.exemptions.inline import Comment, Spot

    if file.endswith(_YAML):
        from auditor.exemptions.comments import yaml_comments

        return yaml_comments(text), [Spot(*each) for each in _yaml_extents(text, places)]
    if file.endswith(_JSON):
        from auditor.exemptions.comments import json_comments

        return json_comments(text), [Spot(*each) for each in _json_extents(text, places)]
    from auditor.plans.terraform.hcl import read_hcl

    return (Comment(*each) for each in read_hcl(text).comments), [Spot(*each) for each in places]


def _yaml_extents(text: str, places: list[Place]) -> Iterator[Place]:
    """An object reaches to the next one, or to the end of its document."""
    lines = text.splitlines()
    ends = {number for number, line in enumerate(lines, 1) if line.startswith("---")}
    limits = sorted(ends | {first for first, _, _ in places})
    for first, _, name in places:
        yield first, min((line for line in limits if line > first), default=len(lines) + 1) - 1, name


def _json_extents(text: str, places: list[Place]) -> Iterator[Place]:
    from auditor.plans.arm.lines import extents_of

    extents: dict[int, int] = {}
    for first, last in extents_of(text).values():
        extents[first] = max(last, extents.get(first, 0))
    for first, last, name in places:
        yield first, extents.get(first, last), name
