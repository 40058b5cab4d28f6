"""What other tools accept → a draft of exemptions.yaml, through the equivalents of our rules. Pure.

What another tool does not say (who owns it, when it ends) is left as `TODO`, and the file is refused until it is filled
in. What asks something that no rule of ours asks is listed, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import yaml

from auditor.exemptions.entry import EVERYTHING, fits
from auditor.exemptions.schema import TODO
from auditor.model.rule import Rule


class Foreign(NamedTuple):
    """Something that another tool accepts. `check` is its id there, or a glob of ids; `resources` are our globs."""

    check: str
    place: str
    resources: tuple[str, ...] = (EVERYTHING,)
    tags: dict[str, str] = {}
    category: str = "waiver"
    owner: str = ""
    reason: str = ""
    expires_on: str = ""


class Unmapped(NamedTuple):
    """What could not be taken over, and why."""

    check: str
    place: str
    why: str


class Draft(NamedTuple):
    """The entries of a file of exemptions, each with the places they come from; and what is missing."""

    entries: list[tuple[dict[str, Any], list[str]]]
    unmapped: list[Unmapped]


def drafted(tool: str, given: Iterable[Foreign | Unmapped], rules: Sequence[Rule]) -> Draft:
    """Our exemptions for those of a tool, in their order; the same one found twice stands once."""
    entries: dict[str, tuple[dict[str, Any], list[str]]] = {}
    unmapped = []
    for item in given:
        if isinstance(item, Unmapped):
            unmapped.append(item)
            continue
        equal = [rule.id for rule in rules if any(fits(item.check, _id(id)) for id in rule.equivalents.get(tool, ()))]
        if not equal:
            unmapped.append(Unmapped(item.check, item.place, "no rule asks the same"))
        for rule in equal:
            entry = _entry(rule, item)
            entries.setdefault(repr(entry), (entry, []))[1].append(f"{item.check} ({item.place})")
    return Draft(list(entries.values()), unmapped)


def _id(id: str) -> str:
    return id.removeprefix("AVD-")


def _entry(rule: str, item: Foreign) -> dict[str, Any]:
    one = item.resources[0] if len(item.resources) == 1 else list(item.resources)
    entry = {
        "rule": rule,
        "resource": one,
        "tags": dict(item.tags),
        "category": item.category,
        "owner": item.owner or f"{TODO}: who answers for it",
        "reason": item.reason or f"{TODO}: why it is acceptable",
        "expiresOn": item.expires_on or f"{TODO}: the day from which it counts again",
    }
    return {key: value for key, value in entry.items() if value not in ([], {})}


_WIDTH: Final = 10_000  # no text is broken into lines


def text_of(draft: Draft) -> str:
    """The draft as YAML; comments say where each exemption comes from, and what could not be taken over."""
    parts = ["exemptions:\n" if draft.entries else "exemptions: []\n"]
    for entry, places in draft.entries:
        parts += [f"  # {_line(place)}\n" for place in places]
        body = yaml.safe_dump([entry], sort_keys=False, allow_unicode=True, width=_WIDTH)
        parts.append("".join(f"  {line}\n" for line in body.splitlines()))
    if draft.unmapped:
        parts.append("\n# Not taken over:\n")
        parts += [f"#   {_line(f'{item.check} ({item.place}): {item.why}')}\n" for item in draft.unmapped]
    return "".join(parts)


def _line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
