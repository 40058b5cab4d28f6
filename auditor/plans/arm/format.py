"""format() of ARM templates: .NET composite formatting in the invariant culture, as far as templates use it. Pure.

`{0}`, `{0,8}` (right-aligned), `{0,-8}`, `{0:D3}`, `{0:000}`; `{{` and `}}` are braces. A format that is not in the
table is refused, so that the value is unknown instead of wrong.
Source: learn.microsoft.com/dotnet/standard/base-types/composite-formatting and …/standard-numeric-format-strings
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.plans.arm.values import Refused, text, text_of, within_size

_ITEM: Final = re.compile(r"\{\{|\}\}|\{(\d{1,4})\s*(?:,\s*(-?\d{1,4})\s*)?(?::([^{}]*))?\}|[{}]")
_STANDARD: Final = re.compile(r"([A-Za-z])(\d{0,2})")
_ZEROS: Final = re.compile(r"0{1,50}")


def format_text(template: Any, *arguments: Any) -> str:
    """The template with each item replaced by its argument."""
    size = 0

    def item(found: re.Match[str]) -> str:
        nonlocal size
        if found[0] in ("{{", "}}"):
            return found[0][0]
        if found[1] is None:
            raise Refused("the format is not well-formed")
        index = int(found[1])
        if index >= len(arguments):
            raise Refused(f"the format has no argument {index}")
        shown = _formatted(arguments[index], found[3] or "")
        width = int(found[2] or 0)
        shown = shown.rjust(width) if width > 0 else shown.ljust(-width)
        size += len(shown)
        within_size(size)
        return shown

    return _ITEM.sub(item, text(template))


def format_end(template: Any, *arguments: Any) -> str:
    """What a text ends with, after the last argument that is not known."""
    if not isinstance(template, str):
        return ""
    last = 0
    for found in _ITEM.finditer(template):
        if found[1] is not None and not (int(found[1]) < len(arguments) and isinstance(arguments[int(found[1])], str)):
            last = found.end()
    end = template[last:]
    try:
        return format_text(end, *(one if isinstance(one, str) else "" for one in arguments))
    except Refused:
        return ""


def _formatted(value: Any, how: str) -> str:
    if not how or isinstance(value, str | bool) or value is None:
        return text_of(value)  # .NET ignores the format of what has none
    if not isinstance(value, int):
        raise Refused(f"the format {how!r} is not known offline")
    if _ZEROS.fullmatch(how):
        return _padded(value, len(how))
    standard = _STANDARD.fullmatch(how)
    shape = _INTEGERS.get(standard[1].upper()) if standard else None
    if standard is None or shape is None:
        raise Refused(f"the format {how!r} is not known offline")
    shown = shape(value, int(standard[2]) if standard[2] else None)
    return shown.lower() if standard[1].islower() else shown


def _padded(value: int, digits: int | None) -> str:
    return ("-" if value < 0 else "") + str(abs(value)).rjust(digits or 0, "0")


def _hexadecimal(value: int, digits: int | None) -> str:
    return f"{value & 0xFFFFFFFFFFFFFFFF:X}".rjust(digits or 0, "0")


_INTEGERS: Final[Mapping[str, Callable[[int, int | None], str]]] = {
    "D": _padded,
    "F": lambda value, digits: f"{value:.{2 if digits is None else digits}f}",
    "G": lambda value, digits: str(value) if not digits or len(str(abs(value))) <= digits else _no_exponent(),
    "N": lambda value, digits: f"{value:,.{2 if digits is None else digits}f}",
    "X": _hexadecimal,
}


def _no_exponent() -> str:
    raise Refused("the exponent form is not known offline")
