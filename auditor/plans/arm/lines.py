"""Which lines each object of a JSON text takes, by its path: `("resources", 0)` → 12 to 30. Pure.

Comments and texts over several lines, which Resource Manager allows in templates, are passed over. A text that is no
JSON gives what could be told before it breaks off.
"""

from __future__ import annotations

import json
import re
from typing import Final

Path = tuple[str | int, ...]

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|[{}\[\],:]', re.DOTALL)


def lines_of(text: str) -> dict[Path, int]:
    """The lines (from 1) on which the objects begin."""
    return {path: first for path, (first, _last) in extents_of(text).items()}


def extents_of(text: str) -> dict[Path, tuple[int, int]]:
    """The first and the last line (from 1) of all objects."""
    found: dict[Path, tuple[int, int]] = {}
    path: list[str | int] = []  # of the containers that are open, and the key or index at which each stands
    key: str | None = None
    line, counted = 1, 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "{}":
            line += text.count("\n", counted, token.start())
            counted = token.start()
        if mark == "{":
            found[tuple(path)] = line, line
            path.append("")
        elif mark == "[":
            path.append(0)
        elif mark in "}]":
            if not path:
                break
            path.pop()
            if mark == "}" and (begun := found.get(tuple(path))):
                found[tuple(path)] = begun[0], line
        elif mark == ",":
            if path and isinstance(path[-1], int):
                path[-1] += 1
        elif mark == ":":
            if path and key is not None and isinstance(path[-1], str):
                path[-1] = key
        elif mark.startswith('"'):
            key = _unquoted(mark)
    return found


def _unquoted(token: str) -> str:
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return token[1:-1]
