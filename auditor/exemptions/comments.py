"""The comments of YAML, and of JSON, where Resource Manager allows them. What stands in a text is none. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from auditor.exemptions.inline import Comment

_JSON: Final = re.compile(r'"(?:[^"\\]|\\.)*"|(//[^\n]*|/\*.*?(?:\*/|\Z))', re.DOTALL)
_YAML: Final = re.compile(r"(?:^|\s)(#.*)")


def json_comments(text: str) -> Iterator[Comment]:
    """`//` and `/* */`."""
    line, counted = 1, 0
    for found in _JSON.finditer(text):
        if found[1]:
            line += text.count("\n", counted, found.start())
            counted = found.start()
            yield Comment(line, found[1])


def yaml_comments(text: str) -> Iterator[Comment]:
    """`#` outside of scalars. In a text that is not YAML, those before the first place that is wrong."""
    lines = text.splitlines()
    within: dict[int, int] = {}  # line → the column up to which it belongs to a scalar
    last = len(lines)
    try:
        token: Any
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            if isinstance(token, yaml.ScalarToken):
                start, end = token.start_mark, token.end_mark
                head = token.style in ("|", ">")  # the line that begins a block may end with a comment
                within.update((number, len(lines[number])) for number in range(start.line + head, end.line))
                within[end.line] = end.column
    except yaml.MarkedYAMLError as error:
        last = error.problem_mark.line if error.problem_mark else 0
    except yaml.YAMLError:  # a control character, wherever it stands
        last = 0
    for number, line in enumerate(lines[:last]):
        found = _YAML.search(line, within.get(number, 0))
        if found:
            yield Comment(number + 1, found[1])
