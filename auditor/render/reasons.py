"""Why answers are unknown, told in few sentences: what differs in paths, names and numbers alone is one reason."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from auditor.model.finding import Finding

_PATH: Final = re.compile(
    r"^(?:properties|spec|podSpec|podLabels|entries|images|hostPaths|commands|grants|boundTo|metadata|status|identity|sku|tags|containers|webhooks|data|rules|subjects|roleRef)"
    r"(?:\.\w+|\[(?:\d+|\*|'[^']*')\])*: (?=\S)"
)
_NAME: Final = re.compile(r"(?<!\S)\S*\d\S*")
"""A word with a digit. It is looked for where words begin alone: from each letter on, a long word would take long."""
_TELLING: Final = re.compile(r"\(?(?:\d{1,3}|v?\d+\.\d+|HTTP/\d\S*|[A-Za-z]{1,4}#?\d{1,2})\)?[,;:.]?")
"""Numbers that say what happened rather than to what: `403`, `1.2`, `PKCS#7`."""
_MOST: Final = 1000
OTHER: Final = "other reasons"


class Reason(msgspec.Struct, kw_only=True):
    """One reason: its sentence, how often it holds, in which rules. `key` is what `reason_of` says of each answer."""

    key: str
    text: str
    count: int
    rules: set[str]
    example: Finding | None


def reason_of(text: str) -> str:
    """The reason without the path it begins with, and with `…` for names that hold digits.

    >>> reason_of("properties.hops[2].protection: owner of 10.1.2.3: nothing that was read has it")
    'owner of …: nothing that was read has it'
    """
    return _NAME.sub(_shortened, _PATH.sub("", text))


def _shortened(found: re.Match[str]) -> str:
    word = found[0]
    if _TELLING.fullmatch(word):
        return word
    return "…" + (word[-1] if word[-1] in ",;:." else "")


class Reasons:
    """Counts reasons as answers pass by, in flat memory."""

    def __init__(self) -> None:
        self._met: dict[str, Reason] = {}

    def note(self, text: str, rule: str, example: Finding | None) -> None:
        """Count one answer: its gap or its message. The first example of a reason is kept."""
        key = reason_of(text)
        if key not in self._met and len(self._met) >= _MOST:
            key = text = OTHER
        told = _PATH.sub("", text)
        reason = self._met.setdefault(key, Reason(key=key, text=told, count=0, rules=set(), example=example))
        if reason.text != told:
            reason.text = key
        reason.count += 1
        reason.rules.add(rule)

    def listed(self) -> list[Reason]:
        """Most frequent first; what did not fit comes last."""
        return sorted(self._met.values(), key=lambda reason: (reason.key == OTHER, -reason.count, reason.text))
