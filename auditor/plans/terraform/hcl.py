"""The blocks and comments of a Terraform file: what each block is called and which lines it takes. Pure.

Only headers and extents are told, never values: for that, texts, templates in texts, heredocs and comments must be
passed over, and nothing else understood. A text that is no HCL gives what could be told before it breaks off.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final, NamedTuple

_CODE: Final = re.compile(r'(?:#|//)[^\n]*|/\*.*?(?:\*/|\Z)|<<-?[ \t]*([\w-]+)[^\n]*\n|["{}]', re.DOTALL)
_TEXT: Final = re.compile(r'\\.|\$\$\{|%%\{|[$%]\{|["\n]', re.DOTALL)
_HEADER: Final = re.compile(r'\s*([A-Za-z_][\w-]*)((?:[ \t]*(?:"[^"\n]*"|[\w-]+))*)[ \t]*')
_LABEL: Final = re.compile(r'"([^"\n]*)"|([\w-]+)')

_ITERATOR: Final = re.compile(r"^[ \t]*iterator[ \t]*=[ \t]*([\w-]+)", re.MULTILINE)
_ATTRIBUTE: Final = re.compile(r"^[ \t]*(\w+)[ \t]*=(?![=>])", re.MULTILINE)
_INDEX: Final = re.compile(r'\["(?:[^"\\$%]|\\.)*"\]')
_TRAVERSAL: Final = re.compile(r"(?<![\w.-])[A-Za-z_][\w-]*(?:\.[\w*-]+|\[[^\[\]]*\])+")
_SPLAT: Final = re.compile(r"\[\*\]|\.\*|\[(?![\"\d])")


class Block(NamedTuple):
    """A block at the top of a file: `("resource", "azurerm_key_vault", "kv")`, from its first line to its last."""

    header: tuple[str, ...]
    first: int
    last: int


class Comment(NamedTuple):
    """A comment with its marks, and the line on which it begins."""

    line: int
    text: str


class File(NamedTuple):
    """What a Terraform file holds, in the order of the file."""

    blocks: list[Block]
    comments: list[Comment]


def read_hcl(text: str) -> File:
    """The blocks and comments of a `.tf` file."""
    return File(*_scanned(text)[:2])


def _scanned(text: str) -> tuple[list[Block], list[Comment], list[tuple[int, int]]]:
    """The blocks at the top of a text, its comments, and where in the text each block has its body."""
    found, bodies = File([], []), list[tuple[int, int]]()
    newlines = [match.start() for match in re.finditer("\n", text)]
    open_: list[str] = []  # `{` a brace, `"` a text, `$` a template in a text: innermost last
    header: tuple[str, ...] | None = None
    first, at, begun = 1, 0, 0
    while match := (_TEXT if open_ and open_[-1] == '"' else _CODE).search(text, at):
        mark, at = match[0], match.end()
        in_text = bool(open_) and open_[-1] == '"'
        if in_text:
            if mark in ('"', "\n"):
                open_.pop()
            elif mark in ("${", "%{"):
                open_.append("$")
        elif mark == '"':
            open_.append('"')
        elif mark == "{":
            if not open_:
                first = bisect_right(newlines, match.start()) + 1
                header = _header(text[newlines[first - 2] + 1 if first > 1 else 0 : match.start()])
                begun = at
            open_.append("{")
        elif mark == "}":
            if open_:
                open_.pop()
            if not open_ and header:
                found.blocks.append(Block(header, first, bisect_right(newlines, match.start()) + 1))
                bodies.append((begun, match.start()))
                header = None
        elif mark.startswith("<<"):
            end = re.compile(rf"^[ \t]*{re.escape(match[1])}[ \t]*\r?$", re.MULTILINE).search(text, at)
            at = end.end() if end else len(text)
        else:
            found.comments.append(Comment(bisect_right(newlines, match.start()) + 1, mark.rstrip("\r")))
    return *found, bodies


def dynamic_references(text: str) -> dict[str, dict[str, list[str]]]:
    """What the dynamic blocks of a resource refer to: `{"private_dns_zone_group": {"ids": ["azurerm_x.y.id"]}}`.

    Given the lines of the resource. An attribute is left out where it is more than references: a text, an object, or
    what the dynamic block goes through. Nested dynamic blocks are not looked into.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for block, start, end in _inside(text):
        for inner, first, last in _inside(text[start:end]) if block.header else ():
            if inner.header[0] != "dynamic" or len(inner.header) != 2:
                continue
            name, body = inner.header[1], text[start:end][first:last]
            iterator = _ITERATOR.search(body)
            contents = [body[a:b] for content, a, b in _inside(body) if content.header == ("content",)]
            if len(contents) == 1 and name not in found:
                found[name] = dict(_attributes(contents[0], iterator[1] if iterator else name))
    return found


def _inside(text: str) -> Iterator[tuple[Block, int, int]]:
    blocks, _comments, bodies = _scanned(text)
    for block, (start, end) in zip(blocks, bodies, strict=True):
        yield block, start, end


def _attributes(content: str, iterator: str) -> Iterator[tuple[str, list[str]]]:
    """The attributes of a block that are made of references alone."""
    starts = [(match[1], match.start(), match.end()) for match in _ATTRIBUTE.finditer(content)]
    for (name, _start, begun), (_name, end, _end) in pairwise([*starts, ("", len(content), 0)]):
        expression = content[begun:end]
        if set(_INDEX.sub("", expression)) & set('"{}#') or "//" in expression or "/*" in expression:
            continue
        references = [_SPLAT.split(text)[0] for text in _TRAVERSAL.findall(expression)]
        if references and not any(text.split(".")[0] in (iterator, "self") for text in references):
            yield name, references


def read_hcl_json(value: Any, extents: dict[tuple[str | int, ...], tuple[int, int]]) -> list[Block]:
    """The blocks of a `.tf.json` file, given as its value and the lines of its objects (`arm_lines.extents_of`)."""
    found: list[Block] = []

    def look(part: Any, path: tuple[str | int, ...], header: tuple[str, ...], depth: int) -> None:
        if isinstance(part, list):
            for index, item in enumerate(part):
                look(item, (*path, index), header, depth)
        elif isinstance(part, dict) and depth == 0:
            found.append(Block(header, *extents.get(path, (1, 1))))
        elif isinstance(part, dict):
            for key, item in part.items():
                look(item, (*path, key), (*header, key), depth - 1)

    for kind, labels in (("resource", 2), ("data", 2), ("module", 1)):
        if isinstance(value, dict):
            look(value.get(kind), (kind,), (kind,), labels)
    return found


def _header(line: str) -> tuple[str, ...] | None:
    match = _HEADER.fullmatch(line)
    if match is None:
        return None
    return (match[1], *(quoted or plain for quoted, plain in _LABEL.findall(match[2])))
