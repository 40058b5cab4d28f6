"""YAML that remembers on which line each of its parts stands, and refuses a key that is given twice.

For files that people write: rules, fixtures, frameworks, `auditor.yaml`. Two tags are known beside YAML's own:
`!unknown reason` is a value that is not known, `!absent` takes a key of a fixture away.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import yaml

from auditor.model.errors import RuleError
from auditor.model.resource import Unknown

Place = tuple[str | int, ...]
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST: Final = 60
_SAFE: Final = 5_000
_LARGEST: Final = 2**63
_MOST: Final = 200_000
"""Values once every alias is written out; a rule has hundreds."""


def spelled(place: Place) -> str:
    """A place as people write it: `exemptions[0].owner`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


def sentence(message: str) -> str:
    """What pydantic says of a value, in the words of a file that people write."""
    said = message.removeprefix("Value error, ")
    return "it is missing" if said == "Field required" else said.replace("Input should", "it should", 1)


class Absent:
    """The value of a key that a case takes away from its fixture. One instance: `ABSENT`."""

    def __repr__(self) -> str:
        return "!absent"


ABSENT: Final = Absent()


class Marks:
    """Lines (from 1) of the parts of one document."""

    def __init__(self, lines: dict[Place, int]) -> None:
        self._lines = lines

    def line(self, place: Place) -> int:
        """The line of a part, or of the nearest part around it that has one."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)


def load(text: str, file: str) -> tuple[Any, Marks]:
    """Read one YAML document. Raises RuleError with the file and the line."""
    loader = _Loader(text)
    try:
        _refuse_abyss(text, file)
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        value = None if node is None else _value(loader, node, (), lines, file)
    except yaml.YAMLError as error:
        raise RuleError(*_told(error, file)) from error
    finally:
        loader.dispose()
    return value, Marks(lines)


def _refuse_abyss(text: str, file: str) -> None:
    """The C library builds nodes by recursion, without a bound: tens of thousands of levels end the process."""
    if text.count("[") + text.count("{") + max(map(len, text.splitlines()), default=0) < _SAFE:
        return  # every level takes a bracket, or a column
    depth = 0
    event: Any
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _SAFE:
            line = event.start_mark.line + 1
            raise RuleError(f"{file}:{line}: nested deeper than {_DEEPEST} levels", "Write it flatter.")


def _told(error: yaml.YAMLError, file: str) -> tuple[str, str]:
    mark = getattr(error, "problem_mark", None)
    where = f"{file}:{mark.line + 1}" if mark else file
    return (
        f"{where}: no valid YAML: {getattr(error, 'problem', None) or error}",
        "Check indentation, quotes and colons.",
    )


def _value(loader: Any, node: yaml.Node, place: Place, lines: dict[Place, int], file: str) -> Any:
    line = node.start_mark.line + 1
    lines[place] = line
    if len(place) > _DEEPEST:
        raise RuleError(f"{file}:{line}: nested deeper than {_DEEPEST} levels", "Write it flatter.")
    if len(lines) > _MOST:
        raise RuleError(f"{file}:{line}: its aliases expand to more than {_MOST:,} values", "Write the values out.")
    if not isinstance(node, yaml.ScalarNode) and not node.tag.startswith("tag:yaml.org,2002:"):
        raise RuleError(
            f"{file}:{line}: unknown tag {node.tag}", "Known tags are !unknown and !absent, on plain values."
        )
    if isinstance(node, yaml.MappingNode):
        return dict(_items(loader, node, place, lines, file))
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, item, (*place, index), lines, file) for index, item in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:str":  # by far the most frequent
        return node.value
    if node.tag == "!unknown":
        return Unknown(node.value or "not known")
    if node.tag == "!absent":
        return ABSENT
    if node.tag.startswith("!"):
        raise RuleError(f"{file}:{line}: unknown tag {node.tag}", "Known tags are !unknown and !absent.")
    if node.tag == "tag:yaml.org,2002:timestamp":  # data for operators, which read ISO 8601 themselves
        return node.value
    try:
        value = loader.construct_object(node)
    except (ValueError, KeyError) as error:  # `!!bool maybe`, 5,000 digits
        kind = node.tag.rpartition(":")[2]
        raise RuleError(f"{file}:{line}: {node.value[:60]!r} is no {kind}", "Put text in quotes.") from error
    if (isinstance(value, int) and abs(value) > _LARGEST) or (isinstance(value, float) and not math.isfinite(value)):
        raise RuleError(f"{file}:{line}: {node.value[:60]!r} is no number that JSON can hold", "Put text in quotes.")
    return value if isinstance(value, (str, int, float, bool, type(None))) else node.value


def _items(
    loader: Any, node: yaml.MappingNode, place: Place, lines: dict[Place, int], file: str
) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == "tag:yaml.org,2002:merge":
            raise RuleError(f"{file}:{line}: a key is a plain name here", "Merge keys (<<) are not used: see `base`.")
        key = key_node.value
        if key in seen:
            raise RuleError(f"{file}:{line}: {key!r} is given twice", "Keep one of them.")
        seen.add(key)
        inner = (*place, key)
        value = _value(loader, value_node, inner, lines, file)
        lines[inner] = line
        yield key, value
