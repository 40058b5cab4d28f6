"""Damage to the text of a file: single characters, lines that do not belong to it, and another document behind it."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.conservation.damages import MARK
from tests.conservation.twins import sound_copy
from tests.damage import Random

_CHARACTERS: Final = "\"'{}[],:\\#-&*!%|>@`~ \t\n\r\0/0x\u00a0\u2028\ufeff"
_LINES: Final = (
    "WARNING: this command is in preview", "Done.", "---", "...", "# end", "[]", "{}", "null", "<<<<<<< HEAD",
)  # fmt: skip
"""What command lines and merges write between data."""


def damaged_text(text: str, value: Any, any_character: bool, rng: Random) -> tuple[str, str]:
    """A damaged text, and what was done to it. `any_character`: none of them decides whether a resource fails."""
    kinds = ["line", "document", "returns"]
    kind = rng.choice([*kinds, *(("insert", "delete", "replace") if any_character else ())])
    at = rng.randrange(len(text)) if text else 0
    if kind == "line":
        lines = text.split("\n")
        lines.insert(rng.choice((0, len(lines))), rng.choice(_LINES))
        return "\n".join(lines), "line"
    if kind == "document":
        other = json.dumps(sound_copy(value)).replace(MARK, "")
        between = rng.choice(("", "\n", "\n---\n", ","))
        return rng.choice((f"{text}{between}{other}", f"{other}{between}{text}")), "document"
    if kind == "returns":
        return text.replace("\n", rng.choice(("\r\n", "\r"))), "returns"
    character = "" if kind == "delete" else rng.choice(_CHARACTERS)
    return text[:at] + character + text[at + (kind != "insert") :], f"{kind} {at}"
