"""Names and ids of paths: a person tells paths apart by name, an audit by id. The order of the estate decides neither.

The name says what a client asks for, and where that ends: `http://` where the entrance takes plain HTTP, a port that
is not the usual one, and the operations where one API leads to one target in several ways.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from auditor.lenses.paths.model import PLAINTEXT, Entered

OTHERS: Final = "other operations"
"""Those without a policy of their own. What all have in common is their id too: it stays when one gets a policy."""
_SHOWN: Final = 2  # operations in a name
Draft = tuple[Entered, str]
"""A way in down to its end, and the route that it takes."""


def named(drafts: Sequence[Draft]) -> list[tuple[str, str]]:
    """The key in the id, and the name, of each path; no key twice."""
    keys = _distinct(drafts, [_key(*draft) for draft in drafts], "{}/{}".format)
    names = [_name(*draft) for draft in drafts]
    for alike in _alike(names):
        if len({_entry(drafts[number]) for number in alike}) > 1:
            for number in alike:
                names[number] = _with(names[number], f" by {drafts[number][0].entry['name']}")
    for alike in _alike(names):
        for senders in zip(*(_senders(drafts[number]) for number in alike), strict=False):
            if len(set(senders)) == len(alike):
                for number, sender in zip(alike, senders, strict=True):
                    names[number] = _with(names[number], f" through {sender}")
                break
    return list(zip(keys, _distinct(drafts, names, "{} ({})".format), strict=True))


def _name(found: Entered, route: str) -> str:
    plain = found.tail.hops[0]["protection"] == PLAINTEXT
    port = "" if found.port in (None, 80 if plain else 443) else f":{found.port}"
    host = f"{'http://' if plain else ''}{found.host}{port}"
    told = f"{host}{route}" if route.startswith(("/", ":")) else f"{host} {route}"
    some = found.tail.operations
    if some:
        more = f" and {len(some) - _SHOWN} more" if len(some) > _SHOWN else ""
        told += f" ({', '.join(some[:_SHOWN])}{more})"
    return f"{told} → {found.tail.target['name']}"


def _key(found: Entered, route: str) -> str:
    parts = [found.entry["name"], found.host, route, found.tail.target["name"]]
    some = found.tail.operations
    if some and OTHERS not in some:
        parts.append(", ".join(some))
    return "/".join(_slug(part) for part in parts)


def _distinct(drafts: Sequence[Draft], texts: Sequence[str], numbered: Callable[[str, int], str]) -> list[str]:
    """The texts, with a number from the second of those that are alike on: by what the paths are."""
    found = list(texts)
    for alike in _alike(texts):
        for place, number in enumerate(sorted(alike, key=lambda one: _rank(drafts[one]))):
            if place:
                found[number] = numbered(texts[number], place + 1)
    return found


def _alike(texts: Iterable[str]) -> list[list[int]]:
    """The numbers of the texts that are there more than once."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        found[text.casefold()].append(number)
    return [numbers for numbers in found.values() if len(numbers) > 1]


def _rank(draft: Draft) -> tuple[str, bool, int, str]:
    """An order of paths that rests on nothing but what they are; what is encrypted comes first."""
    found, _ = draft
    plain = found.tail.hops[0]["protection"] == PLAINTEXT
    return found.resource.id.casefold(), plain, found.port or 0, repr((found.tail.hops, found.tail.missing))


def _with(name: str, more: str) -> str:
    told, arrow, target = name.partition(" → ")
    return f"{told}{more}{arrow}{target}"


def _senders(draft: Draft) -> list[str]:
    return [hop["from"]["name"] for hop in draft[0].tail.hops]


def _entry(draft: Draft) -> tuple[str, str]:
    return draft[0].resource.id.casefold(), draft[0].entry["name"]


def _slug(text: str) -> str:
    """A text as a part of an id."""
    return re.sub(r"[^A-Za-z0-9.*_-]+", "~", text).strip("~")[:120] or "-"
