"""Text for Markdown that people and programs we do not know wrote: nothing in it becomes markup.

A name goes into a code span, where there are no links, images, HTML, mentions or references to issues. Prose of rules
is escaped, and a space of no width keeps `@name`, `#12` and addresses from being linked by what shows the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from auditor.render.phrasing import cut, plural, visible

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&$@])")
_LINKED = re.compile(r"([@#!~%$&^](?=[\w\"'\[]))|(:(?=//))|((?:www|GH|gh)(?=[.-]))", re.IGNORECASE)
_APART: Final = "\u200b"
_MORE: Final = 120  # characters that the line about what was left out may take


def code(text: str, length: int = 300) -> str:
    """A code span that holds the text, whatever it is."""
    text = cut(visible(text), length) or " "
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest or text != text.strip() else f"{fence}{text}{fence}"


def prose(text: str, length: int = 300) -> str:
    """The text on one line, with every character that could be markup escaped. It must not begin a line."""
    plain = " ".join(visible(" ".join(text.split())).split())
    apart = _LINKED.sub(lambda found: found[0] + _APART, cut(plain, length))
    return _MARKUP.sub(r"\\\1", apart)


def filled(blocks: Iterable[tuple[str, int]], room: int, noun: str) -> str:
    """Blocks (each with the number of things it shows) until the room is full; then how many things are left out."""
    kept: list[str] = []
    left_out = 0
    for text, number in blocks:
        if left_out or len(text) + _MORE > room:
            left_out += number
            continue
        kept.append(text)
        room -= len(text)
    if left_out:
        kept.append(f"- … and {plural(left_out, f'more {noun}')}\n")
    return "".join(kept)
