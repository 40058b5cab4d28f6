"""What each API version returns: a body without the properties that the version does not have.

Source: `published.json`, which `write_published` makes of the types that Microsoft publishes for Bicep. Of a type that
is not there, and of versions older than those, nothing is known: bodies are left whole. So are properties that no
published version has, for the types leave out what is deep or has keys of its own.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

Body = dict[str, Any]

_PUBLISHED: Final[dict[str, Any]] = orjson.loads(Path(__file__).with_name("published.json").read_bytes())
_TYPES: Final[dict[str, Any]] = _PUBLISHED["types"]


def versions_of(type_: str) -> list[str]:
    """The published versions of a casefolded type, oldest first; none when it is not known."""
    return list(_TYPES.get(type_, {}).get("versions", ()))


def versions_of_call(type_: str) -> list[str]:
    """The same, of what is called and not deployed too: as Microsoft's clients name them."""
    return versions_of(type_) or list(_PUBLISHED["calls"].get(type_, ()))


def newest_stable(type_: str) -> str:
    """The newest generally available version of a casefolded type, empty when there is none."""
    return max((version for version in versions_of(type_) if "preview" not in version), default="")


@cache
def lacking(type_: str, version: str) -> frozenset[str]:
    """The casefolded paths that a casefolded type does not have in a version, but in another one."""
    versions = versions_of(type_)
    before = [place for place, one in enumerate(versions) if one <= version]
    if not before:
        return frozenset()
    partial = _TYPES[type_]["partial"]
    return frozenset(path for path, mask in partial.items() if not int(mask, 16) >> before[-1] & 1)


def outdated(type_: str) -> frozenset[str]:
    """The paths of a casefolded type that only versions older than the ones that are known have."""
    partial = _TYPES.get(type_, {}).get("partial", {})
    return frozenset(path for path, mask in partial.items() if mask == "0")


def cut(body: Body, version: str) -> Body:
    """A body as the service answers it in an API version."""
    paths = lacking(str(body["type"]).casefold(), version)
    return _without(body, "", paths) if paths else body


def _without(value: Any, place: str, paths: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_without(item, f"{place}[*]", paths) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: f"{place}.{key.casefold()}".removeprefix(".") for key in value}
    return {key: _without(one, inner[key], paths) for key, one in value.items() if inner[key] not in paths}
